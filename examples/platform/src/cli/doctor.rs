//! `nadia doctor`: what in the databases would leak, and what mends it.

use std::{fs::File, io::Write, path::PathBuf};

use clap::Args;
use nadia_tenant_sqlx::{Installation, Severity};

use super::{CommandError, DatabaseArgs};

/// Options of `nadia doctor`.
#[derive(Args, Debug)]
#[command(after_help = "\
Every database or file is compared with what the migrations say: policies, roles, rights, keys, views, functions, triggers and
more; docs/doctor.md lists the checks. Nothing is changed. Servers may run meanwhile.

The file of --fix holds the SQL that mends what SQL can mend, each statement with the finding that it mends. Read it before you
run it, as the privileged user and place by place.

Exit codes: 0 nothing critical; 1 something critical was found; 2 asked wrongly.

Examples:
  nadia doctor
  nadia doctor --json | jq '.places[].findings[] | select(.severity == \"critical\")'
  nadia doctor --fix mend.sql")]
pub struct DoctorArgs {
    /// Write the SQL that mends what was found into this file, which must not be there yet
    #[arg(long, value_name = "FILE")]
    fix: Option<PathBuf>,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl DoctorArgs {
    /// Looks, and writes what was found.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let diagnosis = Installation::diagnose(self.database.installation()?).await?;
        if self.json {
            writeln!(out, "{}", diagnosis.to_json())?;
        } else {
            write!(out, "{diagnosis}")?;
        }
        if let Some(path) = &self.fix {
            let made = File::create_new(path).and_then(|mut file| file.write_all(diagnosis.migration().as_bytes()));
            made.map_err(|source| CommandError::Fix { path: path.display().to_string(), source })?;
        }
        match diagnosis.count(Severity::Critical) {
            0 => Ok(()),
            found => Err(CommandError::Unsound(found)),
        }
    }
}
