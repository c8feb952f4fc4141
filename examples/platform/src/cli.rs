//! The command line. It exits with 0 when all went well, 1 when something failed, 2 when it was asked wrongly.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, builder::BoolishValueParser};
use nadia_quota::RateLimit;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    config::{Config, Limits},
    telemetry::LogFormat,
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
}

/// Options of `nadia serve`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  nadia serve --demo
  nadia serve --listen 127.0.0.1:0
      takes a free port and prints it
  DATABASE_URL=postgres://postgres:PASSWORD@localhost/nadia nadia serve --keys-file /etc/nadia/keys.json
      runs on PostgreSQL with row-level security; the user makes the roles it then serves as
  nadia serve --base-domain clinics.example.org --listen 0.0.0.0:8080
      behind a proxy that ends TLS and keeps the Host header

Each clinic is at http://SLUG.BASE_DOMAIN; names below localhost need no hosts file.
Each option is also the variable that stands beside it; NADIA_DATABASE_URL goes before DATABASE_URL.")]
pub struct ServeArgs {
    /// Make a key file if there is none, and three clinics with synthetic patients and well-known passwords
    #[arg(long, env = "NADIA_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, env = "NADIA_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The folder of the embedded database and of the key file
    #[arg(long, env = "NADIA_DATA", value_name = "FOLDER", default_value = "./nadia-data")]
    pub data: PathBuf,
    /// The host of sign-up; each clinic has one label below it
    #[arg(long, env = "NADIA_BASE_DOMAIN", value_name = "HOST", default_value = "localhost")]
    pub base_domain: String,
    /// The database: postgres://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:FOLDER [default: SQLite in --data]
    #[arg(long, env = "NADIA_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    // It may hold a password, which a parser of the command line would repeat in its message.
    pub database_url: Option<SecretString>,
    /// The file of the keys that sign tokens [default: keys.json in --data]
    #[arg(long, env = "NADIA_KEYS_FILE", value_name = "FILE")]
    pub keys_file: Option<PathBuf>,
    /// How often one client may sign up; behind a proxy all clients are one
    #[arg(long, env = "NADIA_SIGN_UP_LIMIT", value_name = "RATE", default_value_t = Limits::default().sign_up_client)]
    pub sign_up_limit: RateLimit,
    /// How the log is written to the standard error
    #[arg(long, env = "NADIA_LOG_FORMAT", value_name = "FORMAT", default_value = "pretty")]
    pub log_format: LogFormat,
    /// What is logged: a level, or levels by module
    #[arg(long, env = "NADIA_LOG", value_name = "FILTER", default_value = "info,sqlx=warn")]
    pub log: String,
}

/// Commands below `nadia keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Add a new key to the key file, or make the file
    #[command(after_help = "\
The file is a JWK set of private Ed25519 keys, for its owner alone (mode 0600). The newest key signs, every key
verifies. To rotate: run this, restart each server; tokens signed before stay good. The newest 8 keys are kept.

Examples:
  nadia keys new
  nadia keys new --file /etc/nadia/keys.json")]
    New {
        /// The key file
        #[arg(long, env = "NADIA_KEYS_FILE", value_name = "FILE", default_value = "./nadia-data/keys.json")]
        file: PathBuf,
    },
}

impl ServeArgs {
    /// Returns what the server is started with.
    ///
    /// # Errors
    /// When what names the database, here or in `DATABASE_URL`, is malformed; it is not repeated.
    pub fn config(&self) -> Result<Config, nadia_tenant_sqlx::Error> {
        let named = self.database_url.clone().or_else(|| std::env::var("DATABASE_URL").ok().map(SecretString::from));
        let named = named.filter(|url| !url.expose_secret().is_empty());
        let database = named.map(|url| url.expose_secret().parse()).transpose()?;
        Ok(Config {
            listen: self.listen,
            data: self.data.clone(),
            base_domain: self.base_domain.clone(),
            database,
            keys_file: self.keys_file.clone(),
            demo: self.demo,
            limits: Limits { sign_up_client: self.sign_up_limit, ..Limits::default() },
            ..Config::default()
        })
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
