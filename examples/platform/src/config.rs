use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use nadia_quota::{Plans, RateLimit};
use nadia_tenant_core::Placement;
use nadia_tenant_sqlx::DatabaseUrl;

use crate::plans::PLANS;

/// What a server is started with. The default is that of `nadia serve` without options.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the embedded database and of the key file, unless they are named.
    pub data: PathBuf,
    /// The host of sign-up; each clinic has one label below it.
    pub base_domain: String,
    /// The database; without one, SQLite files in [`data`](Self::data).
    pub database: Option<DatabaseUrl>,
    /// Other servers of the same kind of database, for clinics of these placements.
    pub servers: Vec<(Placement, DatabaseUrl)>,
    /// The key file; without one, `keys.json` in [`data`](Self::data).
    pub keys_file: Option<PathBuf>,
    /// Who makes clinics.
    pub sign_up: SignUp,
    /// How long a clinic that an operator closed can be opened again, before what it kept is removed.
    pub closing_grace: Duration,
    /// Makes a key file if there is none, and three clinics with synthetic patients.
    pub demo: bool,
    /// How often a client may try what needs no token.
    pub limits: Limits,
    /// How often a clinic's people may send requests, by the plan of the clinic.
    pub plans: Plans,
    /// What ends the names of the PostgreSQL roles; without one, the database's name. Only databases that are
    /// copies of one another may share roles.
    pub role_suffix: Option<String>,
}

/// Who makes clinics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum SignUp {
    /// Everybody, on the base host.
    #[default]
    Open,
    /// Operators alone.
    Closed,
}

/// How often a client may try what needs no token.
///
/// A client is an address that connects (an IPv6 one by its /64). Behind a proxy all clients are the proxy.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Sign-ups by one client; those that are malformed don't count.
    pub sign_up_client: RateLimit,
    /// Sign-ups with one e-mail address.
    pub sign_up_address: RateLimit,
    /// Log-ins by one client, and beside them as many refreshes.
    pub log_in_client: RateLimit,
    /// Log-ins and sign-ups by one client with one e-mail address, over all clinics: how often its password can be
    /// guessed. All clients together have 20 times of it.
    pub log_in_address: RateLimit,
}

impl Config {
    /// The plan that a clinic has after sign-up.
    pub const FIRST_PLAN: &'static str = PLANS[0].name;

    pub(crate) fn key_path(&self) -> PathBuf {
        self.keys_file.clone().unwrap_or_else(|| self.data.join("keys.json"))
    }

    pub(crate) fn database_url(&self) -> DatabaseUrl {
        self.database.clone().unwrap_or_else(|| DatabaseUrl::sqlite(&self.data))
    }
}

impl Default for Config {
    fn default() -> Self {
        let plans = PLANS.iter().fold(Plans::builder(), |plans, plan| plans.plan(plan.plan_name(), rate(plan.rate)));
        let plans = plans.build().expect("plans with different names");
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            data: PathBuf::from("nadia-data"),
            base_domain: "localhost".to_owned(),
            database: None,
            servers: Vec::new(),
            keys_file: None,
            sign_up: SignUp::default(),
            closing_grace: Duration::from_secs(30 * 24 * 60 * 60),
            demo: false,
            limits: Limits::default(),
            plans,
            role_suffix: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_up_client: rate("20/h burst 10"),
            sign_up_address: rate("10/h"),
            log_in_client: rate("300/m"),
            log_in_address: rate("120/h burst 30"),
        }
    }
}

fn rate(text: &str) -> RateLimit {
    text.parse().expect("a default has the form of a rate limit")
}
