/// What a pooler in front of the server gives a client for its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolerMode {
    /// A server's session for as long as the client stays: PgBouncer's `pool_mode = session`, or no pooler at all.
    #[default]
    Session,
    /// A server's session for one transaction: PgBouncer's `pool_mode = transaction`.
    ///
    /// Tenant and search path are then set in each transaction, and a statement outside of one is wrapped in its own:
    /// a statement costs four round trips instead of one, and a stream that isn't read to its end keeps nothing of
    /// what the statement wrote. Statements are prepared anew each time, under no name.
    Transaction,
}
