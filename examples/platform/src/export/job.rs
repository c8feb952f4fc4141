//! Exports as jobs in the control database.

use axum::http::StatusCode;
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error, portable::Row};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::archive::Finished;
use crate::{
    audit::{self, Action, Actor, Entry},
    people::Caller,
    problem::Problem,
};

const KIND: &str = "export";
/// How long a finished export is kept.
pub(super) const LIFE: Duration = Duration::days(7);
/// A worker that is silent for this long lost its job.
const SILENCE: Duration = Duration::minutes(1);
/// How many exports a clinic keeps at once.
const MOST: usize = 5;

const REQUESTED: Action = Action::new("export.requested");
const MADE: Action = Action::new("export.made");
const FAILED: Action = Action::new("export.failed");
const REMOVED: Action = Action::new("export.removed");
const EXPIRED: Action = Action::new("export.expired");
pub(super) const DOWNLOADED: Action = Action::new("export.downloaded");

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Queued,
    Running,
    Done,
    Failed,
    Expired,
}

impl State {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Expired];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    fn parse(name: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == name);
        known.ok_or_else(|| Error::Corrupt("a job has an unknown state".into()))
    }

    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// An export.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) id: Uuid,
    pub(super) state: State,
    pub(super) done_steps: i64,
    pub(super) total_steps: i64,
    pub(super) detail: Option<String>,
    pub(super) requested_by: Option<Uuid>,
    pub(super) created_at: OffsetDateTime,
    pub(super) finished_at: Option<OffsetDateTime>,
    pub(super) size_bytes: Option<i64>,
    pub(super) sha256: Option<String>,
    pub(super) worker_id: Option<Uuid>,
}

impl Job {
    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get("id")?,
            state: State::parse(&row.get::<String>("state")?)?,
            done_steps: row.get("done_steps")?,
            total_steps: row.get("total_steps")?,
            detail: row.get("detail")?,
            requested_by: row.get("requested_by")?,
            created_at: row.get("created_at")?,
            finished_at: row.get("finished_at")?,
            size_bytes: row.get("size_bytes")?,
            sha256: row.get("sha256")?,
            worker_id: row.get("worker_id")?,
        })
    }

    /// How far it is, from 0 to 100.
    pub(super) fn percent(&self) -> i64 {
        match self.state {
            State::Queued => 0,
            State::Done | State::Expired => 100,
            State::Running | State::Failed if self.total_steps <= 0 => 0,
            State::Running | State::Failed => (self.done_steps.saturating_mul(100) / self.total_steps).clamp(0, 99),
        }
    }

    /// The name of its file, once it is done.
    pub(super) fn file(&self) -> Option<String> {
        self.worker_id.map(|worker| file(self.id, worker))
    }
}

/// Each claim makes a file of its own, so that a worker which was taken for dead spoils nothing.
pub(super) fn file(id: Uuid, worker: Uuid) -> String {
    format!("{id}.{worker}.zip")
}

/// A job that a worker has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) id: Uuid,
    pub(super) tenant: TenantId,
    pub(super) worker: Uuid,
}

/// Lists a clinic's exports, the newest first.
pub(super) async fn list(control: &ControlDb, tenant: TenantId) -> Result<Vec<Job>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT id, state, done_steps, total_steps, detail, requested_by, created_at, finished_at, size_bytes, \
             sha256, worker_id FROM jobs WHERE tenant_id = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT 50",
        )
        .bind(tenant.as_uuid())
        .bind(KIND.to_owned())
        .fetch_all()
        .await?;
    rows.iter().map(Job::read).collect()
}

/// Finds an export of this clinic.
pub(super) async fn find(control: &ControlDb, tenant: TenantId, id: Uuid) -> Result<Option<Job>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT id, state, done_steps, total_steps, detail, requested_by, created_at, finished_at, size_bytes, \
             sha256, worker_id FROM jobs WHERE id = $1 AND tenant_id = $2 AND kind = $3",
        )
        .bind(id)
        .bind(tenant.as_uuid())
        .bind(KIND.to_owned())
        .fetch_optional()
        .await?;
    row.as_ref().map(Job::read).transpose()
}

/// Asks for an export.
///
/// # Errors
/// 409 `export_running` while one is made, 409 `exports_full` when too many are kept.
pub(super) async fn request(control: &ControlDb, tenant: TenantId, caller: &Caller) -> Result<Uuid, Problem> {
    let mut tx = control.begin().await?;
    // First: of two who ask at once, the later sees what the earlier asked for.
    audit::hold(&mut tx, tenant).await?;
    let kept = kept_in(&mut tx, tenant).await?;
    if kept.iter().any(|state| state.is_open()) {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "export_running",
            "an export of the clinic is being made",
            "wait for it, or remove it",
        ));
    }
    if kept.iter().filter(|state| **state == State::Done).count() >= MOST {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "exports_full",
            format!("{MOST} exports of the clinic are kept"),
            "remove one of them",
        ));
    }
    let id = Uuid::now_v7();
    tx.query(
        "INSERT INTO jobs (id, tenant_id, kind, state, done_steps, total_steps, requested_by, created_at) \
         VALUES ($1, $2, $3, 'queued', 0, 0, $4, $5)",
    )
    .bind(id)
    .bind(tenant.as_uuid())
    .bind(KIND.to_owned())
    .bind(caller.identity())
    .bind(now())
    .execute()
    .await?;
    audit::record(&mut tx, Entry::of(tenant, REQUESTED, caller.actor()).with_subject("export", id)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Reads the states of a clinic's exports that are made or kept.
async fn kept_in(tx: &mut ControlTx, tenant: TenantId) -> Result<Vec<State>, Error> {
    let rows = tx
        .query(
            "SELECT state FROM jobs WHERE tenant_id = $1 AND kind = $2 AND state IN ('queued', 'running', 'done') LIMIT 50",
        )
        .bind(tenant.as_uuid())
        .bind(KIND.to_owned())
        .fetch_all()
        .await?;
    rows.iter().map(|row| State::parse(&row.get::<String>("state")?)).collect()
}

/// Removes an export of this clinic; who makes it stops.
pub(super) async fn remove(control: &ControlDb, tenant: TenantId, id: Uuid, caller: &Caller) -> Result<Job, Problem> {
    let job = find(control, tenant, id).await?.ok_or_else(Problem::not_found)?;
    let mut tx = control.begin().await?;
    let removed = tx.query("DELETE FROM jobs WHERE id = $1 AND tenant_id = $2").bind(id).bind(tenant.as_uuid());
    if removed.execute().await? == 0 {
        tx.rollback().await?;
        return Err(Problem::not_found());
    }
    audit::record(&mut tx, Entry::of(tenant, REMOVED, caller.actor()).with_subject("export", id)).await?;
    tx.commit().await?;
    Ok(job)
}

/// Takes the job that waits longest, or one whose worker fell silent.
pub(super) async fn claim(control: &ControlDb) -> Result<Option<Claim>, Error> {
    let (now, worker) = (now(), Uuid::now_v7());
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT id, tenant_id FROM jobs WHERE kind = $1 AND (state = 'queued' OR (state = 'running' \
             AND heartbeat_at < $2)) ORDER BY created_at, id LIMIT 1",
        )
        .bind(KIND.to_owned())
        .bind(now - SILENCE)
        .fetch_optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id: Uuid = row.get("id")?;
    let tenant = TenantId::try_from(row.get::<Uuid>("tenant_id")?).map_err(|error| Error::Corrupt(Box::new(error)))?;
    // Another worker may have taken it meanwhile.
    let claimed = scope
        .query(
            "UPDATE jobs SET state = 'running', worker_id = $1, heartbeat_at = $2, done_steps = 0, total_steps = 0 \
             WHERE id = $3 AND (state = 'queued' OR (state = 'running' AND heartbeat_at < $4))",
        )
        .bind(worker)
        .bind(now)
        .bind(id)
        .bind(now - SILENCE)
        .execute()
        .await?;
    Ok((claimed == 1).then_some(Claim { id, tenant, worker }))
}

/// Says that a worker lives and how far it is; returns whether it still has the job.
pub(super) async fn beat(control: &ControlDb, claim: Claim, done: i64, total: i64) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let beaten = scope
        .query(
            "UPDATE jobs SET heartbeat_at = $1, done_steps = $2, total_steps = $3 \
             WHERE id = $4 AND worker_id = $5 AND state = 'running'",
        )
        .bind(now())
        .bind(done)
        .bind(total)
        .bind(claim.id)
        .bind(claim.worker)
        .execute()
        .await?;
    Ok(beaten == 1)
}

/// Ends a job with what came of it; returns whether the worker still had it.
pub(super) async fn end(control: &ControlDb, claim: Claim, made: Result<&Finished, &str>) -> Result<bool, Error> {
    let (state, action, detail) = match made {
        Ok(_) => (State::Done, MADE, None),
        Err(why) => (State::Failed, FAILED, Some(why.to_owned())),
    };
    let finished = made.ok();
    let mut tx = control.begin().await?;
    let ended = tx
        .query(
            "UPDATE jobs SET state = $1, detail = $2, finished_at = $3, size_bytes = $4, sha256 = $5 \
             WHERE id = $6 AND worker_id = $7 AND state = 'running'",
        )
        .bind(state.as_str().to_owned())
        .bind(detail)
        .bind(now())
        .bind(finished.map(|finished| i64::try_from(finished.size).unwrap_or(i64::MAX)))
        .bind(finished.map(|finished| finished.sha256.clone()))
        .bind(claim.id)
        .bind(claim.worker)
        .execute()
        .await?;
    if ended == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    let entry = Entry::of(claim.tenant, action, Actor::Platform).with_subject("export", claim.id);
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// Gives a job back that its worker can't go on with, since the server stops.
pub(super) async fn give_back(control: &ControlDb, claim: Claim) -> Result<(), Error> {
    let mut scope = control.conn().await?;
    scope
        .query(
            "UPDATE jobs SET state = 'queued', worker_id = NULL WHERE id = $1 AND worker_id = $2 AND state = 'running'",
        )
        .bind(claim.id)
        .bind(claim.worker)
        .execute()
        .await
        .map(drop)
}

/// Ends the life of exports that are kept long enough.
pub(super) async fn expire(control: &ControlDb) -> Result<(), Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query("SELECT id, tenant_id FROM jobs WHERE kind = $1 AND state = 'done' AND finished_at < $2 LIMIT 100")
        .bind(KIND.to_owned())
        .bind(now() - LIFE)
        .fetch_all()
        .await?;
    drop(scope);
    for row in rows {
        let id: Uuid = row.get("id")?;
        let tenant =
            TenantId::try_from(row.get::<Uuid>("tenant_id")?).map_err(|error| Error::Corrupt(Box::new(error)))?;
        let mut tx = control.begin().await?;
        let expired = tx.query("UPDATE jobs SET state = 'expired' WHERE id = $1 AND state = 'done'").bind(id);
        if expired.execute().await? == 0 {
            tx.rollback().await?;
            continue;
        }
        audit::record(&mut tx, Entry::of(tenant, EXPIRED, Actor::Platform).with_subject("export", id)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Tells whether the file of a claim is one that is made or kept.
pub(super) async fn is_wanted(control: &ControlDb, id: Uuid, worker: Uuid) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query("SELECT id FROM jobs WHERE id = $1 AND worker_id = $2 AND (state = 'running' OR state = 'done')")
        .bind(id)
        .bind(worker)
        .fetch_optional()
        .await?;
    Ok(row.is_some())
}

/// The clock, no finer than every database keeps it.
fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_microsecond(now.microsecond()).unwrap_or(now)
}
