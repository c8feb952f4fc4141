use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, builder::BoolishValueParser};
use nadia_quota::RateLimit;

use super::DatabaseArgs;
use crate::{
    config::{Config, Limits, SignUp},
    telemetry::LogFormat,
};

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
    /// The database.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The host of sign-up; each clinic has one label below it
    #[arg(long, env = "NADIA_BASE_DOMAIN", value_name = "HOST", default_value = "localhost")]
    pub base_domain: String,
    /// The file of the keys that sign tokens [default: keys.json in --data]
    #[arg(long, env = "NADIA_KEYS_FILE", value_name = "FILE")]
    pub keys_file: Option<PathBuf>,
    /// Who makes clinics: everybody on the base host, or operators alone
    #[arg(long, env = "NADIA_SIGN_UP", value_name = "POLICY", default_value = "open")]
    pub sign_up: SignUp,
    /// How many days a clinic that was closed on the operators' pages can be opened again, before what it kept is removed
    #[arg(long, env = "NADIA_CLOSING_GRACE", value_name = "DAYS", default_value_t = 30)]
    pub closing_grace: u16,
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

impl ServeArgs {
    /// Returns what the server is started with.
    ///
    /// # Errors
    /// As [`DatabaseArgs::database`].
    pub fn config(&self) -> Result<Config, nadia_tenant_sqlx::Error> {
        Ok(Config {
            listen: self.listen,
            data: self.database.data.clone(),
            base_domain: self.base_domain.clone(),
            database: self.database.database()?,
            servers: self.database.servers()?,
            keys_file: self.keys_file.clone(),
            sign_up: self.sign_up,
            closing_grace: Duration::from_secs(u64::from(self.closing_grace) * 24 * 60 * 60),
            demo: self.demo,
            limits: Limits { sign_up_client: self.sign_up_limit, ..Limits::default() },
            ..Config::default()
        })
    }
}
