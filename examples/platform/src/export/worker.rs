//! Makes exports in the background, one at a time on each server.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use nadia_tenant_core::TenantRef;
use nadia_tenant_sqlx::Error;
use tokio::fs;
use uuid::Uuid;

use super::{
    archive::{Archive, Finished},
    build::{Failure, Progress, build},
    job::{self, Claim},
};
use crate::{problem::chain, state::AppState};

/// How often it is looked for work.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often a worker says that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// How often files are looked through that nobody wants any more.
const SWEEP: Duration = Duration::from_secs(60);

/// What this server makes at the moment.
#[derive(Debug, Default)]
pub(crate) struct Exporting(Mutex<Option<Claim>>);

impl Exporting {
    fn set(&self, claim: Option<Claim>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = claim;
    }

    fn get(&self) -> Option<Claim> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the folder of finished exports. Servers that share a database should share it, too: each makes what it finds.
pub(super) fn folder(app: &AppState) -> PathBuf {
    app.data.join("exports")
}

/// Makes what is asked for, for as long as it is polled.
pub(crate) async fn work(app: &AppState) {
    let mut swept: Option<Instant> = None;
    loop {
        if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            swept = Some(Instant::now());
            if let Err(error) = sweep(app).await {
                tracing::warn!(error = %chain(&error), "exports that nobody wants could not be removed");
            }
        }
        match job::claim(app.control()).await {
            Ok(Some(claim)) => {
                app.exporting.set(Some(claim));
                take(app, claim).await;
                app.exporting.set(None);
            }
            Ok(None) => tokio::time::sleep(INTERVAL).await,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "exports could not be looked for");
                tokio::time::sleep(INTERVAL).await;
            }
        }
    }
}

/// Gives back what was in the making when the server stopped, so that another begins it at once.
pub(crate) async fn give_back(app: &AppState) {
    let Some(claim) = app.exporting.get() else { return };
    if let Err(error) = job::give_back(app.control(), claim).await {
        tracing::warn!(error = %chain(&error), "an export could not be given back; it is begun anew in a minute");
    }
}

async fn take(app: &AppState, claim: Claim) {
    let path = folder(app).join(job::file(claim.id, claim.worker));
    let part = path.with_extension("zip.part");
    let outcome = match make(app, claim, &path, &part).await {
        // Somebody removed it, or it was taken for dead.
        None => Ok(false),
        Some(Ok(made)) => job::end(app.control(), claim, Ok(&made)).await,
        Some(Err(failure)) => {
            tracing::error!(error = %chain(&failure), nadia.tenant.id = %claim.tenant, "an export failed");
            let why = match failure {
                Failure::Database(_) => "the clinic's database did not answer; ask for another export later",
                Failure::File(_) => "the server could not write the archive; tell the platform's operator",
            };
            // Nothing of it stays.
            let ended = job::end(app.control(), claim, Err(why)).await;
            let _ = fs::remove_file(&part).await;
            return report(ended.map(drop));
        }
    };
    if !matches!(outcome, Ok(true)) {
        let _ = fs::remove_file(&part).await;
        let _ = fs::remove_file(&path).await;
    }
    report(outcome.map(drop));
}

fn report(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::warn!(error = %chain(&error), "what came of an export could not be noted; it is begun anew");
    }
}

/// Makes the file; `None` when the job is another's, or nobody's, meanwhile.
async fn make(app: &AppState, claim: Claim, path: &Path, part: &Path) -> Option<Result<Finished, Failure>> {
    let progress = Progress::default();
    let made = async {
        fs::create_dir_all(folder(app)).await?;
        let found = app.registry.find(&TenantRef::Id(claim.tenant)).await;
        let found = found.map_err(|error| Error::Corrupt(Box::new(error)))?;
        let ctx = found.ok_or(Error::UnknownTenant)?;
        let made = build(app, &ctx, Archive::begin(part.to_owned()), &progress).await?;
        fs::rename(part, path).await?;
        Ok(made)
    };
    let lost = async {
        loop {
            tokio::time::sleep(BEAT).await;
            let (done, total) = (progress.done.load(Ordering::Relaxed), progress.total.load(Ordering::Relaxed));
            match job::beat(app.control(), claim, done, total).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(error = %chain(&error), "how far an export is could not be noted"),
            }
        }
    };
    tokio::select! {
        made = made => Some(made),
        () = lost => None,
    }
}

/// Ends the life of old exports, and removes files that belong to none.
async fn sweep(app: &AppState) -> Result<(), Failure> {
    job::expire(app.control()).await?;
    let mut files = match fs::read_dir(folder(app)).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        files => files?,
    };
    while let Some(file) = files.next_entry().await? {
        let Some((id, worker)) = file.file_name().to_str().and_then(named) else { continue };
        if !job::is_wanted(app.control(), id, worker).await? {
            match fs::remove_file(file.path()).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Reads the name of a file of ours.
fn named(name: &str) -> Option<(Uuid, Uuid)> {
    let name = name.strip_suffix(".part").unwrap_or(name).strip_suffix(".zip")?;
    let (id, worker) = name.split_once('.')?;
    Some((id.parse().ok()?, worker.parse().ok()?))
}
