use std::time::Duration;

/// How many connections an installation opens, how many of them one tenant may have, and how long they live.
///
/// The limits hold for all tenants, places and servers of the installation together, and once more for the control database.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// The most connections open at once; at least one.
    ///
    /// When all are open and none of the wanted database is parked, the one parked longest of another database is closed.
    /// Who finds all in use waits; tenants take turns, however many scopes one of them waits for.
    pub max_connections: usize,
    /// The most scopes that one tenant holds at once; at least one. A tenant that holds so many waits, even when connections
    /// are free.
    ///
    /// `None` is [`max_connections`](Self::max_connections) less a fifth of them, rounded down: 8 of 10. The control
    /// database's scopes belong to no tenant and have no such limit.
    pub max_per_tenant: Option<usize>,
    /// How long a scope waits for a connection.
    pub acquire_timeout: Duration,
    /// A connection parked for longer is asked whether it still lives before it is handed out.
    pub ping_after: Duration,
    /// A connection older than this is closed instead of handed out.
    pub max_lifetime: Duration,
    /// A connection parked for longer is closed. [`Duration::MAX`] keeps it until its lifetime ends.
    pub idle_timeout: Duration,
    /// How many tenants' schemas a connection serves before it is closed instead of parked; at least one.
    ///
    /// PostgreSQL remembers every schema that a connection touched, about 23 KB for one with two tables, and forgets nothing
    /// of it until the connection ends. So the server's memory stays under `max_connections` × `max_places` × 23 KB: with
    /// the defaults 10 × 1,000 × 23 KB = 230 MB.
    pub max_places: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 10,
            max_per_tenant: None,
            acquire_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(30 * 60),
            idle_timeout: Duration::from_secs(10 * 60),
            max_places: 1_000,
        }
    }
}

impl ConnectionLimits {
    pub(super) fn budget(&self) -> usize {
        self.max_connections.max(1)
    }

    pub(super) fn cap(&self) -> usize {
        let budget = self.budget();
        self.max_per_tenant.unwrap_or(budget - budget / 5).max(1)
    }
}

/// What an installation's connections do at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionStats {
    /// Connections that are open, being opened or being closed; never more than
    /// [`max_connections`](ConnectionLimits::max_connections).
    pub open: usize,
    /// Those that wait for a scope.
    pub parked: usize,
    /// Those in a scope, being opened for one, or being closed.
    pub in_use: usize,
    /// Scopes that wait for a connection or, on SQLite, for their turn to write.
    pub waiting: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_leaves_a_fifth_to_others() {
        let cap = |max_connections| ConnectionLimits { max_connections, ..ConnectionLimits::default() }.cap();
        assert_eq!([0, 1, 4, 5, 10, 64].map(cap), [1, 1, 4, 4, 8, 52]);
        let none = ConnectionLimits { max_per_tenant: Some(0), ..ConnectionLimits::default() };
        assert_eq!(none.cap(), 1);
    }
}
