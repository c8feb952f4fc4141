-- The registry of tenants. PostgreSQL's type names are also valid declared types in SQLite.
CREATE TABLE tenants (
    id         uuid        NOT NULL PRIMARY KEY,
    slug       text        NOT NULL UNIQUE,
    name       text        NOT NULL,
    status     text        NOT NULL,
    plan       text        NOT NULL,
    isolation  text        NOT NULL,
    -- Grows by one with each change of the record.
    revision   bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
