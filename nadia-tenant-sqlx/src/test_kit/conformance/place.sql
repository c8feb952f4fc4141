CREATE TABLE countries (
    code text NOT NULL PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE patients (
    tenant_id  uuid        NOT NULL,
    id         uuid        NOT NULL,
    name       text        NOT NULL,
    email      text,
    country    text        REFERENCES countries (code),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);

CREATE TABLE visits (
    tenant_id  uuid        NOT NULL,
    id         bigint      NOT NULL,
    patient_id uuid        NOT NULL,
    reason     text        NOT NULL,
    fee        bigint      NOT NULL CHECK (fee >= 0),
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX visits_seen_at ON visits (tenant_id, seen_at, id);

CREATE TABLE notes (
    tenant_id uuid   NOT NULL,
    id        bigint NOT NULL,
    visit_id  bigint NOT NULL,
    body      text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE counters (
    tenant_id uuid   NOT NULL,
    name      text   NOT NULL,
    n         bigint NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

INSERT INTO countries (code, name) VALUES ('de', 'Germany'), ('fr', 'France'), ('pt', 'Portugal');
