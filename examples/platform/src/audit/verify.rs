use nadia_tenant_sqlx::{ControlDb, Error, portable::Row};
use uuid::Uuid;

use super::chain::{GENESIS, Link};

/// How many entries are read at once.
const BATCH: i64 = 1_000;

/// A chain that holds together.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Verified {
    /// The clinic; the nil id for the platform.
    pub(crate) chain_id: Uuid,
    pub(crate) entries: i64,
    /// The hash of its last entry. Kept elsewhere, it shows later that nothing before it was changed.
    pub(crate) hash: String,
}

/// The first entry of a chain that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Broken {
    pub(crate) chain_id: Uuid,
    pub(crate) number: i64,
    pub(crate) why: &'static str,
}

/// Reads all chains and checks each entry of them.
pub(crate) async fn verify(control: &ControlDb) -> Result<(Vec<Verified>, Vec<Broken>), Error> {
    let (mut verified, mut broken) = (Vec::new(), Vec::new());
    for chain_id in chains(control).await? {
        match verify_chain(control, chain_id).await? {
            Ok(chain) => verified.push(chain),
            Err(fault) => broken.push(fault),
        }
    }
    Ok((verified, broken))
}

/// All chains, those as well that lost their head.
async fn chains(control: &ControlDb) -> Result<Vec<Uuid>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT chain_id FROM audit_heads UNION \
             SELECT chain_id FROM audit WHERE chain_id IS NOT NULL ORDER BY chain_id",
        )
        .fetch_all()
        .await?;
    rows.iter().map(|row| row.get("chain_id")).collect()
}

async fn verify_chain(control: &ControlDb, chain_id: Uuid) -> Result<Result<Verified, Broken>, Error> {
    // The head first: what is added meanwhile is beyond it.
    let mut scope = control.conn().await?;
    let head = scope
        .query(
            "SELECT number, hash, (SELECT count(*) FROM audit WHERE chain_id = $1) AS entries FROM audit_heads \
             WHERE chain_id = $1",
        )
        .bind(chain_id);
    let head = head.fetch_optional().await?;
    drop(scope);
    let broken = |number, why| Ok(Err(Broken { chain_id, number, why }));
    let Some(head) = head else { return broken(0, "the chain has no head") };
    let (last, hash): (i64, String) = (head.get("number")?, head.get("hash")?);
    let entries: i64 = head.get("entries")?;

    let (mut number, mut previous) = (0, GENESIS.to_owned());
    while number < last {
        let rows = batch(control, chain_id, number, last).await?;
        if rows.is_empty() {
            return broken(number + 1, "the entry is missing");
        }
        for row in &rows {
            number += 1;
            if row.get::<i64>("number")? != number {
                return broken(number, "the entry is missing");
            }
            previous = match checked(row, chain_id, number, &previous)? {
                Some(hash) => hash,
                None => return broken(number, "the entry was changed, or the one before it"),
            };
        }
    }
    if previous != hash {
        return broken(last, "the chain's head does not say the hash of its last entry");
    }
    // Read together with the head: what stands beyond it, or has no number, was not put there by the program.
    if entries > last {
        return broken(last + 1, "an entry stands in the chain that its head doesn't know");
    }
    Ok(Ok(Verified { chain_id, entries: last, hash }))
}

async fn batch(control: &ControlDb, chain_id: Uuid, after: i64, last: i64) -> Result<Vec<Row>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query(
        "SELECT id, at, tenant_id, number, actor_kind, actor_id, action, subject, detail, hash FROM audit \
         WHERE chain_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4",
    );
    rows.bind(chain_id).bind(after).bind(last).bind(BATCH).fetch_all().await
}

/// Returns the entry's hash if it is that of its parts.
fn checked(row: &Row, chain_id: Uuid, number: i64, previous: &str) -> Result<Option<String>, Error> {
    let kind: Option<String> = row.get("actor_kind")?;
    let action: String = row.get("action")?;
    let (subject, detail): (Option<String>, Option<String>) = (row.get("subject")?, row.get("detail")?);
    let link = Link {
        chain_id,
        number,
        id: row.get("id")?,
        at: row.get("at")?,
        actor_kind: kind.as_deref().unwrap_or_default(),
        actor_id: row.get("actor_id")?,
        action: &action,
        subject: subject.as_deref(),
        detail: detail.as_deref(),
    };
    let stored: Option<String> = row.get("hash")?;
    // The clinic that an entry is listed under is the chain's.
    let tenant = row.get::<Option<Uuid>>("tenant_id")?.unwrap_or_default();
    let hash = link.hash(previous);
    Ok((stored.as_deref() == Some(&hash) && tenant == chain_id).then_some(hash))
}

#[cfg(test)]
mod tests {
    use nadia_tenant_core::TenantId;
    use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig};
    use time::OffsetDateTime;

    use super::*;
    use crate::{
        audit::{Action, Actor, Entry, record_alone},
        startup::{CONTROL, PLACE},
    };

    #[tokio::test]
    async fn an_entry_beyond_the_head_is_found() {
        let folder = tempfile::TempDir::new().unwrap();
        let config = InstallationConfig::new(DatabaseUrl::sqlite(folder.path()), &PLACE).with_control(&CONTROL);
        let installation = Installation::provision(config).await.unwrap();
        let (control, tenant) = (installation.control(), TenantId::new());
        for _ in 0..2 {
            record_alone(control, Entry::of(tenant, Action::CREATED, Actor::Platform)).await.unwrap();
        }
        assert_eq!(verify(control).await.unwrap().1, []);
        let forged = "INSERT INTO audit (id, at, tenant_id, action, chain_id, number, actor_kind, hash) \
            VALUES ($1, $2, $3, 'tenant.resumed', $3, 3, 'platform', 'forged')";
        let mut scope = control.conn().await.unwrap();
        let forged = scope.query(forged).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).bind(tenant.as_uuid());
        forged.execute().await.unwrap();
        drop(scope);
        let broken = verify(control).await.unwrap().1;
        let found: Vec<_> = broken.iter().map(|fault| (fault.chain_id, fault.number)).collect();
        assert_eq!(found, [(tenant.as_uuid(), 3)]);
    }
}
