//! Sessions: families of refresh tokens, of which one is good at a time.
//!
//! Each use of a token makes the next one. A token that comes a second time was stolen, from the one or from
//! the other: the whole family ends, with the access tokens issued in it, and both log in again
//! ([RFC 9700 §4.14.2]).
//!
//! [RFC 9700 §4.14.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2

use std::fmt::Write as _;

use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error, portable::Row};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{people::Email, problem::chain};

/// How long a person stays logged in without giving the password again.
const LIFE: Duration = Duration::days(30);
/// Lets scanners of code and logs recognise a token that leaked.
const PREFIX: &str = "nadia_rt_";
const COOKIE_PREFIX: &str = "nadia_pc_";
/// How long a person stays logged in on pages.
pub(crate) const PAGES_LIFE: Duration = Duration::hours(12);

/// How many rows of sessions that expired are removed at once, so that nobody waits long for the tables.
const SWEPT: i64 = 500;
const SWEEP: std::time::Duration = std::time::Duration::from_secs(60);

/// A session that was opened or went on. No `Debug`: its token must not end in a log.
pub(super) struct Opened {
    pub(super) id: Uuid,
    pub(super) identity: Uuid,
    pub(super) role: String,
    pub(super) refresh_token: String,
}

/// Opens a session of a person at a clinic, where they have this role.
pub(super) async fn open(control: &ControlDb, identity: Uuid, tenant: TenantId, role: String) -> Result<Opened, Error> {
    let now = OffsetDateTime::now_utc();
    let id = Uuid::now_v7();
    let mut tx = control.begin().await?;
    add_session(&mut tx, id, identity, tenant, now, LIFE).await?;
    let refresh_token = add_token(&mut tx, id, now).await?;
    tx.commit().await?;
    Ok(Opened { id, identity, role, refresh_token })
}

/// Whose a session that goes on is, and what they are at its clinic now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) session: Uuid,
    pub(crate) identity: Uuid,
    pub(crate) email: Email,
    pub(crate) role: String,
}

impl Standing {
    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            session: row.get("id")?,
            identity: row.get("identity_id")?,
            email: Email::stored(row.get("email")?),
            role: row.get("role")?,
        })
    }
}

/// Finds whose session of this clinic it is, if it goes on and they are still a member.
pub(super) async fn standing(control: &ControlDb, tenant: TenantId, session: Uuid) -> Result<Option<Standing>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT sessions.id, sessions.identity_id, identities.email, memberships.role FROM sessions \
             JOIN identities ON identities.id = sessions.identity_id \
             JOIN memberships ON memberships.identity_id = sessions.identity_id \
             AND memberships.tenant_id = sessions.tenant_id \
             WHERE sessions.id = $1 AND sessions.tenant_id = $2 AND sessions.ended_at IS NULL \
             AND sessions.expires_at > $3",
        )
        .bind(session)
        .bind(tenant.as_uuid())
        .bind(OffsetDateTime::now_utc())
        .fetch_optional()
        .await?;
    row.as_ref().map(Standing::read).transpose()
}

/// Opens a session of a person on a clinic's pages, and returns the cookie that it is known by.
pub(crate) async fn open_pages(control: &ControlDb, identity: Uuid, tenant: TenantId) -> Result<String, Error> {
    let (now, id) = (OffsetDateTime::now_utc(), Uuid::now_v7());
    let mut tx = control.begin().await?;
    add_session(&mut tx, id, identity, tenant, now, PAGES_LIFE).await?;
    let cookie = random_token(COOKIE_PREFIX)?;
    tx.query("INSERT INTO session_cookies (token_hash, session_id) VALUES ($1, $2)")
        .bind(hash(&cookie))
        .bind(id)
        .execute()
        .await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Finds whose cookie of this clinic's pages it is, if its session goes on and they are still a member.
pub(crate) async fn of_cookie(control: &ControlDb, tenant: TenantId, cookie: &str) -> Result<Option<Standing>, Error> {
    if !cookie.starts_with(COOKIE_PREFIX) {
        return Ok(None);
    }
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT sessions.id, sessions.identity_id, identities.email, memberships.role FROM session_cookies \
             JOIN sessions ON sessions.id = session_cookies.session_id \
             JOIN identities ON identities.id = sessions.identity_id \
             JOIN memberships ON memberships.identity_id = sessions.identity_id \
             AND memberships.tenant_id = sessions.tenant_id \
             WHERE session_cookies.token_hash = $1 AND sessions.tenant_id = $2 AND sessions.ended_at IS NULL \
             AND sessions.expires_at > $3",
        )
        .bind(hash(cookie))
        .bind(tenant.as_uuid())
        .bind(OffsetDateTime::now_utc())
        .fetch_optional()
        .await?;
    row.as_ref().map(Standing::read).transpose()
}

/// Ends a session of this clinic.
pub(crate) async fn end_session(control: &ControlDb, tenant: TenantId, session: Uuid) -> Result<(), Error> {
    let mut scope = control.conn().await?;
    scope
        .query("UPDATE sessions SET ended_at = $1 WHERE id = $2 AND tenant_id = $3 AND ended_at IS NULL")
        .bind(OffsetDateTime::now_utc())
        .bind(session)
        .bind(tenant.as_uuid())
        .execute()
        .await
        .map(drop)
}

/// Ends all sessions of a person at a clinic, in the transaction that makes them somebody else there.
pub(crate) async fn end_all(tx: &mut ControlTx, tenant: TenantId, identity: Uuid) -> Result<(), Error> {
    tx.query("UPDATE sessions SET ended_at = $1 WHERE identity_id = $2 AND tenant_id = $3 AND ended_at IS NULL")
        .bind(OffsetDateTime::now_utc())
        .bind(identity)
        .bind(tenant.as_uuid())
        .execute()
        .await
        .map(drop)
}

/// Ends the session of a refresh token, used or not, if it is one of this clinic.
pub(super) async fn end(control: &ControlDb, tenant: TenantId, token: &str) -> Result<(), Error> {
    let mut scope = control.conn().await?;
    scope
        .query(
            "UPDATE sessions SET ended_at = $1 WHERE tenant_id = $2 AND ended_at IS NULL AND id IN \
             (SELECT session_id FROM refresh_tokens WHERE token_hash = $3)",
        )
        .bind(OffsetDateTime::now_utc())
        .bind(tenant.as_uuid())
        .bind(hash(token))
        .execute()
        .await
        .map(drop)
}

/// Removes sessions that expired, each minute, for as long as it is polled.
pub(crate) async fn sweep(control: &ControlDb) {
    loop {
        tokio::time::sleep(SWEEP).await;
        match sweep_all(control, OffsetDateTime::now_utc()).await {
            Ok(()) => {}
            Err(error) => tracing::warn!(error = %chain(&error), "sessions that expired could not be removed"),
        }
    }
}

async fn sweep_all(control: &ControlDb, now: OffsetDateTime) -> Result<(), Error> {
    let full = u64::try_from(SWEPT).unwrap_or_default();
    while remove_tokens(control, now).await? == full {}
    while remove_cookies(control, now).await? == full {}
    while remove_sessions(control, now).await? == full {}
    Ok(())
}

async fn remove_tokens(control: &ControlDb, now: OffsetDateTime) -> Result<u64, Error> {
    let mut scope = control.conn().await?;
    let removed = scope.query(
        "DELETE FROM refresh_tokens WHERE token_hash IN \
         (SELECT refresh_tokens.token_hash FROM sessions \
         JOIN refresh_tokens ON refresh_tokens.session_id = sessions.id WHERE sessions.expires_at <= $1 LIMIT $2)",
    );
    removed.bind(now).bind(SWEPT).execute().await
}

async fn remove_cookies(control: &ControlDb, now: OffsetDateTime) -> Result<u64, Error> {
    let mut scope = control.conn().await?;
    let removed = scope.query(
        "DELETE FROM session_cookies WHERE token_hash IN \
         (SELECT session_cookies.token_hash FROM sessions \
         JOIN session_cookies ON session_cookies.session_id = sessions.id WHERE sessions.expires_at <= $1 LIMIT $2)",
    );
    removed.bind(now).bind(SWEPT).execute().await
}

/// Removes expired sessions that have no tokens; they get none any more.
async fn remove_sessions(control: &ControlDb, now: OffsetDateTime) -> Result<u64, Error> {
    let mut scope = control.conn().await?;
    let removed = scope.query(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 AND NOT EXISTS \
         (SELECT token_hash FROM refresh_tokens WHERE refresh_tokens.session_id = sessions.id) AND NOT EXISTS \
         (SELECT token_hash FROM session_cookies WHERE session_cookies.session_id = sessions.id) LIMIT $2)",
    );
    removed.bind(now).bind(SWEPT).execute().await
}

/// Takes a refresh token and gives the next one, or `None` for one that is not good at this clinic.
pub(super) async fn renew(control: &ControlDb, tenant: TenantId, token: &str) -> Result<Option<Opened>, Error> {
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
    let (id, identity) = (row.get("id")?, row.get("identity_id")?);
    let role: Option<String> = row.get("role")?;
    match (taken, role) {
        (1, Some(role)) => {
            let refresh_token = add_token(&mut tx, id, now).await?;
            tx.commit().await?;
            Ok(Some(Opened { id, identity, role, refresh_token }))
        }
        // Used before, or the person is a member no more. An expired one ends as well, which changes nothing.
        _ => {
            let ended = tx
                .query("UPDATE sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
                .bind(now)
                .bind(id)
                .execute()
                .await?;
            tx.commit().await?;
            if ended == 1 {
                tracing::warn!(session = %id, "a refresh token came that is good no more; its session ended");
            }
            Ok(None)
        }
    }
}

async fn add_session(
    tx: &mut ControlTx,
    id: Uuid,
    identity: Uuid,
    tenant: TenantId,
    now: OffsetDateTime,
    life: Duration,
) -> Result<(), Error> {
    tx.query("INSERT INTO sessions (id, identity_id, tenant_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(identity)
        .bind(tenant.as_uuid())
        .bind(now)
        .bind(now + life)
        .execute()
        .await
        .map(drop)
}

/// Makes a token of 256 random bits behind a prefix.
pub(crate) fn random_token(prefix: &str) -> Result<String, Error> {
    let mut secret = [0; 32];
    rand::fill(&mut secret).map_err(|error| Error::Corrupt(Box::new(error)))?;
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(secret)))
}

async fn add_token(tx: &mut ControlTx, session: Uuid, now: OffsetDateTime) -> Result<String, Error> {
    let token = random_token(PREFIX)?;
    tx.query("INSERT INTO refresh_tokens (token_hash, session_id, issued_at) VALUES ($1, $2, $3)")
        .bind(hash(&token))
        .bind(session)
        .bind(now)
        .execute()
        .await?;
    Ok(token)
}

/// A token has 256 random bits, so a plain hash of it can't be searched.
pub(crate) fn hash(token: &str) -> String {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig};

    use super::*;
    use crate::{
        people::{Email, Role, add_identity, add_membership},
        startup::{CONTROL, PLACE},
    };

    #[test]
    fn stores_a_hash_only() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[tokio::test]
    async fn what_expired_is_removed_however_much_it_is() {
        let folder = tempfile::TempDir::new().unwrap();
        let config = InstallationConfig::new(DatabaseUrl::sqlite(folder.path()), &PLACE).with_control(&CONTROL);
        let installation = Installation::provision(config).await.unwrap();
        let (control, now) = (installation.control(), OffsetDateTime::now_utc());
        let (ana, tenant) = (Uuid::now_v7(), TenantId::new());
        let mut tx = control.begin().await.unwrap();
        add_identity(&mut tx, ana, &Email::parse("ana@example.org").unwrap(), String::new(), now).await.unwrap();
        add_membership(&mut tx, ana, tenant, Role::Owner, now).await.unwrap();
        tx.commit().await.unwrap();
        let session = open(control, ana, tenant, "owner".to_owned()).await.unwrap();
        open(control, ana, tenant, "owner".to_owned()).await.unwrap();
        let mut tx = control.begin().await.unwrap();
        for _ in 0..SWEPT {
            add_token(&mut tx, session.id, now).await.unwrap();
        }
        tx.commit().await.unwrap();

        let rows = async |table: &'static str| {
            let mut scope = control.conn().await.unwrap();
            scope.query(table).fetch_one().await.unwrap().get::<i64>("n").unwrap()
        };
        let count = async || {
            (rows("SELECT count(*) AS n FROM sessions").await, rows("SELECT count(*) AS n FROM refresh_tokens").await)
        };
        sweep_all(control, now + LIFE - Duration::hours(1)).await.unwrap();
        assert_eq!(count().await, (2, SWEPT + 2));
        assert!(standing(control, tenant, session.id).await.unwrap().is_some());
        sweep_all(control, now + LIFE + Duration::hours(1)).await.unwrap();
        assert_eq!(count().await, (0, 0));
        assert!(standing(control, tenant, session.id).await.unwrap().is_none());
    }
}
