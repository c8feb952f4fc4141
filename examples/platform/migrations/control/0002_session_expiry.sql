-- What finds the sessions that are to be removed.
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
