use std::{fs::File, path::Path, sync::Arc, time::Duration};

use nadia_tenant_core::Dialect;
use sqlx::{
    ConnectOptions, Connection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use super::{Installation, InstallationConfig};
use crate::{ControlDb, Error, Guard, TenantDb, park::Binding, place::Place};

pub(super) async fn provision(folder: &Path, config: &InstallationConfig) -> Result<Installation, Error> {
    let InstallationConfig { migrations, limits, .. } = config;
    let catalog = migrations.catalog(Dialect::Sqlite)?;
    let lock = make_folder(folder).await?;
    let control = options(&folder.join("control.sqlite"));
    let shared = options(&folder.join("shared.sqlite"));

    for file in [control.get_filename(), shared.get_filename()] {
        make_file(file)?;
    }
    let mut connection = control.connect().await?;
    for set in migrations.control() {
        set.apply(&mut connection).await?;
    }
    connection.close().await?;
    let mut connection = shared.connect().await?;
    migrations.place.apply(&mut connection).await?;
    connection.close().await?;
    drop(lock);

    let guard = Arc::new(Guard::new(catalog.clone()));
    let tenants = TenantDb::over(Place::new(shared, Binding::Session, Arc::clone(&guard), limits.clone()));
    Ok(Installation {
        tenants: tenants.clone().into(),
        control: ControlDb::new(Arc::new(Place::<sqlx::Sqlite>::new(control, Binding::Session, guard, limits.clone()))),
        catalog,
        #[cfg(feature = "postgres")]
        postgres: None,
        sqlite: Some(tenants),
    })
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
}

/// Makes an empty database file that its owner alone reads; SQLite gives the files beside it the same mode.
fn make_file(path: &Path) -> Result<(), Error> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(io(path))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.display().to_string();
    move |source| Error::Io { path, source }
}

/// Makes the folder if it isn't there, readable by its owner alone, and locks it against a second process that migrates.
async fn make_folder(folder: &Path) -> Result<File, Error> {
    if !folder.exists() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(io(folder))?;
    }
    let path = folder.join("migrate.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io(&path))?;
    // Waiting blocks the thread, so not on one of the runtime's.
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    waiting.await.map_err(|error| io(&path)(std::io::Error::other(error)))?.map_err(io(&path))
}
