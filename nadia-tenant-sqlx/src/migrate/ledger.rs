//! What the control database knows of the places and of what was applied where.

use std::{collections::HashSet, time::Duration};

use nadia_tenant_core::{Isolation, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Brought, FleetStatus, PlaceMigration, PlaceMigrations};
use crate::{
    ControlDb, ControlTx, Error,
    control::set_quarantined,
    portable::Row,
    server::{Place, PlaceKind},
};

/// A place as the ledger has it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    /// The last migration that stands there; `None` if none was noted.
    pub(crate) version: Option<i64>,
    /// The checksum over all up to it.
    pub(crate) chain: String,
}

/// The ledger's column can't be empty, and versions begin at 0.
const NONE: i64 = -1;

/// How many rows a statement writes at most.
const ROWS: usize = 32;

/// Enters a place, or what is known of it now. `brought` says what happened there.
pub(crate) async fn note(
    tx: &mut ControlTx,
    place: &Place,
    migrations: &PlaceMigrations,
    brought: &Brought,
) -> Result<(), Error> {
    note_all(tx, &[(place, brought)], migrations, None).await
}

/// Enters what a run did to places, but for those that went meanwhile; returns the ids of those that are still there.
pub(crate) async fn note_run(
    tx: &mut ControlTx,
    all: &[(&Place, &Brought)],
    migrations: &PlaceMigrations,
    run: Uuid,
) -> Result<HashSet<Uuid>, Error> {
    let mut there = HashSet::new();
    for part in parts(all) {
        let ids = (2..part.len() + 2).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
        // Written, so that they stay until this transaction ends.
        let query = tx.query_made(format!("UPDATE places SET updated_at = $1 WHERE id IN ({ids}) RETURNING id"));
        let query = part.iter().fold(query.bind(OffsetDateTime::now_utc()), |query, (place, _)| query.bind(place.id()));
        for row in query.fetch_all().await? {
            there.insert(row.get("id")?);
        }
    }
    let left: Vec<_> = all.iter().copied().filter(|(place, _)| there.contains(&place.id())).collect();
    note_all(tx, &left, migrations, Some(run)).await?;
    Ok(there)
}

/// Enters places as [`note`] does, by few statements however many places there are.
async fn note_all(
    tx: &mut ControlTx,
    all: &[(&Place, &Brought)],
    migrations: &PlaceMigrations,
    run: Option<Uuid>,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    for part in parts(all) {
        let query = tx.query_made(format!(
            "INSERT INTO places (id, kind, placement, tenant_id, version, checksum, state, error, updated_at) \
             VALUES {} ON CONFLICT (id) DO UPDATE SET \
             version = CASE WHEN excluded.checksum = '' THEN places.version ELSE excluded.version END, \
             checksum = CASE WHEN excluded.checksum = '' THEN places.checksum ELSE excluded.checksum END, \
             state = excluded.state, error = excluded.error, updated_at = excluded.updated_at",
            rows(part.len(), 9)
        ));
        let bound = part.iter().fold(query, |query, (place, brought)| {
            // Without one, what the ledger knows of the place stays.
            let chain = brought.version.and_then(|version| migrations.get(version)).map_or("", |found| &found.chain);
            let error = brought.failure.as_ref().map(|(_, error)| chain_of(error));
            query
                .bind(place.id())
                .bind(place.isolation().as_str().to_owned())
                .bind(place.placement.as_str().to_owned())
                .bind(place.tenant().map(|tenant| tenant.as_uuid()))
                .bind(brought.version.unwrap_or(NONE))
                .bind(chain.to_owned())
                .bind(if error.is_some() { "failed" } else { "ready" }.to_owned())
                .bind(error)
                .bind(now)
        });
        bound.execute().await?;
    }
    if let Some(run) = run {
        lines(tx, run, all, now).await?;
    }
    quarantine(tx, all).await
}

/// Writes what a run did at places.
async fn lines(tx: &mut ControlTx, run: Uuid, all: &[(&Place, &Brought)], now: OffsetDateTime) -> Result<(), Error> {
    let done = all.iter().flat_map(|(place, brought)| {
        let applied = brought.applied.iter().map(|(version, duration)| (place.id(), *version, *duration, None));
        let failed = brought
            .failure
            .as_ref()
            .map(|(version, error)| (place.id(), version.unwrap_or(NONE), Duration::ZERO, Some(chain_of(error))));
        applied.chain(failed)
    });
    for part in parts(&done.collect::<Vec<_>>()) {
        let query = tx.query_made(format!(
            "INSERT INTO place_migrations (run_id, place_id, version, state, duration_us, error, finished_at) VALUES {}",
            rows(part.len(), 7)
        ));
        let bound = part.iter().fold(query, |query, (place, version, duration, error)| {
            query
                .bind(run)
                .bind(*place)
                .bind(*version)
                .bind(if error.is_some() { "failed" } else { "applied" }.to_owned())
                .bind(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
                .bind(error.clone())
                .bind(now)
        });
        bound.execute().await?;
    }
    Ok(())
}

/// Quarantines the tenants whose place is broken, and releases those whose place is up to date.
async fn quarantine(tx: &mut ControlTx, all: &[(&Place, &Brought)]) -> Result<(), Error> {
    let of = |which: fn(&Brought) -> bool| {
        let these = all.iter().filter(move |(_, brought)| which(brought));
        these.filter_map(|(place, _)| place.tenant())
    };
    for tenant in of(Brought::is_broken) {
        set_quarantined(tx, tenant, true).await?;
    }
    // What failed for another reason is as it was. Nearly always none of the others is quarantined, which one question tells.
    for part in parts(&of(|brought| brought.failure.is_none()).collect::<Vec<_>>()) {
        let ids = (1..=part.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
        let query = tx.query_made(format!("SELECT id FROM tenants WHERE quarantined AND id IN ({ids})"));
        let quarantined = part.iter().fold(query, |query, tenant| query.bind(tenant.as_uuid())).fetch_all().await?;
        for row in quarantined {
            let tenant = TenantId::try_from(row.get::<Uuid>("id")?).map_err(|error| Error::Corrupt(Box::new(error)))?;
            set_quarantined(tx, tenant, false).await?;
        }
    }
    Ok(())
}

/// Cuts into parts of 32, 16, 8, 4, 2 and 1, so that there are six texts of each statement, which stay prepared.
fn parts<T>(mut all: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let count = (all.len().checked_ilog2().map(|log| 1 << log)?).min(ROWS);
        let (part, rest) = all.split_at(count);
        all = rest;
        Some(part)
    })
}

/// Returns the parameters of so many rows: `($1, $2), ($3, $4)`.
fn rows(count: usize, columns: usize) -> String {
    let row = |at: usize| {
        let numbers = (1..=columns).map(|column| format!("${}", at * columns + column));
        format!("({})", numbers.collect::<Vec<_>>().join(", "))
    };
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

/// Forgets a place that is gone.
pub(crate) async fn forget(tx: &mut ControlTx, place: &Place) -> Result<(), Error> {
    tx.query("DELETE FROM place_migrations WHERE place_id = $1").bind(place.id()).execute().await?;
    tx.query("DELETE FROM places WHERE id = $1").bind(place.id()).execute().await.map(drop)
}

/// Returns the places that aren't at the target, shared ones first and then in the order of their making.
///
/// One query, however many places there are.
pub(crate) async fn behind(control: &ControlDb, target: &PlaceMigration) -> Result<Vec<Entry>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT kind, placement, tenant_id, version, checksum FROM places WHERE checksum <> $1 OR state <> 'ready' \
             ORDER BY CASE WHEN kind = 'shared' THEN 0 ELSE 1 END, id",
        )
        .bind(target.chain.clone())
        .fetch_all()
        .await?;
    rows.iter().map(entry).collect()
}

/// Returns all places.
pub(crate) async fn all(control: &ControlDb) -> Result<Vec<Entry>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT kind, placement, tenant_id, version, checksum FROM places ORDER BY id").fetch_all();
    rows.await?.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry, Error> {
    let corrupt = |error: Box<dyn std::error::Error + Send + Sync>| Error::Corrupt(error);
    let isolation: Isolation = row.get::<String>("kind")?.parse().map_err(|error| corrupt(Box::new(error)))?;
    let placement = row.get::<String>("placement")?.parse().map_err(|error| corrupt(Box::new(error)))?;
    let tenant = row.get::<Option<Uuid>>("tenant_id")?.map(TenantId::try_from).transpose();
    let tenant = tenant.map_err(|error| corrupt(Box::new(error)))?;
    let version = row.get::<i64>("version")?;
    let place = Place::new(placement, isolation, tenant)?;
    Ok(Entry { place, version: (version != NONE).then_some(version), chain: row.get("checksum")? })
}

/// Opens a run's book.
pub(crate) async fn begin_run(control: &ControlDb, target: &PlaceMigration, places: usize) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    let mut scope = control.conn().await?;
    scope
        .query(
            "INSERT INTO migration_runs (id, version, checksum, state, places, started_at) \
             VALUES ($1, $2, $3, 'running', $4, $5)",
        )
        .bind(id)
        .bind(target.version)
        .bind(target.chain.clone())
        .bind(i64::try_from(places).unwrap_or(i64::MAX))
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await?;
    Ok(id)
}

/// Closes a run's book. One that was killed stays open; the next run takes its work up.
pub(crate) async fn end_run(control: &ControlDb, run: Uuid, state: &'static str) -> Result<(), Error> {
    let mut scope = control.conn().await?;
    scope
        .query("UPDATE migration_runs SET state = $1, finished_at = $2 WHERE id = $3")
        .bind(state.to_owned())
        .bind(OffsetDateTime::now_utc())
        .bind(run)
        .execute()
        .await
        .map(drop)
}

/// Tells whether a place stands at the target.
pub(crate) async fn is_current(control: &ControlDb, place: &Place, target: &PlaceMigration) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let read = scope.query("SELECT id FROM places WHERE id = $1 AND checksum = $2 AND state = 'ready'");
    Ok(read.bind(place.id()).bind(target.chain.clone()).fetch_optional().await?.is_some())
}

/// Tells whether a place was migrated before.
pub(crate) async fn is_known(control: &ControlDb, place: &Place) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let read = scope.query("SELECT id FROM places WHERE id = $1 AND version <> $2").bind(place.id()).bind(NONE);
    Ok(read.fetch_optional().await?.is_some())
}

/// Counts the places by state; one query, however many there are.
pub(crate) async fn status(control: &ControlDb, target: &PlaceMigration) -> Result<FleetStatus, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT count(*) AS places, count(CASE WHEN checksum = $1 AND state = 'ready' THEN 1 END) AS current, \
             count(CASE WHEN state = 'failed' THEN 1 END) AS failed FROM places",
        )
        .bind(target.chain.clone())
        .fetch_one()
        .await?;
    let count = |column| row.get::<i64>(column).map(|count| usize::try_from(count).unwrap_or_default());
    let (places, current, failed) = (count("places")?, count("current")?, count("failed")?);
    Ok(FleetStatus { target: target.version, places, current, failed })
}

/// Returns an error with its causes, for people who read the ledger.
///
/// PostgreSQL repeats values of rows when it finds fault with them (classes 22, data, and 23, constraints); of these errors the
/// code and the names count.
pub(crate) fn chain_of(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = Vec::new();
    for cause in causes {
        let database = cause.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
        let code = database.and_then(|error| Some((error, error.code()?)));
        if let Some((error, code)) =
            code.filter(|(_, code)| code.len() == 5 && code.starts_with("22") || code.starts_with("23"))
        {
            let of =
                |what: &str, name: Option<&str>| name.map_or_else(String::new, |name| format!(", {what} {name:?}"));
            let (table, constraint) = (of("table", error.table()), of("constraint", error.constraint()));
            texts.push(format!("the rows don't allow it (SQLSTATE {code}{table}{constraint})"));
            break;
        }
        texts.push(cause.to_string());
    }
    texts.join(": ")
}

impl Entry {
    /// Returns the tenant whose place it is.
    pub(crate) fn tenant(&self) -> Option<TenantId> {
        self.place.tenant()
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.place.kind == PlaceKind::Shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_in_parts_of_few_sizes() {
        let all: Vec<usize> = (0..107).collect();
        let lengths: Vec<usize> = parts(&all).map(<[usize]>::len).collect();
        assert_eq!(lengths, [32, 32, 32, 8, 2, 1]);
        assert_eq!(parts(&all).flatten().copied().collect::<Vec<_>>(), all);
        assert_eq!(parts::<usize>(&[]).count(), 0);
        assert_eq!(rows(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
