//! `nadia verify-export`: whether an export is whole.

use std::{io::Write, path::PathBuf};

use clap::Args;

use super::CommandError;
use crate::export::{Verdict, verify};

/// Options of `nadia verify-export`.
#[derive(Args, Debug)]
#[command(after_help = "\
Each entry's bytes and rows are counted and hashed, and held against the manifest; none may be missing, and none be there
that it doesn't name. No server and no database is asked. Who can change the file could make its manifest anew as well:
give the SHA-256 that the clinic's page shows beside the export to rule that out.

Exit codes: 0 it is whole; 1 something is wrong, or the file can't be read.

Examples:
  nadia verify-export north-2026-01-31.zip
  nadia verify-export north-2026-01-31.zip --sha256 3b1f… --json | jq .faults")]
pub struct VerifyExportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The SHA-256 that the whole file must have, in hexadecimal
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
}

impl VerifyExportArgs {
    /// Does it, and writes what was found.
    ///
    /// # Errors
    /// [`CommandError::NotWhole`] when something is wrong; [`CommandError::Unreadable`].
    pub fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let unreadable = |source| CommandError::Unreadable { path: self.file.display().to_string(), source };
        let mut verdict = verify(&self.file).map_err(unreadable)?;
        if self.sha256.as_ref().is_some_and(|wanted| !wanted.trim().eq_ignore_ascii_case(&verdict.sha256)) {
            verdict.faults.push(crate::export::Fault { entry: None, why: "the file has another SHA-256".to_owned() });
        }
        self.tell(&verdict, out)?;
        match verdict.faults.len() {
            0 => Ok(()),
            faults => Err(CommandError::NotWhole(faults)),
        }
    }

    fn tell(&self, verdict: &Verdict, out: &mut dyn Write) -> Result<(), CommandError> {
        if self.json {
            let text = serde_json::to_string(verdict).map_err(std::io::Error::from)?;
            return Ok(writeln!(out, "{text}")?);
        }
        // A file may be anybody's: what it says is shown as text that controls no terminal.
        for fault in &verdict.faults {
            match &fault.entry {
                Some(entry) => writeln!(out, "WRONG  {entry:?} {}", fault.why)?,
                None => writeln!(out, "WRONG  {}", fault.why)?,
            }
        }
        let slug = verdict.slug.as_deref().unwrap_or("?");
        let at = verdict.created_at.as_deref().unwrap_or("?");
        writeln!(out, "{slug:?} at {at:?}: {} entries with {} rows are as they were", verdict.good, verdict.rows)?;
        Ok(writeln!(out, "sha256 {}", verdict.sha256)?)
    }
}
