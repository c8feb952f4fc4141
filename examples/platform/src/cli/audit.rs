//! `nadia audit`: whether what was noted is still what was noted.

use std::io::Write;

use clap::{Args, Subcommand};
use serde::Serialize;
use uuid::Uuid;

use super::{CommandError, DatabaseArgs};
use crate::audit::{self, Broken, Verified};

/// The command below `nadia audit`.
#[derive(Args, Debug)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check each entry of the audit, clinic by clinic, and the platform's own
    #[command(after_help = "\
Each entry's hash is that of its parts and of the entry before it. What was changed, removed or put in between is found.
Who can write to the database could make a whole chain anew: keep the heads that this prints elsewhere, and compare.

Exit codes: 0 all chains hold; 1 one is broken; 2 asked wrongly.

Examples:
  nadia audit verify
  nadia audit verify --json > heads-of-today.json")]
    Verify(VerifyArgs),
}

#[derive(Args, Debug)]
struct VerifyArgs {
    /// Write one JSON object
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Serialize)]
struct Outcome {
    verified: Vec<Verified>,
    broken: Vec<Broken>,
}

impl AuditArgs {
    /// Does it, and writes what came of it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let AuditCommand::Verify(args) = &self.command;
        args.run(out).await
    }
}

impl VerifyArgs {
    async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        self.database
            .with_control(async |control| {
                let (verified, broken) = audit::verify(control).await?;
                let outcome = Outcome { verified, broken };
                self.tell(&outcome, out)?;
                match outcome.broken.len() {
                    0 => Ok(()),
                    broken => Err(CommandError::Broken(broken)),
                }
            })
            .await
    }

    fn tell(&self, outcome: &Outcome, out: &mut dyn Write) -> Result<(), CommandError> {
        if self.json {
            let text = serde_json::to_string(outcome).map_err(std::io::Error::from)?;
            return Ok(writeln!(out, "{text}")?);
        }
        for Verified { chain_id, entries, hash } in &outcome.verified {
            writeln!(out, "{}  {entries} entries, head {hash}", whose(*chain_id))?;
        }
        for Broken { chain_id, number, why } in &outcome.broken {
            writeln!(out, "{}  BROKEN at entry {number}: {why}", whose(*chain_id))?;
        }
        Ok(())
    }
}

fn whose(chain: Uuid) -> String {
    if chain.is_nil() { format!("{:<36}", "platform") } else { chain.to_string() }
}
