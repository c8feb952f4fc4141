use std::fmt::Write as _;

use aws_lc_rs::digest;
use nadia_tenant_sqlx::{ControlTx, Error};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Entry;

/// What the first entry of a chain follows.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The parts of an entry that its hash is made of, as they are stored.
pub(super) struct Link<'e> {
    pub(super) chain_id: Uuid,
    pub(super) number: i64,
    pub(super) id: Uuid,
    pub(super) at: OffsetDateTime,
    pub(super) actor_kind: &'e str,
    pub(super) actor_id: Option<Uuid>,
    pub(super) action: &'e str,
    pub(super) subject: Option<&'e str>,
    pub(super) detail: Option<&'e str>,
}

impl Link<'_> {
    /// Hashes the entry and the hash before it: SHA-256 of a JSON array, so that no part runs into the next.
    pub(super) fn hash(&self, previous: &str) -> String {
        let parts = serde_json::json!([
            self.chain_id,
            self.number,
            self.id,
            // Both databases keep microseconds.
            self.at.unix_timestamp_nanos().div_euclid(1_000).to_string(),
            self.actor_kind,
            self.actor_id,
            self.action,
            self.subject,
            self.detail,
            previous,
        ]);
        let digest = digest::digest(&digest::SHA256, parts.to_string().as_bytes());
        digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

pub(super) async fn append(tx: &mut ControlTx, entry: Entry, at: OffsetDateTime) -> Result<(), Error> {
    let chain_id = entry.chain_id();
    let (number, previous) = take_turn(tx, chain_id).await?;
    let (actor_kind, actor_id) = entry.actor.parts();
    let at = at.replace_microsecond(at.microsecond()).unwrap_or(at);
    let id = Uuid::now_v7();
    let link = Link {
        chain_id,
        number,
        id,
        at,
        actor_kind,
        actor_id,
        action: entry.action.as_str(),
        subject: entry.subject.as_deref(),
        detail: entry.detail.as_deref(),
    };
    let hash = link.hash(&previous);
    tx.query(
        "INSERT INTO audit (id, at, tenant_id, actor_id, action, chain_id, number, actor_kind, subject, detail, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(at)
    .bind(entry.tenant.map(|tenant| tenant.as_uuid()))
    .bind(actor_id)
    .bind(entry.action.as_str().to_owned())
    .bind(chain_id)
    .bind(number)
    .bind(actor_kind.to_owned())
    .bind(entry.subject)
    .bind(entry.detail)
    .bind(hash.clone())
    .execute()
    .await?;
    let head = tx.query("UPDATE audit_heads SET hash = $1 WHERE chain_id = $2");
    head.bind(hash).bind(chain_id).execute().await.map(drop)
}

/// Locks the head of a chain.
pub(super) async fn hold(tx: &mut ControlTx, chain_id: Uuid) -> Result<(), Error> {
    begin(tx, chain_id).await?;
    let held = tx.query("UPDATE audit_heads SET number = number WHERE chain_id = $1");
    held.bind(chain_id).execute().await.map(drop)
}

/// Makes the head of a chain if there is none.
async fn begin(tx: &mut ControlTx, chain_id: Uuid) -> Result<(), Error> {
    tx.query("INSERT INTO audit_heads (chain_id, number, hash) VALUES ($1, 0, $2) ON CONFLICT (chain_id) DO NOTHING")
        .bind(chain_id)
        .bind(GENESIS.to_owned())
        .execute()
        .await
        .map(drop)
}

/// Takes the next number of a chain, and the hash of the entry before it.
async fn take_turn(tx: &mut ControlTx, chain_id: Uuid) -> Result<(i64, String), Error> {
    begin(tx, chain_id).await?;
    let row = tx
        .query("UPDATE audit_heads SET number = number + 1 WHERE chain_id = $1 RETURNING number, hash")
        .bind(chain_id)
        .fetch_one()
        .await?;
    Ok((row.get("number")?, row.get("hash")?))
}
