use sqlx::{ConnectOptions, Connection, PgConnection, Postgres, postgres::PgConnectOptions};

use super::{
    probe,
    roles::{Passwords, Roles},
};
use crate::{
    Error,
    backend::{Engine, TxAccess},
    park::Binding,
    router::Route,
    schema::{CONTROL_PATH, NOBODYS_PATH, PLACE_PATH},
};

/// A pooler in front of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pooler<'p> {
    pub(crate) options: &'p PgConnectOptions,
    /// Whether it gives a session of the server for one transaction only.
    pub(crate) shares_sessions: bool,
}

/// The way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Direct,
    /// Through a pooler that keeps a session for as long as its client stays.
    Sessions,
    /// Through a pooler that gives a session for one transaction.
    Transactions,
}

/// How the serving roles connect.
#[derive(Clone)]
pub(crate) struct Serving {
    /// To the shared place.
    shared: PgConnectOptions,
    /// To the database in which tenants have schemas; the search path comes with the tenant.
    schemas: PgConnectOptions,
    /// To the control database.
    control: PgConnectOptions,
    /// To the shared place, for reads over all tenants.
    report: PgConnectOptions,
    /// To the database in which tenants have schemas, for reads over all tenants.
    report_schemas: PgConnectOptions,
    way: Way,
}

impl Serving {
    pub(super) fn new(
        privileged: &PgConnectOptions,
        pooler: Option<Pooler<'_>>,
        database: &str,
        roles: &Roles,
        passwords: &Passwords,
    ) -> Self {
        let (target, way) = match pooler {
            None => (privileged.clone(), Way::Direct),
            Some(pooler) => {
                let way = if pooler.shares_sessions { Way::Transactions } else { Way::Sessions };
                let target = pooler.options.clone();
                (if target.get_database().is_none() { target.database(database) } else { target }, way)
            }
        };
        let role = |role: &str, password: &str, settings: &[(&str, &str)]| {
            let options = target.clone().username(role).password(password).application_name("nadia");
            match way {
                Way::Direct => options.options(settings.iter().copied()),
                // Poolers refuse options at the start of a session; there the roles' own settings count.
                Way::Sessions => options,
                Way::Transactions => options.statement_cache_capacity(0),
            }
        };
        let app = |path: &str| role(&roles.app, &passwords.app, &[("search_path", path)]);
        let report = |path: &str| {
            let settings = [("search_path", path), ("default_transaction_read_only", "on")];
            role(&roles.report, &passwords.report, &settings)
        };
        Self {
            shared: app(PLACE_PATH),
            schemas: app(NOBODYS_PATH),
            control: role(&roles.control, &passwords.control, &[("search_path", CONTROL_PATH)]),
            report: report(PLACE_PATH),
            report_schemas: report(NOBODYS_PATH),
            way,
        }
    }

    /// Returns the way to the control database.
    pub(crate) fn control(&self) -> (PgConnectOptions, Binding) {
        (self.control.clone(), self.binding(TxAccess::Write))
    }

    /// Returns the way of tenants' scopes.
    pub(crate) fn scopes(&self) -> Route<Postgres> {
        let (shared, schemas) = (self.shared.clone(), Some(self.schemas.clone()));
        Route { shared, schemas, binding: self.binding(TxAccess::Write) }
    }

    /// Returns the way of those who read over all tenants.
    pub(crate) fn readers(&self) -> Route<Postgres> {
        let (shared, schemas) = (self.report.clone(), Some(self.report_schemas.clone()));
        Route { shared, schemas, binding: self.binding(TxAccess::Read) }
    }

    /// Tells whether a connection is to have its session for itself.
    pub(super) fn keeps_sessions(&self) -> bool {
        self.way != Way::Transactions
    }

    const fn binding(&self, access: TxAccess) -> Binding {
        match self.way {
            Way::Direct | Way::Sessions => Binding::Session,
            Way::Transactions => Binding::Transaction(access),
        }
    }

    /// Connects as the application role, the way that it is served, to the shared place or to another database beside it.
    pub(super) async fn app(&self, database: Option<&str>) -> Result<PgConnection, Error> {
        let options = self.shared.clone();
        Ok(database.map_or_else(|| options.clone(), |name| options.clone().database(name)).connect().await?)
    }

    /// Checks that the way leads where it should, and keeps sessions apart if it is said to.
    ///
    /// `lock` holds the advisory lock of provisioning, where the privileged URL leads.
    pub(crate) async fn check(&self, lock: &mut PgConnection) -> Result<(), Error> {
        if self.way == Way::Direct {
            return Ok(());
        }
        let mut app = self.app(None).await?;
        if self.way == Way::Sessions {
            probe::expect_session(&mut app, &self.shared).await?;
            probe::expect_path(&mut app).await?;
        }
        // In a transaction, so that all statements reach the same session of the server.
        let mut tx = app.begin_with(Postgres::begin_bound(TxAccess::Read, None, PLACE_PATH)).await?;
        probe::expect_same_database(&mut tx, lock).await?;
        tx.rollback().await?;
        Ok(app.close().await?)
    }
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The options hold passwords.
        f.debug_struct("Serving").field("way", &self.way).finish_non_exhaustive()
    }
}
