use std::path::PathBuf;

use clap::Args;
use nadia_tenant_core::Placement;
use nadia_tenant_sqlx::{ControlDb, DatabaseUrl, Error, Installation, InstallationConfig};
use secrecy::{ExposeSecret, SecretString};

use super::CommandError;
use crate::{Config, startup::installation};

/// Names the database, for every command that works on one.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// The folder of the embedded database and of the key file
    #[arg(long, env = "NADIA_DATA", value_name = "FOLDER", default_value = "./nadia-data")]
    pub data: PathBuf,
    /// The database: postgres://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:FOLDER [default: SQLite in --data]
    #[arg(long, env = "NADIA_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    // It may hold a password, which a parser of the command line would repeat in its message.
    pub database_url: Option<SecretString>,
    /// Another server of the same kind, for clinics of this placement; may be repeated (in the variable: NAME=URL,NAME=URL)
    #[arg(
        long = "server",
        env = "NADIA_SERVERS",
        value_name = "NAME=URL",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub servers: Vec<SecretString>,
}

impl DatabaseArgs {
    /// Returns the database that is named, here or in `DATABASE_URL`; without one it is SQLite in the folder.
    ///
    /// # Errors
    /// When what names it is malformed; it is not repeated.
    pub fn database(&self) -> Result<Option<DatabaseUrl>, Error> {
        let named = self.database_url.clone().or_else(|| std::env::var("DATABASE_URL").ok().map(SecretString::from));
        let named = named.filter(|url| !url.expose_secret().is_empty());
        named.map(|url| url.expose_secret().parse()).transpose()
    }

    /// Returns the other servers.
    ///
    /// # Errors
    /// When one of them is malformed; no URL is repeated.
    pub fn servers(&self) -> Result<Vec<(Placement, DatabaseUrl)>, Error> {
        let mut servers = Vec::new();
        for server in &self.servers {
            let server = server.expose_secret().trim();
            if server.is_empty() {
                continue;
            }
            let named = server.split_once('=').and_then(|(name, url)| Some((name.parse::<Placement>().ok()?, url)));
            let Some((name, url)) = named.filter(|(name, _)| !name.is_main()) else {
                return Err(Error::Config(
                    "a server has no good name; write NAME=URL, with a name of a-z, 0-9 and hyphens other than main"
                        .to_owned(),
                ));
            };
            servers.push((name, url.parse()?));
        }
        Ok(servers)
    }

    /// Returns what the installation that is named is made of.
    pub(super) fn installation(&self) -> Result<InstallationConfig, Error> {
        let (database, servers) = (self.database()?, self.servers()?);
        Ok(installation(&Config { data: self.data.clone(), database, servers, ..Config::default() }))
    }

    /// Works on the installation that stands there; makes and migrates nothing.
    pub(super) async fn with_installation(
        &self,
        work: impl AsyncFnOnce(&Installation) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let installation = Installation::open(self.installation()?).await?;
        let outcome = work(&installation).await;
        installation.close().await;
        outcome
    }

    /// Works on the control database of the installation that stands there; makes and migrates nothing.
    pub(super) async fn with_control(
        &self,
        work: impl AsyncFnOnce(&ControlDb) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let control = Installation::open_control(self.installation()?).await?;
        let outcome = work(&control).await;
        control.close().await;
        outcome
    }
}
