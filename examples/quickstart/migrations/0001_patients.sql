CREATE TABLE patients (
    tenant_id uuid   NOT NULL,
    id        bigint NOT NULL,
    name      text   NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
