//! The chores of the workspace: `cargo xtask --help` lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its user")]

mod bench;
mod cargo;
mod error;
mod features;
mod install;
mod mutants;
mod newcomer;
mod package;
mod process;
mod programs;
mod services;
mod session;
mod supervisor;
mod test;
mod totals;

use std::process::ExitCode;

use crate::error::Result;

const HELP: &str = "\
Chores of the Nadia workspace.

Usage: cargo xtask <COMMAND> [ARGS…]

Commands:
  test [ARGS…]               run every test and doctest; ARGS go to `cargo test`
  bench [GROUP…] [--quick]   measure, and write target/bench/report.json
  mutants [NAME…]            break the code on purpose and see the named tests turn red
  features [CRATE…]          check each library crate without features, with each alone, with all
  package                    package the library crates and build a crate outside against them
  newcomer                   start the product and use it over HTTP as a newcomer would
  services COMMAND [ARGS…]   run any command with the services' URLs set

`test`, `bench`, `mutants` and `services` start PostgreSQL, Redis, PgBouncer (in front of PostgreSQL,
pooling transactions) and ChromeDriver on free ports in a temporary folder and stop them at the end. A
service whose variable is set (DATABASE_URL: a superuser's URL, REDIS_URL, PGBOUNCER_URL: a superuser's
URL through the pooler, WEBDRIVER_URL) is used as it is. Programs that are missing are installed with the system's package manager
where that is possible without asking.

Examples:
  cargo xtask test
  cargo xtask test -p nadia-tenant-sqlx guard
  cargo xtask test -p nadia-tests -- --nocapture
  cargo xtask bench scope guard --quick
  cargo xtask mutants cell-shared-by-two-tenants
  cargo xtask services sh -c 'psql $DATABASE_URL'
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    match run(&command, &args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, args: &[String]) -> Result<ExitCode> {
    match command {
        "test" => test::run(args),
        "bench" => bench::run(args),
        "mutants" => mutants::run(args),
        "features" => features::run(args),
        "package" => package::run(),
        "newcomer" => newcomer::run(),
        "services" => services::run(args),
        supervisor::COMMAND => supervisor::run(args),
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!("there is no command `{other}`; see `cargo xtask --help`").into()),
    }
}
