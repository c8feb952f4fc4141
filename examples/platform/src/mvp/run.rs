use nadia_tenant_core::TenantContext;
use nadia_tenant_sqlx::{ControlDb, Error, portable::Tenants};
use uuid::Uuid;

use super::{
    Findings, Place, SourceError, Table,
    appointments::{Appointments, Calendar},
    documents::Documents,
    ids::{self, Ids},
    kind::{Into, Kind},
    ledger::{self, Begun, Entry, State},
    link::{Bound, Link},
    look::{self, Looked},
    notes::Notes,
    patients::Patients,
    verify,
};
use crate::{
    audit::{self, Action, Actor},
    plans,
};

const IMPORTED: Action = Action::new("tenant.imported");

/// The most bytes of one page's texts, so that few long rows take no more memory than many short ones.
const PAGE_BYTES: usize = 1 << 20;

/// The clinic that a source is brought into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clinic<'a> {
    pub(crate) control: &'a ControlDb,
    pub(crate) tenants: &'a Tenants,
    pub(crate) ctx: &'a TenantContext,
    /// Its first owner, whose the appointments become.
    pub(crate) owner: Uuid,
}

/// Follows a run, and says after each batch whether it goes on.
pub(crate) trait Observer {
    fn begins(&self, table: Table, done: u64, rows: u64);
    fn came(&self, rows: u64);
    fn verifies(&self);
    fn goes_on(&self) -> bool;
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) tables: Vec<TableOutcome>,
    /// What concerns no table that is taken, such as settings.
    pub(crate) besides: Findings,
    /// Whether a run before this one had done all of it.
    pub(crate) was_done: bool,
}

/// What came of one table.
#[derive(Debug)]
pub(crate) struct TableOutcome {
    pub(crate) table: Table,
    pub(crate) read: i64,
    pub(crate) kept: i64,
    /// Rows that this run added.
    pub(crate) added: u64,
    pub(crate) hash: String,
    /// How many rows the clinic has of it, and their hash; none when nothing was written.
    pub(crate) there: Option<(i64, String)>,
    pub(crate) findings: Findings,
}

impl TableOutcome {
    pub(crate) fn is_equal(&self) -> bool {
        self.there.as_ref().is_none_or(|(rows, hash)| *rows == self.kept && *hash == self.hash)
    }
}

/// Says why a run didn't come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(
        "another source was begun to be brought into this clinic, or it has changed since; \
         name that one as it was, or bring this one into another clinic"
    )]
    OtherSource,
    #[error("somebody else brings a source into this clinic at this moment; wait until that has ended")]
    Together,
    #[error("stopped after a batch; run the same command again to go on")]
    Stopped,
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Source(SourceError::Read(error))
    }
}

/// Checks that a source can be read.
pub(crate) async fn check(place: &Place) -> Result<(), SourceError> {
    let mut source = Link::read(place).await?;
    look::look(&mut source).await?;
    Ok(source.close().await?)
}

/// Tells what would be kept, changed and dropped, and writes nothing.
pub(crate) async fn preview(place: &Place, batch: usize, observer: &dyn Observer) -> Result<Outcome, ImportError> {
    let mut source = Link::read(place).await?;
    let looked = look::look(&mut source).await?;
    // Hashes are over old ids, so that it doesn't matter whose new ones are made.
    let into = Into { ids: Ids::of(nadia_tenant_core::TenantId::new()), clinician: Uuid::nil() };
    let mut run = Run { source, looked, into, batch, observer, clinic: None, calendar: Calendar::default() };
    let tables = run.all().await?;
    run.source.close().await?;
    Ok(Outcome { tables, besides: run.looked.besides, was_done: false })
}

/// Brings a source into a clinic, or goes on with it, and compares what is there with what was read.
pub(crate) async fn import(
    place: &Place,
    clinic: &Clinic<'_>,
    batch: usize,
    observer: &dyn Observer,
) -> Result<Outcome, ImportError> {
    let mut source = Link::read(place).await?;
    let looked = look::look(&mut source).await?;
    let tenant = clinic.ctx.tenant().id();
    let begun = match ledger::begun(clinic.control, tenant).await? {
        Some(begun) if begun.fingerprint != looked.fingerprint => return Err(ImportError::OtherSource),
        Some(begun) => begun,
        None => {
            let begun = Begun { fingerprint: looked.fingerprint.clone(), clinician: clinic.owner };
            ledger::begin(clinic.control, tenant, &begun).await.map_err(|error| match error.is_unique_violation() {
                true => ImportError::Together,
                false => error.into(),
            })?;
            begun
        }
    };
    let into = Into { ids: Ids::of(tenant), clinician: begun.clinician };
    let mut run = Run { source, looked, into, batch, observer, clinic: Some(*clinic), calendar: Calendar::default() };
    let mut tables = run.all().await?;
    run.source.close().await?;
    let was_done = ledger::entry(clinic.control, tenant, Table::Documents).await?.state == State::Done;
    if !was_done {
        let mut tx = clinic.tenants.begin(clinic.ctx).await?;
        // Rows were added beside the counters. Limits don't stop an import; its report names them.
        plans::recount(&mut tx).await?;
        tx.commit().await?;
    }
    observer.verifies();
    for outcome in &mut tables {
        let there = match outcome.table {
            Table::Patients => there::<Patients>(clinic, &into).await?,
            Table::Appointments => there::<Appointments>(clinic, &into).await?,
            Table::Notes => there::<Notes>(clinic, &into).await?,
            Table::Documents => there::<Documents>(clinic, &into).await?,
        };
        outcome.there = Some((there.rows, there.chain.to_string()));
    }
    if !was_done && tables.iter().all(TableOutcome::is_equal) {
        let mut tx = clinic.control.begin().await?;
        if ledger::finish(&mut tx, tenant).await? {
            let counts: Vec<_> = tables.iter().map(|table| format!("{} {}", table.kept, table.table.name())).collect();
            let entry = audit::Entry::of(tenant, IMPORTED, Actor::Command).with_detail(counts.join(", "));
            audit::record(&mut tx, entry).await?;
        }
        tx.commit().await?;
    }
    Ok(Outcome { tables, besides: run.looked.besides, was_done })
}

async fn there<K: Kind>(clinic: &Clinic<'_>, into: &Into) -> Result<verify::There, Error> {
    let last = ledger::entry(clinic.control, clinic.ctx.tenant().id(), K::TABLE).await?.last_key;
    verify::there::<K>(clinic.tenants, clinic.ctx, &into.ids, last).await
}

struct Run<'a> {
    source: Link,
    looked: Looked,
    into: Into,
    batch: usize,
    observer: &'a dyn Observer,
    /// None if nothing is to be written.
    clinic: Option<Clinic<'a>>,
    calendar: Calendar,
}

/// Rows of a source as they will be in the clinic.
struct Page<R> {
    rows: Vec<(i64, R)>,
    read: i64,
    last_key: i64,
    is_last: bool,
}

impl Run<'_> {
    async fn all(&mut self) -> Result<Vec<TableOutcome>, ImportError> {
        Ok(vec![
            self.table::<Patients>().await?,
            self.table::<Appointments>().await?,
            self.table::<Notes>().await?,
            self.table::<Documents>().await?,
        ])
    }

    /// Takes a table from where the ledger says that it is.
    async fn table<K: Kind>(&mut self) -> Result<TableOutcome, ImportError> {
        let mut entry = match &self.clinic {
            Some(clinic) => ledger::entry(clinic.control, clinic.ctx.tenant().id(), K::TABLE).await?,
            None => Entry::new(),
        };
        let looked = self.looked.table(K::TABLE);
        let (rows, found) = (looked.rows, looked.findings.clone());
        self.observer.begins(K::TABLE, entry.rows_read.try_into().unwrap_or_default(), rows);
        let mut added = 0;
        while entry.state == State::Running {
            let seen = entry.last_key;
            let page = self.page::<K>(&mut entry).await?;
            let read = page.read;
            entry.rows_read += page.read;
            entry.last_key = page.last_key.max(seen);
            if page.is_last {
                entry.state = State::Read;
                for (rule, found) in found.iter() {
                    entry.findings.set(rule, found.count, found.examples.clone());
                }
            }
            added += self.take::<K>(page.rows, &mut entry).await?;
            if let Some(clinic) = &self.clinic {
                let tenant = clinic.ctx.tenant().id();
                if !ledger::note(clinic.control, tenant, K::TABLE, seen, &entry).await? {
                    return Err(ImportError::Together);
                }
            }
            self.observer.came(read.try_into().unwrap_or_default());
            if !self.observer.goes_on() {
                return Err(ImportError::Stopped);
            }
        }
        Ok(TableOutcome {
            table: K::TABLE,
            read: entry.rows_read,
            kept: entry.rows_kept,
            added,
            hash: entry.chain.to_string(),
            there: None,
            findings: entry.findings,
        })
    }

    async fn page<K: Kind>(&mut self, entry: &mut Entry) -> Result<Page<K::Row>, sqlx::Error> {
        let limit = i64::try_from(self.batch).unwrap_or(i64::MAX);
        let mut page = Page { rows: Vec::new(), read: 0, last_key: entry.last_key, is_last: true };
        let (mut bytes, into, findings) = (0, &self.into, &mut entry.findings);
        self.source
            .fetch(K::SOURCE, vec![Bound::Number(Some(entry.last_key)), Bound::Number(Some(limit))], |row| {
                let Some(old) = row.number("id")?.filter(|old| *old <= ids::MAX) else { return Ok(false) };
                (page.last_key, page.read) = (old, page.read + 1);
                bytes += row.size();
                if let Some(row) = K::map(old, &row, into, findings)? {
                    page.rows.push((old, row));
                }
                page.is_last = bytes < PAGE_BYTES && page.read < limit;
                Ok(bytes < PAGE_BYTES)
            })
            .await?;
        Ok(page)
    }

    /// Writes a page's rows in one transaction, and chains their hashes as they were written.
    async fn take<K: Kind>(&mut self, mut rows: Vec<(i64, K::Row)>, entry: &mut Entry) -> Result<u64, ImportError> {
        let mut tx = match &self.clinic {
            Some(clinic) => Some(clinic.tenants.begin(clinic.ctx).await?),
            None => None,
        };
        let mut added = 0;
        for chunk in rows.chunks_mut(K::AT_A_TIME) {
            for (old, row) in chunk.iter_mut() {
                K::complete(*old, row, &mut self.source).await?;
                if tx.is_none() {
                    K::suppose(&mut self.calendar, *old, row, &mut entry.findings);
                }
            }
            if let Some(tx) = &mut tx {
                added += K::write(tx, chunk, &mut entry.findings).await?;
            }
            for (_, row) in chunk.iter_mut() {
                K::written(row);
                entry.rows_kept += 1;
                let hash = K::hash(entry.chain.row(), row, &self.into.ids);
                entry.chain.add(hash.expect("an id that was just made is one that can be read"));
            }
        }
        if let Some(tx) = tx {
            tx.commit().await?;
        }
        Ok(added)
    }
}
