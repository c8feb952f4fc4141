CREATE TABLE appointments (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    -- A member of the clinic; people are the platform's.
    clinician_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    -- booked, done, cancelled
    status text NOT NULL,
    reason text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX appointments_starts_at_idx ON appointments (tenant_id, starts_at);
CREATE INDEX appointments_patient_id_idx ON appointments (tenant_id, patient_id);

-- Each five minutes that an appointment takes of a clinician: the key is what keeps two from meeting.
CREATE TABLE appointment_slots (
    tenant_id uuid NOT NULL,
    clinician_id uuid NOT NULL,
    -- Five minutes since 1970.
    slot bigint NOT NULL,
    appointment_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, clinician_id, slot),
    FOREIGN KEY (tenant_id, appointment_id) REFERENCES appointments (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX appointment_slots_appointment_id_idx ON appointment_slots (tenant_id, appointment_id);

CREATE TABLE notes (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    author_id uuid,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX notes_patient_id_idx ON notes (tenant_id, patient_id, id);

CREATE TABLE documents (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL,
    content bytea NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX documents_patient_id_idx ON documents (tenant_id, patient_id, id);

CREATE TABLE teams (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);

CREATE TABLE team_members (
    tenant_id uuid NOT NULL,
    team_id uuid NOT NULL,
    identity_id uuid NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, team_id, identity_id),
    FOREIGN KEY (tenant_id, team_id) REFERENCES teams (tenant_id, id) ON DELETE CASCADE
);

-- How much of what a plan limits is used: changed in the transaction that uses it.
CREATE TABLE counters (
    tenant_id uuid NOT NULL,
    resource text NOT NULL,
    used bigint NOT NULL,
    PRIMARY KEY (tenant_id, resource)
);
