//! Sessions: families of refresh tokens, of which one is good at a time.
//!
//! Each use of a token makes the next one. A token that comes a second time was stolen, from the one or from
//! the other: the whole family ends, and both log in again ([RFC 9700 §4.14.2]).
//!
//! [RFC 9700 §4.14.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2

use std::fmt::Write as _;

use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long a person stays logged in without giving the password again.
const LIFE: Duration = Duration::days(30);
/// Lets scanners of code and logs recognise a token that leaked.
const PREFIX: &str = "nadia_rt_";

/// A session that went on.
#[derive(Debug)]
pub(super) struct Renewed {
    pub(super) identity: Uuid,
    pub(super) role: String,
    pub(super) refresh_token: String,
}

/// Opens a session of a person at a clinic and returns its first refresh token; the person's expired ones go.
pub(super) async fn open(control: &ControlDb, identity: Uuid, tenant: TenantId) -> Result<String, Error> {
    let now = OffsetDateTime::now_utc();
    let session = Uuid::now_v7();
    let mut tx = control.begin().await?;
    tx.query(
        "DELETE FROM refresh_tokens WHERE session_id IN \
         (SELECT id FROM sessions WHERE identity_id = $1 AND expires_at < $2)",
    )
    .bind(identity)
    .bind(now)
    .execute()
    .await?;
    tx.query("DELETE FROM sessions WHERE identity_id = $1 AND expires_at < $2")
        .bind(identity)
        .bind(now)
        .execute()
        .await?;
    tx.query("INSERT INTO sessions (id, identity_id, tenant_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(session)
        .bind(identity)
        .bind(tenant.as_uuid())
        .bind(now)
        .bind(now + LIFE)
        .execute()
        .await?;
    let token = add_token(&mut tx, session, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Takes a refresh token and gives the next one, or `None` for one that is not good at this clinic.
pub(super) async fn renew(control: &ControlDb, tenant: TenantId, token: &str) -> Result<Option<Renewed>, Error> {
    let now = OffsetDateTime::now_utc();
    let hash = hash(token);
    let mut tx = control.begin().await?;
    // The write comes first: of two that bring the same token at once, the database lets one through.
    let taken = tx
        .query(
            "UPDATE refresh_tokens SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL AND session_id IN \
             (SELECT id FROM sessions WHERE tenant_id = $3 AND ended_at IS NULL AND expires_at > $1)",
        )
        .bind(now)
        .bind(hash.clone())
        .bind(tenant.as_uuid())
        .execute()
        .await?;
    let row = tx
        .query(
            "SELECT sessions.id, sessions.identity_id, refresh_tokens.used_at, memberships.role \
             FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id \
             LEFT JOIN memberships ON memberships.identity_id = sessions.identity_id \
             AND memberships.tenant_id = sessions.tenant_id \
             WHERE refresh_tokens.token_hash = $1 AND sessions.tenant_id = $2",
        )
        .bind(hash)
        .bind(tenant.as_uuid())
        .fetch_optional()
        .await?;
    let Some(row) = row else {
        tx.rollback().await?;
        return Ok(None);
    };
    let (session, identity) = (row.get("id")?, row.get("identity_id")?);
    let role: Option<String> = row.get("role")?;
    match (taken, role) {
        (1, Some(role)) => {
            let refresh_token = add_token(&mut tx, session, now).await?;
            tx.commit().await?;
            Ok(Some(Renewed { identity, role, refresh_token }))
        }
        // Used before, or the person is a member no more. An expired one ends as well, which changes nothing.
        _ => {
            let ended = tx
                .query("UPDATE sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
                .bind(now)
                .bind(session)
                .execute()
                .await?;
            tx.commit().await?;
            if ended == 1 {
                tracing::warn!(%session, "a refresh token came that is good no more; its session ended");
            }
            Ok(None)
        }
    }
}

async fn add_token(tx: &mut ControlTx, session: Uuid, now: OffsetDateTime) -> Result<String, Error> {
    let mut secret = [0; 32];
    rand::fill(&mut secret).map_err(|error| Error::Corrupt(Box::new(error)))?;
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
    tx.query("INSERT INTO refresh_tokens (token_hash, session_id, issued_at) VALUES ($1, $2, $3)")
        .bind(hash(&token))
        .bind(session)
        .bind(now)
        .execute()
        .await?;
    Ok(token)
}

/// A token has 256 random bits, so a plain hash of it can't be searched.
fn hash(token: &str) -> String {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn stores_a_hash_only() {
        assert_eq!(super::hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
