//! Checks of the way to the server: that it is the way it should be.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, postgres::PgConnectOptions};

use super::{LOCK, roles::as_stored};
use crate::{Error, schema::PLACE_PATH};

/// How often a session is tried. Each try of a pooler that chooses at random goes unnoticed one time in four at most; one
/// that takes the connection used last, or the one used least recently, is noticed by the first.
const TRIES: u32 = 8;

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
pub(super) async fn expect_path(connection: &mut PgConnection) -> Result<(), Error> {
    let path: String = sqlx::query_scalar("SELECT current_setting('search_path')").fetch_one(connection).await?;
    if path == as_stored(PLACE_PATH) {
        return Ok(());
    }
    Err(Error::Wall(format!("the pooler's sessions have the search path {path:?}; let it open new ones")))
}

/// Refuses a pooler that leads elsewhere, by the lock that provisioning holds where the privileged URL leads.
pub(super) async fn expect_same_database(served: &mut PgConnection, lock: &mut PgConnection) -> Result<(), Error> {
    let provisioning: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(lock).await?;
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
