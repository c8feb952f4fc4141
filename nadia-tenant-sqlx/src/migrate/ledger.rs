//! What the control database knows of the places and of what was applied where.

use std::time::Duration;

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
}

/// The ledger's column can't be empty, and versions begin at 0.
const NONE: i64 = -1;

/// Enters a place, or what is known of it now. `brought` says what happened there.
pub(crate) async fn note(
    tx: &mut ControlTx,
    place: &Place,
    migrations: &PlaceMigrations,
    brought: &Brought,
) -> Result<(), Error> {
    let State { version, chain, state, error } = State::of(migrations, brought);
    tx.query(
        "INSERT INTO places (id, kind, placement, tenant_id, version, checksum, state, error, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
         checksum = excluded.checksum, state = excluded.state, error = excluded.error, updated_at = excluded.updated_at",
    )
    .bind(place.id())
    .bind(place.isolation().as_str().to_owned())
    .bind(place.placement.as_str().to_owned())
    .bind(place.tenant().map(|tenant| tenant.as_uuid()))
    .bind(version)
    .bind(chain)
    .bind(state.to_owned())
    .bind(error)
    .bind(OffsetDateTime::now_utc())
    .execute()
    .await?;
    quarantine(tx, place, brought).await
}

/// Enters what a run did to a place, unless the place went meanwhile; returns whether it is still there.
pub(crate) async fn note_run(
    tx: &mut ControlTx,
    place: &Place,
    migrations: &PlaceMigrations,
    brought: &Brought,
    run: Uuid,
) -> Result<bool, Error> {
    let now = OffsetDateTime::now_utc();
    let State { version, chain, state, error } = State::of(migrations, brought);
    let update = tx
        .query("UPDATE places SET version = $2, checksum = $3, state = $4, error = $5, updated_at = $6 WHERE id = $1");
    let update = update.bind(place.id()).bind(version).bind(chain).bind(state.to_owned()).bind(error.clone());
    if update.bind(now).execute().await? == 0 {
        return Ok(false);
    }
    for (version, duration) in &brought.applied {
        line(tx, run, place, *version, *duration, None, now).await?;
    }
    if let Some((version, _)) = &brought.failure {
        let version = version.unwrap_or(NONE);
        line(tx, run, place, version, Duration::ZERO, error, now).await?;
    }
    quarantine(tx, place, brought).await?;
    Ok(true)
}

/// What the ledger says of a place.
struct State {
    version: i64,
    chain: String,
    state: &'static str,
    error: Option<String>,
}

impl State {
    fn of(migrations: &PlaceMigrations, brought: &Brought) -> Self {
        let known = brought.version.and_then(|version| migrations.get(version));
        let (state, error) = match &brought.failure {
            None => ("ready", None),
            Some((_, error)) => ("failed", Some(chain_of(error))),
        };
        let chain = known.map_or_else(String::new, |known| known.chain.clone());
        Self { version: brought.version.unwrap_or(NONE), chain, state, error }
    }
}

/// Keeps a tenant whose place failed from being served, and lets one whose place is mended serve again.
async fn quarantine(tx: &mut ControlTx, place: &Place, brought: &Brought) -> Result<(), Error> {
    if let Some(tenant) = place.tenant() {
        set_quarantined(tx, tenant, brought.failure.is_some()).await?;
    }
    Ok(())
}

async fn line(
    tx: &mut ControlTx,
    run: Uuid,
    place: &Place,
    version: i64,
    duration: Duration,
    error: Option<String>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    tx.query(
        "INSERT INTO place_migrations (run_id, place_id, version, state, duration_us, error, finished_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(run)
    .bind(place.id())
    .bind(version)
    .bind(if error.is_some() { "failed" } else { "applied" }.to_owned())
    .bind(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    .bind(error)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Forgets a place that is gone.
pub(crate) async fn forget(tx: &mut ControlTx, place: &Place) -> Result<(), Error> {
    tx.query("DELETE FROM places WHERE id = $1").bind(place.id()).execute().await.map(drop)
}

/// Returns the places that aren't at the target, shared ones first and then in the order of their making.
///
/// One query, however many places there are.
pub(crate) async fn behind(control: &ControlDb, target: &PlaceMigration) -> Result<Vec<Entry>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT kind, placement, tenant_id, version FROM places WHERE checksum <> $1 OR state <> 'ready' \
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
    let rows = scope.query("SELECT kind, placement, tenant_id, version FROM places ORDER BY id").fetch_all();
    rows.await?.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry, Error> {
    let corrupt = |error: Box<dyn std::error::Error + Send + Sync>| Error::Corrupt(error);
    let isolation: Isolation = row.get::<String>("kind")?.parse().map_err(|error| corrupt(Box::new(error)))?;
    let placement = row.get::<String>("placement")?.parse().map_err(|error| corrupt(Box::new(error)))?;
    let tenant = row.get::<Option<Uuid>>("tenant_id")?.map(TenantId::try_from).transpose();
    let tenant = tenant.map_err(|error| corrupt(Box::new(error)))?;
    let version = row.get::<i64>("version")?;
    Ok(Entry { place: Place::new(placement, isolation, tenant)?, version: (version != NONE).then_some(version) })
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
pub(crate) fn chain_of(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
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
