//! The command line. It exits with 0 when all went well, 1 when something failed, 2 when it was asked wrongly.

mod database;
mod guard;
mod keys;
mod serve;
mod tenant;

use clap::{Parser, Subcommand};

pub use self::{
    database::DatabaseArgs,
    guard::{GuardArgs, GuardError},
    keys::KeysCommand,
    serve::ServeArgs,
    tenant::TenantArgs,
};

/// A server for many clinics, each of which sees only its own patients.
#[derive(Debug, Parser)]
#[command(
    name = "nadia",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  nadia serve --demo              look at it: three clinics with synthetic patients
  nadia keys new && nadia serve   serve in earnest, on SQLite files in ./nadia-data
  nadia tenant suspend north      keep a clinic from being served, by every server within a second

Exit codes: 0 done, 1 failed, 2 asked wrongly."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the clinics until SIGINT or SIGTERM
    Serve(Box<ServeArgs>),
    /// Make or rotate the keys that sign tokens
    #[command(subcommand, arg_required_else_help = true)]
    Keys(KeysCommand),
    /// List, show, suspend and resume clinics
    #[command(arg_required_else_help = true)]
    Tenant(TenantArgs),
    /// Show what the guard makes of statements, one JSON object a line
    Guard(GuardArgs),
}

/// Says why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such clinic.
    #[error("no tenant has the slug or id {0:?}; `nadia tenant list` shows all")]
    NoTenant(String),
    /// The clinic's status doesn't allow it.
    #[error("{slug} is {status}; {why}")]
    Status {
        /// The clinic.
        slug: String,
        /// Its status.
        status: nadia_tenant_core::TenantStatus,
        /// Why not.
        why: &'static str,
    },
    /// There is nothing where the database was said to be.
    #[error("there is no installation at {0}; `nadia serve` makes one, or name another by --data or --database-url")]
    NoInstallation(String),
    /// The control tables are those of another version.
    #[error("the database is not up to date; run `nadia migrate`")]
    NotCurrent(#[source] nadia_tenant_sqlx::Error),
    /// The database failed.
    #[error(transparent)]
    Database(nadia_tenant_sqlx::Error),
    /// The output can't be written.
    #[error("the output can't be written")]
    Output(#[from] std::io::Error),
}

impl CommandError {
    /// Tells whether another command line would have done.
    #[must_use]
    pub const fn is_misuse(&self) -> bool {
        matches!(self, Self::NoInstallation(_) | Self::Database(nadia_tenant_sqlx::Error::Config(_)))
    }
}

impl From<nadia_tenant_sqlx::Error> for CommandError {
    fn from(error: nadia_tenant_sqlx::Error) -> Self {
        match error {
            nadia_tenant_sqlx::Error::NoInstallation { place } => Self::NoInstallation(place),
            error @ nadia_tenant_sqlx::Error::NotCurrent { .. } => Self::NotCurrent(error),
            error => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn serve(args: &[&str]) -> ServeArgs {
        match Cli::try_parse_from(["nadia", "serve"].iter().chain(args)).unwrap().command {
            Command::Serve(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_whole() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_of_serve_is_also_a_variable() {
        let mut cli = Cli::command();
        let serve = cli.find_subcommand_mut("serve").unwrap();
        for option in serve.get_arguments() {
            let name = option.get_long().unwrap().to_uppercase().replace('-', "_");
            assert_eq!(option.get_env().unwrap(), &*format!("NADIA_{name}"));
        }
    }

    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command) {
            let examples = command.get_after_help().is_some_and(|help| help.to_string().contains("Examples:"));
            assert!(examples || command.has_subcommands(), "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn a_malformed_database_url_is_not_repeated() {
        for url in ["postgre://admin:S3CRET@db/x", "S3CRET", "postgres://admin:S3CRET@db:port/x"] {
            let args = serve(&["--database-url", url]);
            assert!(!format!("{args:?}").contains("S3CRET"));
            let error = args.config().unwrap_err();
            assert!(!format!("{error:?} {}", crate::error_chain(&error)).contains("S3CRET"), "{error}");
        }
        assert!(serve(&["--database-url", "postgres://admin:S3CRET@db/x"]).config().unwrap().database.is_some());
    }
}
