use nadia_tenant_sqlx::{ControlDb, ControlTx, Error};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::people::{
    Email,
    session::{hash, random_token},
};

const PREFIX: &str = "nadia_op_";
/// How long an operator stays logged in.
pub(crate) const LIFE: Duration = Duration::hours(8);

/// An operator as commands list them.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct OperatorRecord {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) disabled_at: Option<OffsetDateTime>,
}

/// Adds an operator.
///
/// # Errors
/// A unique violation when somebody has the address already.
pub(crate) async fn add(tx: &mut ControlTx, id: Uuid, email: &Email, password_hash: String) -> Result<(), Error> {
    tx.query("INSERT INTO operators (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(email.as_str().to_owned())
        .bind(password_hash)
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .map(drop)
}

/// Lists all operators.
pub(crate) async fn list(control: &ControlDb) -> Result<Vec<OperatorRecord>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT id, email, created_at, disabled_at FROM operators ORDER BY email").fetch_all();
    let read = |row: &nadia_tenant_sqlx::portable::Row| {
        Ok(OperatorRecord {
            id: row.get("id")?,
            email: row.get("email")?,
            created_at: row.get("created_at")?,
            disabled_at: row.get("disabled_at")?,
        })
    };
    rows.await?.iter().map(read).collect()
}

/// Shuts an operator out at once; returns their id, if there was one who was not.
pub(crate) async fn disable(tx: &mut ControlTx, email: &Email) -> Result<Option<Uuid>, Error> {
    let now = OffsetDateTime::now_utc();
    let row = tx
        .query("UPDATE operators SET disabled_at = $1 WHERE email = $2 AND disabled_at IS NULL RETURNING id")
        .bind(now)
        .bind(email.as_str().to_owned())
        .fetch_optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id: Uuid = row.get("id")?;
    let ended = tx.query("UPDATE operator_sessions SET ended_at = $1 WHERE operator_id = $2 AND ended_at IS NULL");
    ended.bind(now).bind(id).execute().await?;
    Ok(Some(id))
}

/// Finds the operator with this address who may log in, and the hash of their password.
pub(super) async fn find(control: &ControlDb, email: Option<&Email>) -> Result<Option<(Uuid, String)>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query("SELECT id, password_hash FROM operators WHERE email = $1 AND disabled_at IS NULL")
        .bind(email.map_or("", Email::as_str).to_owned())
        .fetch_optional()
        .await?;
    row.map(|row| Ok((row.get("id")?, row.get("password_hash")?))).transpose()
}

/// Opens a session, in the transaction that notes it, and returns the token that it is known by.
pub(super) async fn open(tx: &mut ControlTx, operator: Uuid) -> Result<String, Error> {
    let (now, token) = (OffsetDateTime::now_utc(), random_token(PREFIX)?);
    tx.query("DELETE FROM operator_sessions WHERE expires_at < $1").bind(now).execute().await?;
    tx.query("INSERT INTO operator_sessions (token_hash, operator_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(hash(&token))
        .bind(operator)
        .bind(now)
        .bind(now + LIFE)
        .execute()
        .await?;
    Ok(token)
}

/// Finds whose session a token is, if it goes on.
pub(super) async fn of_token(control: &ControlDb, token: &str) -> Result<Option<(Uuid, String)>, Error> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT operators.id, operators.email FROM operator_sessions \
             JOIN operators ON operators.id = operator_sessions.operator_id \
             WHERE operator_sessions.token_hash = $1 AND operator_sessions.ended_at IS NULL \
             AND operator_sessions.expires_at > $2 AND operators.disabled_at IS NULL",
        )
        .bind(hash(token))
        .bind(OffsetDateTime::now_utc())
        .fetch_optional()
        .await?;
    row.map(|row| Ok((row.get("id")?, row.get("email")?))).transpose()
}

/// Ends the session of a token.
pub(super) async fn end(control: &ControlDb, token: &str) -> Result<(), Error> {
    let mut scope = control.conn().await?;
    scope
        .query("UPDATE operator_sessions SET ended_at = $1 WHERE token_hash = $2 AND ended_at IS NULL")
        .bind(OffsetDateTime::now_utc())
        .bind(hash(token))
        .execute()
        .await
        .map(drop)
}
