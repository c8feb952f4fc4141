-- Who works with the platform. Portable: every value, also clocks and ids, is bound by the program.

CREATE TABLE identities (
    id uuid NOT NULL PRIMARY KEY,
    -- Trimmed and in lower case; see people/email.rs.
    email text NOT NULL UNIQUE,
    -- An argon2id string in PHC form.
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE memberships (
    identity_id uuid NOT NULL REFERENCES identities (id),
    tenant_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (identity_id, tenant_id)
);

CREATE INDEX memberships_tenant_id_idx ON memberships (tenant_id);

-- One log-in of one person at one clinic: a family of refresh tokens.
CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    identity_id uuid NOT NULL REFERENCES identities (id),
    tenant_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);

CREATE INDEX sessions_identity_id_idx ON sessions (identity_id);

CREATE TABLE refresh_tokens (
    -- SHA-256 in hexadecimal; the token itself is stored nowhere.
    token_hash text NOT NULL PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id),
    issued_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);

CREATE TABLE audit (
    id uuid NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    tenant_id uuid,
    actor_id uuid,
    action text NOT NULL
);

CREATE INDEX audit_tenant_id_idx ON audit (tenant_id, action);
