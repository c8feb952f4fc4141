//! The command line. It exits with 0 when all went well, 1 when something failed, 2 when it was asked wrongly.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use nadia_tenant_sqlx::DatabaseUrl;

use crate::{config::Config, telemetry::LogFormat};

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
NADIA_DATABASE_URL goes before DATABASE_URL.")]
pub struct ServeArgs {
    /// Make a key file if there is none, and three clinics with synthetic patients and well-known passwords
    #[arg(long)]
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
    pub database_url: Option<DatabaseUrl>,
    /// The file of the keys that sign tokens [default: keys.json in --data]
    #[arg(long, env = "NADIA_KEYS_FILE", value_name = "FILE")]
    pub keys_file: Option<PathBuf>,
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
    /// When `DATABASE_URL`, which counts when nothing else names a database, is none.
    pub fn config(&self) -> Result<Config, nadia_tenant_sqlx::Error> {
        let database = match &self.database_url {
            Some(url) => Some(url.clone()),
            None => match std::env::var("DATABASE_URL") {
                Ok(url) if !url.is_empty() => Some(url.parse()?),
                _ => None,
            },
        };
        Ok(Config {
            listen: self.listen,
            data: self.data.clone(),
            base_domain: self.base_domain.clone(),
            database,
            keys_file: self.keys_file.clone(),
            demo: self.demo,
            ..Config::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_whole() {
        Cli::command().debug_assert();
    }
}
