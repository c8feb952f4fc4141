-- Who read over all tenants, when, where and why: one row for each opening of a place, written before anything is read.
CREATE TABLE cross_tenant_reads (
    id     uuid        NOT NULL PRIMARY KEY,
    at     timestamptz NOT NULL,
    reason text        NOT NULL,
    actor  text,
    place  text        NOT NULL
);
CREATE INDEX cross_tenant_reads_at ON cross_tenant_reads (at);
