-- What a person is called where others see them; their address until they say.
ALTER TABLE identities ADD COLUMN name text;

-- A log-in on a clinic's pages: SHA-256 of the cookie in hexadecimal.
CREATE TABLE session_cookies (
    token_hash text NOT NULL PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id)
);

CREATE INDEX session_cookies_session_id_idx ON session_cookies (session_id);

-- Takes somebody who is logged in at one host to another: good once, for a minute.
CREATE TABLE entry_tickets (
    token_hash text NOT NULL PRIMARY KEY,
    identity_id uuid NOT NULL REFERENCES identities (id),
    tenant_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE invitations (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    invited_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz
);

CREATE INDEX invitations_tenant_id_idx ON invitations (tenant_id, created_at);

CREATE TABLE api_keys (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    secret_hash text NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);

CREATE INDEX api_keys_tenant_id_idx ON api_keys (tenant_id, created_at);

-- Who runs the platform. Nobody is an operator for being a member, or the other way round.
CREATE TABLE operators (
    id uuid NOT NULL PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz
);

CREATE TABLE operator_sessions (
    token_hash text NOT NULL PRIMARY KEY,
    operator_id uuid NOT NULL REFERENCES operators (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);

CREATE INDEX operator_sessions_expires_at_idx ON operator_sessions (expires_at);

-- A clinic's settings that differ from the defaults; the values as settings.rs writes them.
CREATE TABLE settings (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    PRIMARY KEY (tenant_id, key)
);

CREATE TABLE setting_changes (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    -- NULL is the default.
    old_value text,
    new_value text,
    at timestamptz NOT NULL,
    actor_id uuid
);

CREATE INDEX setting_changes_tenant_id_idx ON setting_changes (tenant_id, id);

CREATE TABLE logos (
    tenant_id uuid NOT NULL PRIMARY KEY,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    content bytea NOT NULL,
    changed_at timestamptz NOT NULL
);

-- What operators decided for one clinic, beside its plan.
CREATE TABLE feature_overrides (
    tenant_id uuid NOT NULL,
    feature text NOT NULL,
    enabled boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    PRIMARY KEY (tenant_id, feature)
);

CREATE TABLE limit_overrides (
    tenant_id uuid NOT NULL,
    resource text NOT NULL,
    value bigint NOT NULL,
    -- NULL: until it is taken back.
    until timestamptz,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    PRIMARY KEY (tenant_id, resource)
);

-- Hosts that clinics had before; they lead to the present one, and nobody else gets them.
CREATE TABLE former_slugs (
    slug text NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    left_at timestamptz NOT NULL
);

CREATE INDEX former_slugs_tenant_id_idx ON former_slugs (tenant_id);

-- Counted use (`requests`, …: the day's sum) and measured stock (`patients`, `seats`, `storage`: the day's last).
CREATE TABLE usage_daily (
    tenant_id uuid NOT NULL,
    day date NOT NULL,
    meter text NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (tenant_id, day, meter)
);

CREATE INDEX usage_daily_day_idx ON usage_daily (day, meter);

-- Who was active on which day, for counting people once.
CREATE TABLE active_people (
    day date NOT NULL,
    tenant_id uuid NOT NULL,
    identity_id uuid NOT NULL,
    PRIMARY KEY (day, tenant_id, identity_id)
);

-- How fresh what is gathered over all clinics is.
CREATE TABLE rollups (
    name text NOT NULL PRIMARY KEY,
    refreshed_at timestamptz NOT NULL
);

-- Work in the background for one clinic: exports.
CREATE TABLE jobs (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    -- queued, running, done, failed, expired
    state text NOT NULL,
    done_steps bigint NOT NULL,
    total_steps bigint NOT NULL,
    -- Why it failed, for the clinic to read.
    detail text,
    requested_by uuid,
    created_at timestamptz NOT NULL,
    -- A worker that has it renews this; who is silent for a minute lost it.
    heartbeat_at timestamptz,
    -- Which worker has it, or made it: each claim of a job is another one.
    worker_id uuid,
    finished_at timestamptz,
    size_bytes bigint,
    sha256 text
);

CREATE INDEX jobs_tenant_id_idx ON jobs (tenant_id, created_at);
CREATE INDEX jobs_state_idx ON jobs (state, created_at);

-- The audit becomes chains: one for each clinic, and the platform's own under the nil id. Entries from before have no number.
ALTER TABLE audit ADD COLUMN chain_id uuid;
ALTER TABLE audit ADD COLUMN number bigint;
-- person, operator, key, command, platform
ALTER TABLE audit ADD COLUMN actor_kind text;
-- What it was done to, as `patient:ID`, and a few words or JSON; never a patient's data.
ALTER TABLE audit ADD COLUMN subject text;
ALTER TABLE audit ADD COLUMN detail text;
ALTER TABLE audit ADD COLUMN hash text;

CREATE UNIQUE INDEX audit_chain_idx ON audit (chain_id, number);

-- The last entry of each chain: what says that none is missing at the end.
CREATE TABLE audit_heads (
    chain_id uuid NOT NULL PRIMARY KEY,
    number bigint NOT NULL,
    hash text NOT NULL
);

-- A single-user product's database on its way into a clinic: how far each of its tables has come.
CREATE TABLE imports (
    tenant_id uuid NOT NULL,
    source_table text NOT NULL,
    -- Tells this source from others.
    fingerprint text NOT NULL,
    -- Whose the appointments become.
    clinician_id uuid NOT NULL,
    last_key bigint NOT NULL,
    rows_read bigint NOT NULL,
    rows_kept bigint NOT NULL,
    -- Over the rows that were kept so far, in the order of their keys.
    hash text NOT NULL,
    -- JSON: how often each rule was followed, and ids as examples.
    findings text NOT NULL,
    -- running, read, done
    state text NOT NULL,
    begun_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, source_table)
);
