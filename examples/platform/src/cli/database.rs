use std::path::PathBuf;

use clap::Args;
use nadia_tenant_sqlx::{ControlDb, DatabaseUrl, Installation};
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
}

impl DatabaseArgs {
    /// Returns the database that is named, here or in `DATABASE_URL`; without one it is SQLite in the folder.
    ///
    /// # Errors
    /// When what names it is malformed; it is not repeated.
    pub fn database(&self) -> Result<Option<DatabaseUrl>, nadia_tenant_sqlx::Error> {
        let named = self.database_url.clone().or_else(|| std::env::var("DATABASE_URL").ok().map(SecretString::from));
        let named = named.filter(|url| !url.expose_secret().is_empty());
        named.map(|url| url.expose_secret().parse()).transpose()
    }

    /// Works on the control database of the installation that stands there; makes and migrates nothing.
    pub(super) async fn with_control(
        &self,
        work: impl AsyncFnOnce(&ControlDb) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let config = Config { data: self.data.clone(), database: self.database()?, ..Config::default() };
        let control = Installation::open_control(installation(&config)).await?;
        let outcome = work(&control).await;
        control.close().await;
        outcome
    }
}
