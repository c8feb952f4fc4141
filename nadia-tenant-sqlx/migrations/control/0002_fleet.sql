ALTER TABLE tenants ADD COLUMN placement text NOT NULL DEFAULT 'main';
-- A migration of its place failed: it serves nothing until that is mended, whatever its status.
ALTER TABLE tenants ADD COLUMN quarantined boolean NOT NULL DEFAULT FALSE;
-- The number of the change that touched the record last.
ALTER TABLE tenants ADD COLUMN changed bigint NOT NULL DEFAULT 0;
CREATE INDEX tenants_changed ON tenants (changed);

-- One row. Each change of a tenant takes the next number in its own transaction and so keeps the next one waiting until it
-- commits: numbers become visible in their order, and a node that read up to one has missed none before it.
CREATE TABLE registry_clock (
    one     integer NOT NULL PRIMARY KEY CHECK (one = 1),
    changes bigint  NOT NULL
);
INSERT INTO registry_clock (one, changes) VALUES (1, 0);

-- The places that migrations must reach: one shared place for each server, and those that tenants have to themselves.
CREATE TABLE places (
    -- The tenant's, or the shared place's own.
    id         uuid        NOT NULL PRIMARY KEY,
    kind       text        NOT NULL,
    placement  text        NOT NULL,
    tenant_id  uuid        REFERENCES tenants (id),
    -- The last migration that stands there, 0 for none, and the checksum over all of them.
    version    bigint      NOT NULL,
    checksum   text        NOT NULL,
    state      text        NOT NULL,
    error      text,
    updated_at timestamptz NOT NULL
);
CREATE INDEX places_checksum ON places (checksum);

CREATE TABLE migration_runs (
    id          uuid        NOT NULL PRIMARY KEY,
    version     bigint      NOT NULL,
    checksum    text        NOT NULL,
    state       text        NOT NULL,
    places      bigint      NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz
);

-- What each run did where. A place that a run found up to date has no row.
CREATE TABLE place_migrations (
    run_id      uuid        NOT NULL REFERENCES migration_runs (id),
    place_id    uuid        NOT NULL,
    version     bigint      NOT NULL,
    state       text        NOT NULL,
    duration_us bigint      NOT NULL,
    error       text,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, place_id, version)
);

-- How far the making or the removal of a tenant has come.
CREATE TABLE tenant_work (
    tenant_id  uuid        NOT NULL REFERENCES tenants (id),
    work       text        NOT NULL,
    -- The last step that is done.
    step       text        NOT NULL,
    error      text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, work)
);
