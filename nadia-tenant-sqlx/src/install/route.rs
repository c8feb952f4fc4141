//! The way that serving connections take to the server, and the checks that it is the way it should be.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, postgres::PgConnectOptions};

use super::{
    InstallationConfig, PoolerMode,
    postgres::LOCK,
    rls::{self, Shapes},
    roles::{PLACE_PATH, as_stored},
    url::Target,
};
use crate::{Catalog, Error, backend::Engine, park::Binding};

/// How often a session is tried. Each try of a pooler that chooses at random goes unnoticed one time in four at most; one
/// that takes the connection used last, or the one used least recently, is noticed by the first.
const TRIES: u32 = 8;

/// The way that serving connections take to the server.
pub(super) struct Route {
    options: PgConnectOptions,
    mode: PoolerMode,
    pooled: bool,
}

impl Route {
    pub(super) fn new(
        config: &InstallationConfig,
        privileged: &PgConnectOptions,
        database: &str,
    ) -> Result<Self, Error> {
        let Some((url, mode)) = &config.pooler else {
            return Ok(Self { options: privileged.clone(), mode: PoolerMode::Session, pooled: false });
        };
        let Target::Postgres(options) = &url.0 else {
            return Err(Error::Config("the pooler's URL is none of PostgreSQL; write postgres://host:port".to_owned()));
        };
        let mut options = PgConnectOptions::clone(options);
        if options.get_database().is_none() {
            options = options.database(database);
        }
        Ok(Self { options, mode: *mode, pooled: true })
    }

    /// Returns how a role connects, and what makes its connections serve one tenant.
    pub(super) fn of(&self, role: &str, password: &str, search_path: &'static str) -> (PgConnectOptions, Binding) {
        let options = self.options.clone().username(role).password(password).application_name("nadia");
        match (self.mode, self.pooled) {
            (PoolerMode::Transaction, _) => (options.statement_cache_capacity(0), Binding::Transaction { search_path }),
            // Poolers refuse options at the start of a session; there the role's own setting counts.
            (PoolerMode::Session, true) => (options, Binding::Session),
            (PoolerMode::Session, false) => (options.options([("search_path", search_path)]), Binding::Session),
        }
    }

    /// Checks, as the application role and the way that it is served, that all walls stand.
    pub(super) async fn verify(
        &self,
        app: &PgConnectOptions,
        admin: &mut PgConnection,
        catalog: &Catalog,
        shapes: &Shapes,
    ) -> Result<(), Error> {
        let mut first = app.connect().await?;
        if self.pooled && self.mode == PoolerMode::Session {
            expect_session(&mut first, app).await?;
            expect_path(&mut first).await?;
        }
        // In a transaction, so that all statements reach the same session of the server.
        let begin = sqlx::Postgres::begin_bound(None, PLACE_PATH);
        let mut tx = first.begin_with(begin).await?;
        if self.pooled {
            let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(admin).await?;
            expect_same_database(&mut tx, pid).await?;
        }
        rls::verify(&mut tx, catalog, shapes).await?;
        tx.rollback().await?;
        Ok(first.close().await?)
    }
}

/// Refuses a session that somebody on the way to the server hands to others.
///
/// A mark left in one session must be there in the next message, and must not be in a second session. Poolers without
/// other clients give the connection used last, or the one used least recently: either shows at once.
pub(super) async fn expect_session(one: &mut PgConnection, options: &PgConnectOptions) -> Result<(), Error> {
    let mut other = options.connect().await?;
    for _ in 0..TRIES {
        let mark = uuid::Uuid::new_v4().simple().to_string();
        let set = format!("SELECT set_config('nadia.probe', '{mark}', false)");
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut *one).await?;
        let kept = probe(one).await?.is_some_and(|found| found == mark);
        let shared = probe(&mut other).await?.is_some_and(|found| found == mark);
        if !kept || shared {
            return Err(Error::Wall(
                "a pooler hands the session to others between two transactions, and a tenant with it; tell of it by \
                 `InstallationConfig::with_pooler` and `PoolerMode::Transaction`"
                    .to_owned(),
            ));
        }
    }
    Ok(other.close().await?)
}

async fn probe(connection: &mut PgConnection) -> Result<Option<String>, Error> {
    // Not prepared: a pooler may have no prepared statements.
    let row = sqlx::raw_sql("SELECT current_setting('nadia.probe', true)").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// Refuses sessions in which a temporary table could stand in for a real one.
async fn expect_path(connection: &mut PgConnection) -> Result<(), Error> {
    let path: String = sqlx::query_scalar("SELECT current_setting('search_path')").fetch_one(connection).await?;
    if path == as_stored(PLACE_PATH) {
        return Ok(());
    }
    Err(Error::Wall(format!("the pooler's sessions have the search path {path:?}; let it open new ones")))
}

/// Refuses a pooler that leads elsewhere, by the lock that provisioning holds where the privileged URL leads.
async fn expect_same_database(served: &mut PgConnection, provisioning: i32) -> Result<(), Error> {
    let found: bool = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
               AND l.classid::bigint = $1 >> 32 AND l.objid::bigint = $1 & 4294967295 AND l.pid = $2)",
    )
    .bind(LOCK)
    .bind(provisioning)
    .fetch_one(served)
    .await?;
    if found {
        return Ok(());
    }
    Err(Error::Config(
        "the pooler leads to another database than the one provisioned; correct its URL or the privileged one"
            .to_owned(),
    ))
}
