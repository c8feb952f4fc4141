//! The command line. It exits with 0 when all went well, 1 when something failed, 2 when it was asked wrongly.

mod audit;
mod database;
mod doctor;
mod guard;
mod import_mvp;
mod keys;
mod migrate;
mod mvp_demo;
mod operator;
mod password;
mod serve;
mod tenant;
mod verify_export;

use clap::{Parser, Subcommand};

pub use self::{
    audit::AuditArgs,
    database::DatabaseArgs,
    doctor::DoctorArgs,
    guard::{GuardArgs, GuardError},
    import_mvp::ImportMvpArgs,
    keys::KeysCommand,
    migrate::MigrateArgs,
    mvp_demo::MvpDemoArgs,
    operator::OperatorArgs,
    serve::ServeArgs,
    tenant::TenantArgs,
    verify_export::VerifyExportArgs,
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
  nadia migrate                   bring every database up to date, after a new version was installed
  nadia doctor                    tell what in the databases would leak
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
    /// Make the database, or bring it and all clinics' own places up to date
    Migrate(MigrateArgs),
    /// Tell what in the databases would leak, and what mends it
    Doctor(DoctorArgs),
    /// Make, list, show, suspend, resume and remove clinics
    #[command(arg_required_else_help = true)]
    Tenant(TenantArgs),
    /// Add, list and shut out those who run the platform
    #[command(arg_required_else_help = true)]
    Operator(OperatorArgs),
    /// Check that the audit is whole
    #[command(arg_required_else_help = true)]
    Audit(AuditArgs),
    /// Check that a clinic's export is whole
    VerifyExport(VerifyExportArgs),
    /// Bring a single-user product's database into a clinic
    ImportMvp(Box<ImportMvpArgs>),
    /// Make a single-user product's database up, to try import-mvp on
    MvpDemo(MvpDemoArgs),
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
    /// The doctor found something critical.
    #[error("something critical was found ({0}); don't serve before it is mended")]
    Unsound(usize),
    /// The audit is not what was noted.
    #[error("{0} of the audit's chains are broken; somebody changed the database, or a part of it is an old copy")]
    Broken(usize),
    /// An export is not what was exported.
    #[error("the export is not whole ({0} faults); ask the clinic's owner for another one")]
    NotWhole(usize),
    /// A file can't be read.
    #[error("{path} can't be read")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
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
    /// The command line makes no sense, for a reason that its parser doesn't see.
    #[error("{0}")]
    Misuse(String),
    /// The clinic is being made, and not like this.
    #[error(
        "{slug} is being made already, with another {what}; repeat the command that began it, \
         or remove it by `nadia tenant delete {slug}`"
    )]
    OtherwiseBegun {
        /// The clinic.
        slug: String,
        /// What is not the same.
        what: &'static str,
    },
    /// Making a clinic was cut short.
    #[error(
        "{slug} is not made yet; run the same command again to go on, or remove it by `nadia tenant delete {slug}`"
    )]
    HalfMade {
        /// The clinic.
        slug: String,
        /// The cause.
        #[source]
        source: nadia_tenant_sqlx::Error,
    },
    /// Removing a clinic was cut short.
    #[error("{slug} is closed and not removed yet; run the same command again to go on")]
    HalfRemoved {
        /// The clinic.
        slug: String,
        /// The cause.
        #[source]
        source: nadia_tenant_sqlx::Error,
    },
    /// A single-user product's database can't be read.
    #[error("{message}")]
    Source {
        /// What can't, and what to do.
        message: String,
        /// Whether another command line would have done.
        is_misuse: bool,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Places are not up to date.
    #[error("{0}")]
    Behind(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers; check /dev/urandom")]
    Random,
    /// There is nothing where the database was said to be.
    #[error(
        "there is no installation at {0}; `nadia serve` makes one, as does `nadia migrate`; or name another by --data or --database-url"
    )]
    NoInstallation(String),
    /// The control tables are those of another version.
    #[error("the database is not up to date; run `nadia migrate`")]
    NotCurrent(#[source] nadia_tenant_sqlx::Error),
    /// The database failed.
    #[error(transparent)]
    Database(nadia_tenant_sqlx::Error),
    /// The file for what mends can't be made.
    #[error("{path} can't be made; name a file that isn't there yet")]
    Fix {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The output can't be written.
    #[error("the output can't be written")]
    Output(#[from] std::io::Error),
}

impl CommandError {
    /// Tells whether another command line would have done.
    #[must_use]
    pub const fn is_misuse(&self) -> bool {
        matches!(
            self,
            Self::Misuse(_)
                | Self::NoInstallation(_)
                | Self::Database(nadia_tenant_sqlx::Error::Config(_))
                | Self::Source { is_misuse: true, .. }
        )
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
            // One variable names them all.
            let name = if name == "SERVER" { "SERVERS" } else { &*name };
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

    #[test]
    fn a_malformed_server_is_not_repeated() {
        for server in ["S3CRET", "EU=postgres://a:S3CRET@db/x", "main=postgres://a:S3CRET@db/x", "eu=S3CRET", "=S3CRET"]
        {
            let args = serve(&["--server", server]);
            assert!(!format!("{args:?}").contains("S3CRET"));
            let error = args.config().unwrap_err();
            assert!(!format!("{error:?} {}", crate::error_chain(&error)).contains("S3CRET"), "{error}");
        }
        let args = serve(&["--server", "eu=sqlite:/a", "--server", "us=sqlite:/b,asia=sqlite:/c"]);
        let servers = args.config().unwrap().servers;
        let shown: Vec<_> = servers.iter().map(|(name, url)| format!("{}={url}", name.as_str())).collect();
        assert_eq!(shown, ["eu=sqlite:/a", "us=sqlite:/b", "asia=sqlite:/c"]);
    }
}
