use sqlx::{PgConnection, Row};

use crate::{Error, doctor::Finding};

/// A setting that nothing reads, so that probing never changes a session's tenant.
const PROBE: &str = "nadia.doctor_probe";

/// Tells whether two serving connections keep their sessions, as the tenant that is set on them needs it, or meet a
/// pooler that gives each transaction another server connection.
///
/// Uses the simple protocol, since such poolers may lose prepared statements. Leaves the setting `nadia.doctor_probe`, empty.
///
/// # Errors
/// [`Error::Sqlx`] when the database fails.
pub(crate) async fn examine_pooler(
    first: &mut PgConnection,
    second: &mut PgConnection,
    session_pooling_expected: bool,
) -> Result<Vec<Finding>, Error> {
    let kept = keeps_sessions(first, second).await?;
    let code = match (kept, session_pooling_expected) {
        (false, true) => "pooler_transaction",
        (true, false) => "pooler_session",
        _ => return Ok(Vec::new()),
    };
    Ok(vec![Finding::new(code, "serving connections", None, None)])
}

async fn keeps_sessions(first: &mut PgConnection, second: &mut PgConnection) -> Result<bool, Error> {
    let one = mark(first, "first").await?;
    let two = mark(second, "second").await?;
    if one == two {
        return Ok(false);
    }
    // While the first holds a server connection, the second needs another; the first's, once free again, is what a pooler gives next.
    sqlx::raw_sql("BEGIN").execute(&mut *first).await?;
    let apart = session(second).await;
    sqlx::raw_sql("COMMIT").execute(&mut *first).await?;
    let mut seen = vec![(apart?, &two)];
    for _ in 0..3 {
        seen.push((session(second).await?, &two));
        seen.push((session(first).await?, &one));
    }
    let kept = seen.iter().all(|(seen, own)| seen == *own);
    for connection in [first, second] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("SELECT set_config('{PROBE}', '', false)")))
            .execute(connection)
            .await?;
    }
    Ok(kept)
}

/// Marks a session, and returns how it is recognised.
async fn mark(connection: &mut PgConnection, mark: &str) -> Result<(i32, Option<String>), Error> {
    let set = format!("SELECT set_config('{PROBE}', '{mark}', false)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut *connection).await?;
    Ok((session(connection).await?.0, Some(mark.to_owned())))
}

async fn session(connection: &mut PgConnection) -> Result<(i32, Option<String>), Error> {
    let ask = format!("SELECT pg_backend_pid(), current_setting('{PROBE}', true)");
    let row = sqlx::raw_sql(sqlx::AssertSqlSafe(ask)).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}
