use super::{DatabaseUrl, InstallationConfig, url::Target};
use crate::Error;

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

impl InstallationConfig {
    /// Serves through a pooler, such as PgBouncer, in front of the first PostgreSQL server. Servers of
    /// [`add_server`](Self::add_server) are reached directly.
    ///
    /// The URL's host, port, database and TLS settings count; the serving roles log in there with names and passwords of
    /// their own, which the pooler must look up (PgBouncer: `auth_query`). Tenants' own databases are asked for by their
    /// names, beside the URL's (PgBouncer: `*` among its databases). Provisioning and migrations go on using the
    /// privileged URL, which must lead to the server itself.
    ///
    /// [`OnConnect`](crate::OnConnect) hooks don't go together with [`PoolerMode::Transaction`].
    ///
    /// ```
    /// # use nadia_tenant_sqlx::{Error, InstallationConfig, PoolerMode};
    /// # fn configure(config: InstallationConfig) -> Result<InstallationConfig, Error> {
    /// let pooler = "postgres://pooler.example:6432/clinics".parse()?;
    /// Ok(config.with_pooler(pooler, PoolerMode::Transaction))
    /// # }
    /// ```
    #[must_use]
    pub fn with_pooler(mut self, url: DatabaseUrl, mode: PoolerMode) -> Self {
        self.pooler = Some((url, mode));
        self
    }

    /// Refuses a pooler that the rest of the configuration doesn't go with.
    pub(super) fn check_pooler(&self) -> Result<(), Error> {
        let refused = match (&self.pooler, &self.url.0) {
            (None, _) => return Ok(()),
            (Some(_), Target::Sqlite(_)) => "SQLite is served by no pooler; leave it out",
            (Some((DatabaseUrl(Target::Sqlite(_)), _)), _) => {
                "the pooler's URL is none of PostgreSQL; write postgres://host:port"
            }
            (Some((_, PoolerMode::Transaction)), _) if !self.hooks.is_empty() => {
                "a hook's settings would not outlive its transaction; set them on the server's roles, or use a pooler of \
                 sessions"
            }
            (Some(_), _) => return Ok(()),
        };
        Err(Error::Config(refused.to_owned()))
    }

    #[cfg(feature = "postgres")]
    pub(super) fn pooler(&self) -> Option<crate::server::Pooler<'_>> {
        let (DatabaseUrl(Target::Postgres(options)), mode) = self.pooler.as_ref()? else { return None };
        Some(crate::server::Pooler { options, shares_sessions: *mode == PoolerMode::Transaction })
    }
}
