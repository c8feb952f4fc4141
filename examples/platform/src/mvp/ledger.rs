use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error, portable::Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Findings, Table, chain::Chain};

/// How far a table has come, as it is noted with each batch.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) last_key: i64,
    pub(super) rows_read: i64,
    pub(super) rows_kept: i64,
    pub(super) chain: Chain,
    pub(super) findings: Findings,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Rows are left.
    Running,
    /// All rows are in the clinic.
    Read,
    /// What is there was compared with what was read.
    Done,
}

/// An import that was begun.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    pub(super) fingerprint: String,
    pub(super) clinician: Uuid,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Read => "read",
            Self::Done => "done",
        }
    }

    fn parse(text: &str) -> Self {
        [Self::Read, Self::Done].into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Running)
    }
}

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            // Ids are 0 or more.
            last_key: -1,
            rows_read: 0,
            rows_kept: 0,
            chain: Chain::new(),
            findings: Findings::default(),
            state: State::Running,
        }
    }
}

/// Finds what was begun for a clinic.
pub(super) async fn begun(control: &ControlDb, tenant: TenantId) -> Result<Option<Begun>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query("SELECT fingerprint, clinician_id FROM imports WHERE tenant_id = $1 LIMIT 1")
        .bind(tenant.as_uuid())
        .fetch_optional()
        .await?;
    row.map(|row| Ok(Begun { fingerprint: row.get("fingerprint")?, clinician: row.get("clinician_id")? })).transpose()
}

/// Notes that an import begins, all tables at once.
///
/// # Errors
/// A unique violation when somebody else began one at the same moment.
pub(super) async fn begin(control: &ControlDb, tenant: TenantId, begun: &Begun) -> Result<(), Error> {
    let (now, entry) = (OffsetDateTime::now_utc(), Entry::new());
    let mut tx = control.begin().await?;
    for table in Table::ALL {
        tx.query(
            "INSERT INTO imports (tenant_id, source_table, fingerprint, clinician_id, last_key, rows_read, rows_kept, \
             hash, findings, state, begun_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        )
        .bind(tenant.as_uuid())
        .bind(table.name().to_owned())
        .bind(begun.fingerprint.clone())
        .bind(begun.clinician)
        .bind(entry.last_key)
        .bind(entry.rows_read)
        .bind(entry.rows_kept)
        .bind(entry.chain.to_string())
        .bind(entry.findings.json())
        .bind(entry.state.as_str().to_owned())
        .bind(now)
        .execute()
        .await?;
    }
    tx.commit().await
}

pub(super) async fn entry(control: &ControlDb, tenant: TenantId, table: Table) -> Result<Entry, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT last_key, rows_read, rows_kept, hash, findings, state FROM imports \
             WHERE tenant_id = $1 AND source_table = $2",
        )
        .bind(tenant.as_uuid())
        .bind(table.name().to_owned())
        .fetch_one()
        .await?;
    read(&row)
}

/// Notes how far a table has come; returns whether nobody else did since `seen`.
pub(super) async fn note(
    control: &ControlDb,
    tenant: TenantId,
    table: Table,
    seen: i64,
    entry: &Entry,
) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let noted = scope
        .query(
            "UPDATE imports SET last_key = $1, rows_read = $2, rows_kept = $3, hash = $4, findings = $5, state = $6, \
             updated_at = $7 WHERE tenant_id = $8 AND source_table = $9 AND last_key = $10 AND state = $11",
        )
        .bind(entry.last_key)
        .bind(entry.rows_read)
        .bind(entry.rows_kept)
        .bind(entry.chain.to_string())
        .bind(entry.findings.json())
        .bind(entry.state.as_str().to_owned())
        .bind(OffsetDateTime::now_utc())
        .bind(tenant.as_uuid())
        .bind(table.name().to_owned())
        .bind(seen)
        .bind(State::Running.as_str().to_owned())
        .execute()
        .await?;
    Ok(noted == 1)
}

/// Notes in a transaction that all was compared; returns whether nobody else did.
pub(super) async fn finish(tx: &mut ControlTx, tenant: TenantId) -> Result<bool, Error> {
    let noted = tx
        .query("UPDATE imports SET state = $1, updated_at = $2 WHERE tenant_id = $3 AND state = $4")
        .bind(State::Done.as_str().to_owned())
        .bind(OffsetDateTime::now_utc())
        .bind(tenant.as_uuid())
        .bind(State::Read.as_str().to_owned())
        .execute()
        .await?;
    Ok(noted > 0)
}

fn read(row: &Row) -> Result<Entry, Error> {
    let corrupt = |what: &'static str| Error::Corrupt(what.into());
    let (hash, findings, state): (String, String, String) = (row.get("hash")?, row.get("findings")?, row.get("state")?);
    Ok(Entry {
        last_key: row.get("last_key")?,
        rows_read: row.get("rows_read")?,
        rows_kept: row.get("rows_kept")?,
        chain: Chain::parse(&hash).ok_or_else(|| corrupt("the hash of an import"))?,
        findings: serde_json::from_str(&findings).map_err(|_| corrupt("the findings of an import"))?,
        state: State::parse(&state),
    })
}
