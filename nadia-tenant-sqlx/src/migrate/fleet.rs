use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use nadia_tenant_core::{Placement, TenantId};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    Brought, PlaceMigrations, bring,
    ledger::{self, Entry},
};
use crate::{
    ControlDb, Error,
    server::{Place, Server, Worker},
};

/// The servers of an installation by the name of their placement.
pub(crate) type Servers = HashMap<Placement, Arc<dyn Server>>;

/// What came of a place.
type Outcome = (Entry, Brought, MigratedPlace);

/// How many places are written into the ledger together, as a rule. A run that is killed leaves about so many unwritten, which
/// the next one finds done.
const BATCH: usize = 32;
/// How long a place that is done waits for others to be written with it.
const BATCH_TIME: Duration = Duration::from_millis(100);

/// How a run of migrations goes about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MigrateOptions {
    /// How many places are migrated at a time; 4 by default, at least 1.
    pub concurrency: usize,
    /// How many tenants' own places go first; the others follow only if all of these succeed. 1 by default.
    pub canary: usize,
    /// The run stops once more than this part of the finished places failed, from 0 to 1; 0.1 by default. It is judged from
    /// the tenth place on, and once more at the end of the canaries, where one failure stops the run.
    pub max_failure_rate: f64,
    /// Only these tenants' own places; all places by default.
    pub only: Option<Vec<TenantId>>,
}

impl Default for MigrateOptions {
    fn default() -> Self {
        Self { concurrency: 4, canary: 1, max_failure_rate: 0.1, only: None }
    }
}

/// Hears how a run of migrations goes on.
pub trait MigrateObserver: Send + Sync {
    /// So many places are behind, and are now taken up.
    fn planned(&self, places: usize) {
        let _ = places;
    }

    /// A place was brought up to date, or failed.
    fn finished(&self, place: &MigratedPlace) {
        let _ = place;
    }

    /// Whether to go on with places that were not begun. Those that were are finished and noted, and the run stops.
    fn goes_on(&self) -> bool {
        true
    }
}

impl MigrateObserver for () {}

/// What a run did to one place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MigratedPlace {
    /// The place, in words.
    pub place: String,
    /// Whose it is; a shared place is nobody's.
    pub tenant: Option<TenantId>,
    /// The versions that were applied, in their order.
    pub applied: Vec<i64>,
    /// How long it took.
    pub duration: Duration,
    /// Why it failed, with causes; the place is as it was before the migration that failed, and its tenant in quarantine.
    pub error: Option<String>,
}

/// What a run did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MigrateReport {
    /// The run's id in the ledger; `None` when there was nothing to do.
    pub run: Option<Uuid>,
    /// What it touched, in the order in which it finished.
    pub touched: Vec<MigratedPlace>,
    /// How many places it left untouched because it stopped.
    pub left: usize,
    /// Why it stopped early, if it did.
    pub stopped: Option<String>,
}

impl MigrateReport {
    /// Returns the places that failed.
    pub fn failed(&self) -> impl Iterator<Item = &MigratedPlace> {
        self.touched.iter().filter(|place| place.error.is_some())
    }

    /// Tells whether every place that the run was for is up to date now.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.left == 0 && self.failed().next().is_none()
    }
}

/// Whether everybody is migrated, from the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FleetStatus {
    /// The version that all places are to reach.
    pub target: i64,
    /// How many places there are.
    pub places: usize,
    /// How many stand at the target.
    pub current: usize,
    /// How many failed at the last try.
    pub failed: usize,
}

impl FleetStatus {
    /// Tells whether every place stands at the target.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.current == self.places
    }
}

impl fmt::Display for FleetStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, places, current, failed } = self;
        write!(f, "{current} of {places} places are at version {target}, {failed} failed")
    }
}

/// The places of an installation and what migrates them.
pub(crate) struct Fleet<'f> {
    pub(crate) control: &'f ControlDb,
    pub(crate) servers: &'f Servers,
    pub(crate) migrations: &'f PlaceMigrations,
}

impl Fleet<'_> {
    pub(crate) async fn status(&self) -> Result<FleetStatus, Error> {
        ledger::status(self.control, self.migrations.target()).await
    }

    /// Compares what each place has with what the program would apply; returns what differs, a line each.
    pub(crate) async fn drift(&self) -> Result<Vec<String>, Error> {
        let mut workers = Workers::default();
        let mut faults = Vec::new();
        for entry in ledger::all(self.control).await? {
            let mut worker = workers.take(self.servers, &entry.place)?;
            match worker.applied(&entry.place).await {
                Ok(applied) => match super::check(&entry.place, self.migrations, &applied) {
                    Ok(version) if version == entry.version => {}
                    Ok(version) => faults.push(format!(
                        "the {} is at {version:?} and the ledger says {:?}; run the migrations",
                        entry.place, entry.version
                    )),
                    Err(error) => faults.push(ledger::chain_of(&error)),
                },
                Err(error) => {
                    faults.push(format!("the {} can't be asked: {}", entry.place, ledger::chain_of(&error)));
                    continue;
                }
            }
            workers.give_back(&entry.place, worker);
        }
        Ok(faults)
    }

    /// Brings every place up to date that is not.
    ///
    /// Dropped or killed anywhere, it leaves each place as it was before a migration or after it, and can be run again.
    pub(crate) async fn migrate(
        &self,
        options: &MigrateOptions,
        observer: &dyn MigrateObserver,
    ) -> Result<MigrateReport, Error> {
        let target = self.migrations.target();
        let mut queue = ledger::behind(self.control, target).await?;
        if let Some(only) = &options.only {
            let only: HashSet<TenantId> = only.iter().copied().collect();
            queue.retain(|entry| entry.tenant().is_some_and(|tenant| only.contains(&tenant)));
        }
        observer.planned(queue.len());
        let mut report = MigrateReport { run: None, touched: Vec::new(), left: queue.len(), stopped: None };
        if queue.is_empty() {
            return Ok(report);
        }
        let run = ledger::begin_run(self.control, target, queue.len()).await?;
        report.run = Some(run);

        let shared = queue.iter().take_while(|entry| entry.is_shared()).count();
        let rest = queue.split_off(shared);
        let canaries = options.canary.min(rest.len());
        let mut rest = VecDeque::from(rest);
        let canary: VecDeque<_> = rest.drain(..canaries).collect();
        for (group, name) in [(queue.into(), "a shared place"), (canary, "a canary")] {
            if report.stopped.is_none() {
                self.group(group, run, options, observer, &mut report, Some(name)).await?;
            }
        }
        if report.stopped.is_none() {
            self.group(rest, run, options, observer, &mut report, None).await?;
        }
        let state = if report.stopped.is_some() { "stopped" } else { "finished" };
        ledger::end_run(self.control, run, state).await?;
        Ok(report)
    }

    /// Migrates some places; stops when one of a group that `must` succeed fails, or too many of another.
    async fn group(
        &self,
        group: VecDeque<Entry>,
        run: Uuid,
        options: &MigrateOptions,
        observer: &dyn MigrateObserver,
        report: &mut MigrateReport,
        must: Option<&str>,
    ) -> Result<(), Error> {
        let group = Mutex::new(group);
        let stop = AtomicBool::new(false);
        let next = || {
            let goes_on = !stop.load(Ordering::Relaxed) && observer.goes_on();
            if goes_on { group.lock().unwrap_or_else(PoisonError::into_inner).pop_front() } else { None }
        };
        // Told and judged as soon as a place is done, and not only when that is written.
        let tally = Mutex::new((report.failed().count(), report.touched.len()));
        let why = OnceLock::new();
        let judge = |done: &MigratedPlace| {
            observer.finished(done);
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            *tally = (tally.0 + usize::from(done.error.is_some()), tally.1 + 1);
            if let Some(found) = why_stop(*tally, options.max_failure_rate, must) {
                why.get_or_init(|| found);
                stop.store(true, Ordering::Relaxed);
            }
        };
        let concurrency = options.concurrency.max(1);
        let (outcomes, mut arrived) = mpsc::channel(concurrency * 4);
        let mut workers: FuturesUnordered<_> =
            (0..concurrency).map(|_| self.work(&next, &judge, outcomes.clone())).collect();
        drop(outcomes);
        let working = async {
            let mut first = Ok(());
            while let Some(ended) = workers.next().await {
                if ended.is_err() {
                    // What the others have begun is finished and noted.
                    stop.store(true, Ordering::Relaxed);
                    first = first.and(ended);
                }
            }
            first
        };
        let noting = async {
            let mut batch = Vec::new();
            while arrived.recv_many(&mut batch, BATCH).await > 0 {
                gather(&mut arrived, &mut batch).await;
                let noted: Vec<_> = batch.iter().map(|(entry, brought, _)| (&entry.place, brought)).collect();
                let mut tx = self.control.begin().await?;
                let there = ledger::note_run(&mut tx, &noted, self.migrations, run).await?;
                tx.commit().await?;
                for (entry, _, done) in batch.drain(..) {
                    report.left -= 1;
                    // Else its tenant was removed since the run began, so that there is nothing left to migrate.
                    if there.contains(&entry.place.id()) {
                        report.touched.push(done);
                    }
                }
            }
            Ok(())
        };
        let (worked, noted) = tokio::join!(working, noting);
        report.stopped = why.get().cloned();
        worked.and(noted)?;
        if report.stopped.is_none() && !observer.goes_on() && report.left > 0 {
            report.stopped = Some("it was asked to stop; run it again to go on".to_owned());
        }
        Ok(())
    }

    /// Takes one place after the other, each worker with connections of its own.
    async fn work(
        &self,
        next: &(dyn Fn() -> Option<Entry> + Sync),
        judge: &(dyn Fn(&MigratedPlace) + Sync),
        outcomes: mpsc::Sender<Outcome>,
    ) -> Result<(), Error> {
        let mut workers = Workers::default();
        while let Some(entry) = next() {
            let begun = Instant::now();
            let mut worker = workers.take(self.servers, &entry.place)?;
            let told = entry.version.filter(|version| {
                // Of other migrations than these, its number says nothing.
                self.migrations.get(*version).is_some_and(|known| known.chain == entry.chain)
            });
            let brought = bring(&mut *worker, &entry.place, self.migrations, told).await;
            let done = migrated(&entry.place, &brought, begun.elapsed());
            judge(&done);
            // A connection that broke would fail the next place, too.
            if brought.failure.is_none() {
                workers.give_back(&entry.place, worker);
            }
            if outcomes.send((entry, brought, done)).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Waits a little for more to be written in the same transaction; not if a place failed, since its tenant must not serve and
/// the run may have to stop.
async fn gather(arrived: &mut mpsc::Receiver<Outcome>, batch: &mut Vec<Outcome>) {
    let until = tokio::time::Instant::now() + BATCH_TIME;
    while batch.len() < BATCH && batch.iter().all(|(_, brought, _)| brought.failure.is_none()) {
        let more = arrived.recv_many(batch, BATCH);
        // The time is up, or there is nobody left who could send.
        if !tokio::time::timeout_at(until, more).await.is_ok_and(|more| more > 0) {
            break;
        }
    }
}

/// Says why a run is to stop, if it is, after so many failed of so many that finished.
fn why_stop((failed, finished): (usize, usize), max_failure_rate: f64, must: Option<&str>) -> Option<String> {
    let what = match must {
        _ if failed == 0 => return None,
        Some(must) => format!("{must} failed"),
        None if finished >= 10 && failed as f64 > max_failure_rate * finished as f64 => {
            format!("{failed} of {finished} places failed")
        }
        None => return None,
    };
    Some(format!("{what}; mend the migration and run it again"))
}

/// Tells what was done to a place.
pub(crate) fn migrated(place: &Place, brought: &Brought, duration: Duration) -> MigratedPlace {
    MigratedPlace {
        place: place.to_string(),
        tenant: place.tenant(),
        applied: brought.applied.iter().map(|(version, _)| *version).collect(),
        duration,
        error: brought.failure.as_ref().map(|(_, error)| ledger::chain_of(error)),
    }
}

/// A worker of each server that one came to.
#[derive(Default)]
struct Workers(HashMap<Placement, Box<dyn Worker>>);

impl Workers {
    fn take(&mut self, servers: &Servers, place: &Place) -> Result<Box<dyn Worker>, Error> {
        match self.0.remove(&place.placement) {
            Some(worker) => Ok(worker),
            None => Ok(server(servers, &place.placement)?.worker()),
        }
    }

    fn give_back(&mut self, place: &Place, worker: Box<dyn Worker>) {
        self.0.insert(place.placement.clone(), worker);
    }
}

/// Finds the server of a placement.
pub(crate) fn server<'s>(servers: &'s Servers, placement: &Placement) -> Result<&'s Arc<dyn Server>, Error> {
    servers.get(placement).ok_or_else(|| Error::Placement(placement.clone()))
}
