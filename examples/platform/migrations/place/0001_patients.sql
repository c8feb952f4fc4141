CREATE TABLE patients (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    birth_date date,
    email text,
    phone text,
    notes text,
    -- What a search looks into, folded to lower case by the program: databases fold differently.
    search_text text NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
