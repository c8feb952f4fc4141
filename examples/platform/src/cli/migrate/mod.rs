//! `nadia migrate`: brings the control tables and every place up to date.

mod progress;
mod report;

use std::{io::Write, pin::pin};

use clap::{Args, builder::RangedU64ValueParser};
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{Error, FleetStatus, Installation, MigrateOptions, MigrateReport};
use tokio::signal::unix::{SignalKind, signal};

use self::{
    progress::Progress,
    report::{DriftJson, Report, StatusJson, json_line},
};
use super::{CommandError, DatabaseArgs, tenant::TenantArg};

/// Options of `nadia migrate`.
#[derive(Args, Debug)]
#[command(after_help = "\
What isn't there is made: roles, control tables, shared places. Then clinics' own schemas, databases and files follow, the
canaries first. One that fails is quarantined (its clinic answers 503) and the others go on; the next run tries it again.
Servers may run meanwhile. Of two runs at once the second waits, and finds less to do.

Ctrl-C lets the places that are being migrated come to their end, and stops; a second one stops at once. Stopped or killed
anywhere, each place is as it was before a migration or after it: run it again to go on.

Exit codes: 0 everything asked for is up to date; 1 a place failed, the run stopped, --status found a place that is behind
or --drift a difference; 2 asked wrongly.

Examples:
  nadia migrate
  nadia migrate --canary 5 --max-failure-rate 0.01 --concurrency 8
  nadia migrate --only north south
  nadia migrate --status || echo 'somebody is behind'
  nadia migrate --json | jq -r '.touched[] | select(.error) | .place'")]
pub struct MigrateArgs {
    /// Tell whether everybody is up to date, by one query on the ledger, and change nothing
    #[arg(long, conflicts_with_all = ["drift", "canary", "only", "concurrency", "max_failure_rate"])]
    status: bool,
    /// Ask every place what it has, tell where that is not what the ledger and this version say, and change nothing
    #[arg(long, conflicts_with_all = ["canary", "only", "concurrency", "max_failure_rate"])]
    drift: bool,
    /// How many clinics' own places go first; the others follow only if all of them succeed [default: 1]
    #[arg(long, value_name = "N")]
    canary: Option<usize>,
    /// Of clinics' own places only those of these
    #[arg(long, value_name = "SLUG|ID", num_args = 1..)]
    only: Vec<String>,
    /// How many places are migrated at a time [default: 4]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    concurrency: Option<usize>,
    /// Stop once more than this part of the places failed, from 0 to 1 [default: 0.1]
    #[arg(long, value_name = "F", value_parser = rate)]
    max_failure_rate: Option<f64>,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl MigrateArgs {
    /// Does it, and writes what came of it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        match (self.status, self.drift) {
            (true, _) => self.tell_status(out).await,
            (_, true) => self.tell_drift(out).await,
            _ => self.migrate(out).await,
        }
    }

    async fn tell_status(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let status = Installation::status(self.database.installation()?).await?;
        if self.json {
            out.write_all(json_line(&StatusJson::of(&status)).as_bytes())?;
        } else {
            writeln!(out, "{status}")?;
        }
        if status.is_current() { Ok(()) } else { Err(behind(&status)) }
    }

    async fn tell_drift(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        self.database
            .with_installation(async |installation| {
                let drift = installation.migration_drift().await?;
                if self.json {
                    out.write_all(json_line(&DriftJson { drift: &drift }).as_bytes())?;
                } else {
                    drift.iter().try_for_each(|line| writeln!(out, "{line}"))?;
                }
                match drift.len() {
                    0 => Ok(()),
                    found => Err(CommandError::Behind(format!("{found} places are not what they should be"))),
                }
            })
            .await
    }

    async fn migrate(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let installation = Installation::provision(self.database.installation()?).await?;
        let outcome = self.migrate_places(&installation, out).await;
        installation.close().await;
        outcome
    }

    async fn migrate_places(&self, installation: &Installation, out: &mut dyn Write) -> Result<(), CommandError> {
        let options = self.options(installation).await?;
        let run = run(installation, &options).await?;
        let status = installation.migration_status().await?;
        let report = Report { provisioned: installation.provisioned(), run: &run, status: &status };
        out.write_all(if self.json { report.json() } else { report.text() }.as_bytes())?;
        match (&run.stopped, run.failed().count()) {
            (Some(why), _) => {
                Err(CommandError::Behind(format!("the run stopped with {} places left: {why}", run.left)))
            }
            (None, failed @ 1..) => Err(CommandError::Behind(format!(
                "{failed} places failed, and their clinics are quarantined; mend what is said above, and run it again"
            ))),
            (None, 0) => Ok(()),
        }
    }

    async fn options(&self, installation: &Installation) -> Result<MigrateOptions, CommandError> {
        let mut options = MigrateOptions::default();
        options.canary = self.canary.unwrap_or(options.canary);
        options.concurrency = self.concurrency.unwrap_or(options.concurrency);
        options.max_failure_rate = self.max_failure_rate.unwrap_or(options.max_failure_rate);
        if !self.only.is_empty() {
            let mut only: Vec<TenantId> = Vec::new();
            for tenant in &self.only {
                only.push(TenantArg::new(tenant).find(installation.control()).await?.tenant.id());
            }
            options.only = Some(only);
        }
        Ok(options)
    }
}

/// Migrates until all is done, or somebody asks it to stop.
async fn run(installation: &Installation, options: &MigrateOptions) -> Result<MigrateReport, CommandError> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let progress = Progress::new();
    let mut work = pin!(installation.migrate(options, &progress));
    loop {
        tokio::select! {
            report = &mut work => {
                progress.end();
                return Ok(report?);
            }
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if !progress.stop() {
            progress.end();
            let why = "it was stopped at once, and nobody noted what was done last; run `nadia migrate` again to go on";
            return Err(CommandError::Behind(why.to_owned()));
        }
    }
}

fn behind(status: &FleetStatus) -> CommandError {
    CommandError::Behind(format!("{} places are behind; run `nadia migrate`", status.places - status.current))
}

fn rate(text: &str) -> Result<f64, Error> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    rate.ok_or_else(|| Error::Config("a failure rate is a number from 0 to 1".to_owned()))
}
