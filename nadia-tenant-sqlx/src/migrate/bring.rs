use std::time::{Duration, Instant};

use super::PlaceMigrations;
use crate::{
    Error,
    server::{Applied, Place, Worker},
};

/// What bringing a place up to date did.
#[derive(Debug)]
pub(crate) struct Brought {
    /// The last migration that stands there now; `None` for none, or when that is not known.
    pub(crate) version: Option<i64>,
    /// The migrations that were applied, and how long each took.
    pub(crate) applied: Vec<(i64, Duration)>,
    /// Why not all of them, and the migration that failed if it was one.
    pub(crate) failure: Option<(Option<i64>, Error)>,
}

/// Applies what a place lacks. `known` is the version that the ledger tells, if it tells one; it may be behind.
pub(crate) async fn bring(
    worker: &mut dyn Worker,
    place: &Place,
    migrations: &PlaceMigrations,
    known: Option<i64>,
) -> Brought {
    let mut brought = Brought { version: known, applied: Vec::new(), failure: None };
    if let Err(error) = worker.reach(place).await {
        brought.failure = Some((None, error));
        return brought;
    }
    // The place itself is asked only if the ledger tells nothing that can be relied on, or turns out to be behind.
    let told = known.is_some_and(|version| migrations.get(version).is_some());
    if told && proceed(worker, place, migrations, &mut brought).await {
        return brought;
    }
    match worker.applied(place).await.and_then(|applied| check(place, migrations, &applied)) {
        Ok(version) => {
            brought.version = version;
            brought.failure = None;
            proceed(worker, place, migrations, &mut brought).await;
        }
        Err(error) => brought.failure = Some((None, error)),
    }
    brought
}

impl Brought {
    /// Tells whether a migration failed there. A place that can't be asked, or that others migrate, is as good as it was.
    pub(crate) fn is_broken(&self) -> bool {
        let Some((_, Error::PlaceMigration { source, .. })) = &self.failure else { return false };
        let Error::Sqlx(sqlx::Error::Database(error)) = &**source else { return false };
        // The server was not reached, is busy or going down, or somebody held a lock: another try may do.
        let passing = ["08", "40", "53", "55", "57"];
        !error.code().is_some_and(|code| code.len() == 5 && passing.iter().any(|class| code.starts_with(class)))
    }
}

/// Applies the migrations behind the version reached; returns whether there is no point in asking the place first.
async fn proceed(worker: &mut dyn Worker, place: &Place, migrations: &PlaceMigrations, brought: &mut Brought) -> bool {
    for migration in migrations.behind(brought.version) {
        let begun = Instant::now();
        match worker.apply(place, migration).await {
            Ok(()) => {
                brought.applied.push((migration.version, begun.elapsed()));
                brought.version = Some(migration.version);
            }
            Err(source) => {
                let noted = source.is_unique_violation();
                let (place, version) = (place.to_string(), migration.version);
                let error = Error::PlaceMigration { place, version, source: Box::new(source) };
                brought.failure = Some((Some(version), error));
                return !noted;
            }
        }
    }
    true
}

/// Checks that what was applied is what these migrations begin with; returns the last version.
pub(crate) fn check(place: &Place, migrations: &PlaceMigrations, applied: &[Applied]) -> Result<Option<i64>, Error> {
    let drift = |fault: String| Err(Error::Drift { place: place.to_string(), fault });
    for ((version, checksum), expected) in applied.iter().zip(migrations.behind(None)) {
        if migrations.get(*version).is_none() {
            return drift(format!("has migration {version}, which this program doesn't know; run the newer program"));
        }
        if *version != expected.version {
            return drift(format!(
                "lacks migration {}, which came in before {version}; give it a version behind all others",
                expected.version
            ));
        }
        if *checksum != expected.checksum {
            return drift(format!(
                "has migration {version} with another text; take the old text back, and write a new migration"
            ));
        }
    }
    if let Some((version, _)) = applied.get(migrations.behind(None).len()) {
        return drift(format!("has migration {version}, which this program doesn't know; run the newer program"));
    }
    Ok(applied.last().map(|(version, _)| *version))
}
