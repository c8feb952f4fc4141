-- What a single-user practice product keeps: one practice, one database, no tenant anywhere.
CREATE TABLE users (
    id bigserial PRIMARY KEY,
    name text,
    email text,
    password text
);

CREATE TABLE settings (
    key text PRIMARY KEY,
    value text
);

CREATE TABLE patients (
    id bigserial PRIMARY KEY,
    first_name text,
    last_name text,
    dob text,
    email text,
    phone text,
    notes text,
    created_at text DEFAULT CAST(CURRENT_TIMESTAMP AS text)
);

-- No foreign keys: a patient who was removed left the rest behind.
CREATE TABLE appointments (
    id bigserial PRIMARY KEY,
    patient_id bigint,
    starts_at text,
    minutes bigint DEFAULT 30,
    reason text,
    status text DEFAULT 'scheduled'
);

CREATE TABLE notes (
    id bigserial PRIMARY KEY,
    patient_id bigint,
    body text,
    created_at text DEFAULT CAST(CURRENT_TIMESTAMP AS text)
);

CREATE TABLE documents (
    id bigserial PRIMARY KEY,
    patient_id bigint,
    filename text,
    mime text,
    content bytea
);
