use std::io::Write;

use clap::Args;
use secrecy::SecretString;

use super::CommandError;
use crate::mvp::{Demo, Place, write_demo};

/// Options of `nadia mvp-demo`.
#[derive(Args, Debug)]
#[command(after_help = "\
All of it is synthetic: no name, day, number or text is anybody's. The same number and seed give the same data. Some of it is as
untidy as such databases are; examples/platform/mvp/README.md says how.

Exit codes: 0 done, 2 there is something at FILE or URL already, or it can't be opened.

Examples:
  nadia mvp-demo --to mvp.sqlite --patients 2000
  nadia mvp-demo --to postgres://USER:PASSWORD@HOST/mvp --patients 100000 --seed 7")]
pub struct MvpDemoArgs {
    /// Where to: a file that isn't there yet, or a PostgreSQL database without such tables
    #[arg(long, value_name = "FILE|URL")]
    to: SecretString,
    /// How many patients
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(0..=10_000_000))]
    patients: i64,
    /// What the data follows from
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

impl MvpDemoArgs {
    /// Does it, and says what was made.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let (patients, seed) = (self.patients, self.seed);
        let made = write_demo(&Place::parse(&self.to), &Demo { patients, seed }).await?;
        Ok(writeln!(
            out,
            "made up from seed {seed}: {} patients, {} appointments, {} notes, {} documents; all of it is synthetic",
            made.patients, made.appointments, made.notes, made.documents
        )?)
    }
}
