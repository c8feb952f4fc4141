//! Opens what stands: nothing is made, and nothing migrated.

use std::sync::Arc;

use nadia_tenant_core::Placement;
#[cfg(feature = "sqlite")]
use sqlx::ConnectOptions;
use sqlx::{Connection, migrate::Migrate};

use super::{Installation, InstallationConfig, migrations::MigrationSet, url::Target};
use crate::{
    Catalog, ControlDb, Diagnosis, Error, FleetStatus, Guard,
    backend::{Backend, Options},
    migrate::ledger,
    park::{Binding, Park},
    router::Router,
};

impl Installation {
    /// Opens an installation that stands, for an operator's commands: making and removing tenants.
    ///
    /// Makes nothing and migrates nothing, so it may run beside servers. The ledger is asked whether the shared places
    /// are up to date, and their walls are verified.
    ///
    /// # Errors
    /// [`Error::NoInstallation`] when there is none; [`Error::NotCurrent`] when its control tables or a shared place
    /// are not at the configuration's migrations, or one of its servers was never provisioned; otherwise as
    /// [`provision`](Self::provision).
    pub async fn open(config: InstallationConfig) -> Result<Self, Error> {
        standing(&config, LookedAt::Now).await
    }

    /// Compares every database, or file, of an installation that stands with the catalog, as [`doctor`](Self::doctor) does.
    /// It need be neither up to date nor sound: what is wrong is what this tells.
    ///
    /// # Errors
    /// As [`open_control`](Self::open_control), and [`Error::Sqlx`] when a database can't be asked.
    pub async fn diagnose(config: InstallationConfig) -> Result<Diagnosis, Error> {
        let installation = standing(&config, LookedAt::Later).await?;
        let diagnosis = installation.doctor().await;
        installation.close().await;
        diagnosis
    }

    /// Opens the control database of an installation that stands, for an operator's commands.
    ///
    /// Makes nothing and migrates nothing, so it may run beside servers, and while places are migrated. No tenant's
    /// rows can be reached by what it returns.
    ///
    /// On PostgreSQL the privileged user of the URL reads the password of the control role, which then connects.
    ///
    /// # Errors
    /// [`Error::NoInstallation`] when there is none, [`Error::NotCurrent`] when its control tables are not those of
    /// the configuration's migrations, [`Error::Sqlx`] when the database can't be reached.
    pub async fn open_control(config: InstallationConfig) -> Result<ControlDb, Error> {
        control_of(&config).await
    }

    /// Tells whether every place of an installation that stands has all migrations, by one query on the ledger. No place
    /// is opened.
    ///
    /// # Errors
    /// As [`open_control`](Self::open_control).
    pub async fn status(config: InstallationConfig) -> Result<FleetStatus, Error> {
        let (migrations, _) = config.migrations.read(config.dialect())?;
        let control = control_of(&config).await?;
        let status = ledger::status(&control, migrations.target()).await;
        control.close().await;
        status
    }
}

/// When it is checked that what stands is up to date and its walls hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LookedAt {
    /// Before it is opened.
    Now,
    /// By whoever opens it, who serves nobody.
    Later,
}

async fn standing(config: &InstallationConfig, looked_at: LookedAt) -> Result<Installation, Error> {
    config.check_pooler()?;
    match &config.url.0 {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(folder) => super::sqlite::open(folder, config, looked_at).await,
        #[cfg(not(feature = "sqlite"))]
        Target::Sqlite(_) => Err(super::feature_off("sqlite")),
        #[cfg(feature = "postgres")]
        Target::Postgres(options) => super::postgres::open(options, config, looked_at).await,
        #[cfg(not(feature = "postgres"))]
        Target::Postgres => Err(super::feature_off("postgres")),
    }
}

async fn control_of(config: &InstallationConfig) -> Result<ControlDb, Error> {
    config.check_pooler()?;
    match &config.url.0 {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(folder) => sqlite(folder, config).await,
        #[cfg(not(feature = "sqlite"))]
        Target::Sqlite(_) => Err(super::feature_off("sqlite")),
        #[cfg(feature = "postgres")]
        Target::Postgres(options) => postgres(options, config).await,
        #[cfg(not(feature = "postgres"))]
        Target::Postgres => Err(super::feature_off("postgres")),
    }
}

#[cfg(feature = "sqlite")]
pub(super) async fn sqlite(folder: &std::path::Path, config: &InstallationConfig) -> Result<ControlDb, Error> {
    let options = crate::server::control_file(folder);
    if !options.get_filename().is_file() {
        return Err(nothing_at(config));
    }
    let (_, catalog) = config.migrations.read(config.dialect())?;
    let mut connection = options.connect().await?;
    for set in config.migrations.control() {
        let found = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1");
        let found: i64 = found.bind(set.table()).fetch_one(&mut connection).await?;
        check(set, found == 1, &mut connection, config).await?;
    }
    connection.close().await?;
    Ok(control::<sqlx::Sqlite>((options, Binding::Session), config, catalog))
}

#[cfg(feature = "postgres")]
pub(super) async fn postgres(
    privileged: &sqlx::postgres::PgConnectOptions,
    config: &InstallationConfig,
) -> Result<ControlDb, Error> {
    let (_, catalog) = config.migrations.read(config.dialect())?;
    let found = crate::server::PostgresServer::find(privileged, config.pooler(), config.role_suffix.as_deref()).await?;
    let Some((mut admin, serving)) = found else { return Err(nothing_at(config)) };
    for set in config.migrations.control() {
        let found: bool =
            sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(set.table()).fetch_one(&mut admin).await?;
        check(set, found, &mut admin, config).await?;
    }
    admin.close().await?;
    Ok(control::<sqlx::Postgres>(serving.control(), config, catalog))
}

/// Opens the control database that this way leads to. It has a budget of its own, so that nobody who holds a control scope
/// waits for those who hold tenants' and the other way round.
pub(super) fn control<DB: Backend>(
    (options, binding): (Options<DB>, Binding),
    config: &InstallationConfig,
    catalog: Catalog,
) -> ControlDb {
    let park = Park::<DB>::new(config.limits.clone(), Vec::new());
    ControlDb::new(Arc::new(Router::control(park, options, binding, Arc::new(Guard::new(catalog)))))
}

/// Checks that the migrations of a set were applied, if there is the table that records it.
async fn check<C: Migrate>(
    set: &MigrationSet,
    has_table: bool,
    connection: &mut C,
    config: &InstallationConfig,
) -> Result<(), Error> {
    let difference = match has_table {
        true => set.difference(connection).await?,
        // Whoever made it was killed before, or an older program had no such set.
        false => Some(format!("{} is missing", set.table())),
    };
    match difference {
        None => Ok(()),
        Some(why) => Err(Error::NotCurrent { place: config.url.to_string(), why }),
    }
}

/// Says that a server of the configuration holds nothing.
pub(super) fn not_provisioned(config: &InstallationConfig, placement: &Placement) -> Error {
    let why = format!("server {placement} was never provisioned");
    Error::NotCurrent { place: config.url.to_string(), why }
}

fn nothing_at(config: &InstallationConfig) -> Error {
    Error::NoInstallation { place: config.url.to_string() }
}
