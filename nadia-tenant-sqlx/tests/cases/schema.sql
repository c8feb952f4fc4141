CREATE TABLE patients (
    tenant_id uuid NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    email text,
    score bigint,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);
CREATE TABLE doctors (
    id bigint NOT NULL,
    name text NOT NULL DEFAULT 'nobody',
    ward text,
    tenant_id uuid NOT NULL,
    PRIMARY KEY (id, tenant_id)
);
CREATE TABLE visits (
    tenant_id uuid NOT NULL,
    id bigint NOT NULL,
    patient_id bigint NOT NULL,
    doctor_id bigint,
    country text,
    cost bigint NOT NULL DEFAULT 0,
    note text,
    CONSTRAINT visits_key PRIMARY KEY (tenant_id, id)
);
CREATE TABLE items (
    tenant_id uuid NOT NULL,
    visit_id bigint NOT NULL,
    position bigint NOT NULL,
    label text,
    amount bigint,
    PRIMARY KEY (tenant_id, visit_id, position)
);
CREATE UNIQUE INDEX items_open ON items (tenant_id, label) WHERE amount < 0;
CREATE TABLE links (tenant_id uuid NOT NULL, a bigint, b bigint);
CREATE TABLE rooms (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, label text);
CREATE TABLE settings (name text NOT NULL, value text, tenant_id uuid NOT NULL, UNIQUE (tenant_id, name));
CREATE TABLE "Odd Names" (tenant_id uuid NOT NULL, "Id" bigint NOT NULL, "select" text, PRIMARY KEY (tenant_id, "Id"));
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);
CREATE TABLE prices (country text NOT NULL, service text NOT NULL, amount bigint NOT NULL, PRIMARY KEY (country, service));
CREATE TABLE notes (
    visit_id bigint,
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    body text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits (tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE
);
