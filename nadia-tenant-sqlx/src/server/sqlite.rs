//! A folder with tenants' places in it, each an SQLite file.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use nadia_tenant_core::{Isolation, TenantId};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use super::{Applied, Place, PlaceKind, Server, Worker};
use crate::{
    Catalog, Error, Finding, TableKind,
    doctor::{ExpectedFile, examine_sqlite},
    migrate::{PlaceMigration, PlaceMigrations},
};

/// How many rows are deleted in a transaction.
const DELETE_BATCH: i64 = 10_000;
/// Where tenants' own files are.
const TENANTS: &str = "tenants";
/// What the names of files begin with that aren't whole yet.
const DRAFT: &str = ".draft-";
/// Nobody works on a draft for so long.
const STALE: Duration = Duration::from_secs(60 * 60);

/// A folder of SQLite files.
#[derive(Clone, Debug)]
pub(crate) struct SqliteServer {
    folder: PathBuf,
    catalog: Catalog,
}

impl SqliteServer {
    /// Makes the folder and the shared place's file, if they aren't there.
    pub(crate) fn prepare(folder: &Path, catalog: Catalog) -> Result<Self, Error> {
        make_folder(folder)?;
        make_folder(&folder.join(TENANTS))?;
        sweep(&folder.join(TENANTS))?;
        let this = Self { folder: folder.to_owned(), catalog };
        make_file(&this.file(PlaceKind::Shared))?;
        Ok(this)
    }

    /// Takes up a folder as it was prepared before; `None` if it was not.
    pub(crate) fn open(folder: &Path, catalog: Catalog) -> Option<Self> {
        let this = Self { folder: folder.to_owned(), catalog };
        this.file(PlaceKind::Shared).is_file().then_some(this)
    }

    /// Holds other provisioning of this folder back until the file is closed.
    pub(crate) async fn lock(folder: &Path) -> Result<File, Error> {
        make_folder(folder)?;
        let path = folder.join("migrate.lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io(&path))?;
        // Waiting blocks the thread, so not on one of the runtime's.
        let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
        waiting.await.map_err(|error| io(&path)(std::io::Error::other(error)))?.map_err(io(&path))
    }

    /// Returns how to connect to the control database, whose file is made if it isn't there.
    pub(crate) fn control(&self) -> Result<SqliteConnectOptions, Error> {
        let options = control_file(&self.folder);
        make_file(options.get_filename())?;
        Ok(options)
    }

    /// Returns how to connect to the shared place.
    pub(crate) fn shared(&self) -> SqliteConnectOptions {
        options(&self.file(PlaceKind::Shared))
    }

    fn file(&self, kind: PlaceKind) -> PathBuf {
        match kind {
            PlaceKind::Shared | PlaceKind::Schema(_) => self.folder.join("shared.sqlite"),
            PlaceKind::Database(tenant) => tenant_file(&self.folder, tenant),
        }
    }

    /// Returns a file with all migrations, to be copied; it is made if it isn't there.
    async fn template(&self, migrations: &PlaceMigrations) -> Result<PathBuf, Error> {
        let folder = self.folder.join(TENANTS);
        let template = folder.join(format!(".template-{}", &migrations.target().chain[..16]));
        if template.exists() {
            return Ok(template);
        }
        // It has its name only when it is whole; a draft is nobody else's.
        let draft = folder.join(format!("{DRAFT}{}", uuid::Uuid::new_v4().simple()));
        make_file(&draft)?;
        let made = async {
            let mut connection = options(&draft).connect().await?;
            for migration in migrations.behind(None) {
                apply(&mut connection, migration).await?;
            }
            // Closing writes what is in the journal into the file.
            Ok::<(), Error>(connection.close().await?)
        };
        let renamed = match made.await {
            Ok(()) => fs::rename(&draft, &template).map_err(io(&template)),
            Err(error) => Err(error),
        };
        remove_database(&draft)?;
        renamed?;
        for entry in fs::read_dir(&folder).map_err(io(&folder))? {
            let old = entry.map_err(io(&folder))?.path();
            let is_template = old.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".template-"));
            if is_template && old != template {
                remove_database(&old)?;
            }
        }
        Ok(template)
    }
}

/// Returns how to connect to the control database of a folder.
pub(crate) fn control_file(folder: &Path) -> SqliteConnectOptions {
    options(&folder.join("control.sqlite"))
}

/// Returns the file of a tenant's own place.
pub(crate) fn tenant_file(folder: &Path, tenant: TenantId) -> PathBuf {
    folder.join(TENANTS).join(format!("{}.sqlite", tenant.as_uuid().simple()))
}

/// Returns how to connect to a file that is there: one that is gone is not made anew, empty.
pub(crate) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
}

#[async_trait]
impl Server for SqliteServer {
    fn check(&self, isolation: Isolation) -> Result<(), Error> {
        match isolation {
            Isolation::Shared | Isolation::Database => Ok(()),
            other => Err(Error::Config(format!(
                "isolation {other} is not available on SQLite, which has no schemas; use shared or database"
            ))),
        }
    }

    fn worker(&self) -> Box<dyn Worker> {
        Box::new(SqliteWorker { server: self.clone(), at: None })
    }

    async fn examine(&self, places: &[Place], main: bool) -> Result<Vec<(String, Vec<Finding>)>, Error> {
        let in_places = &[TableKind::Tenant, TableKind::Reference][..];
        let own = places.iter().filter(|place| place.kind != PlaceKind::Shared).map(|place| place.kind);
        let kinds = std::iter::once(PlaceKind::Shared).chain(own);
        let mut files: Vec<_> = kinds.map(|kind| (self.file(kind), in_places)).collect();
        if main {
            files.insert(0, (control_file(&self.folder).get_filename().to_owned(), &[TableKind::Control][..]));
        }
        let mut all = Vec::new();
        for (file, kinds) in files {
            let mut connection = options(&file).connect().await?;
            let internal_tables = &["nadia_applied", "_nadia_migrations", "_control_migrations"];
            let expected = ExpectedFile { catalog: &self.catalog, kinds, internal_tables, path: Some(&file) };
            let findings = examine_sqlite(&mut connection, &expected).await?;
            connection.close().await?;
            all.push((file.display().to_string(), findings));
        }
        Ok(all)
    }

    async fn remove(&self, place: &Place) -> Result<(), Error> {
        let file = self.file(place.kind);
        if place.tenant().is_none() {
            return Ok(());
        }
        if file.exists() {
            match empty(&file).await {
                // A writer has it; whatever else is wrong with the file ends with it.
                Err(error) if is_busy(&error) => return Err(error),
                _ => {}
            }
        }
        remove_database(&file)
    }

    async fn delete_rows(&self, tenant: TenantId) -> Result<bool, Error> {
        // What is deleted is written over, and not left in the file for a while.
        let mut connection = self.shared().pragma("secure_delete", "ON").connect().await?;
        let mut deleted = 0;
        // Tables made later refer to earlier ones, as a rule; the checks wait for the end of each batch.
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::raw_sql("PRAGMA defer_foreign_keys = ON").execute(&mut *tx).await?;
        for table in self.catalog.tables().collect::<Vec<_>>().into_iter().rev() {
            let Some(column) = table.tenant_column() else { continue };
            let (name, column) = (ident(table.name()), ident(column));
            // A table without a row id has a key.
            let key: Vec<_> = table.primary_key().iter().map(|column| ident(column)).collect();
            let key = if key.is_empty() { "rowid".to_owned() } else { key.join(", ") };
            let delete = format!(
                "DELETE FROM {name} WHERE ({key}) IN (SELECT {key} FROM {name} WHERE {column} = ?1 LIMIT {DELETE_BATCH})"
            );
            let batch = sqlx::query(AssertSqlSafe(delete)).bind(tenant.as_uuid()).execute(&mut *tx).await?;
            deleted += batch.rows_affected();
            if batch.rows_affected() == DELETE_BATCH.unsigned_abs() {
                break;
            }
        }
        tx.commit().await?;
        if deleted == 0 {
            // Nor in the journal beside it, unless somebody reads there now.
            run(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await?;
        }
        connection.close().await?;
        Ok(deleted > 0)
    }
}

/// Makes and migrates the files of one folder, one after the other.
struct SqliteWorker {
    server: SqliteServer,
    at: Option<(PlaceKind, SqliteConnection)>,
}

impl SqliteWorker {
    async fn connection(&mut self, place: &Place) -> Result<&mut SqliteConnection, Error> {
        if self.at.as_ref().is_none_or(|(at, _)| *at != place.kind) {
            if let Some((_, left)) = self.at.take() {
                left.close().await?;
            }
            let file = self.server.file(place.kind);
            self.at = Some((place.kind, options(&file).connect().await?));
        }
        let (_, connection) = self.at.as_mut().expect("it was just put there");
        Ok(connection)
    }
}

#[async_trait]
impl Worker for SqliteWorker {
    async fn make(&mut self, place: &Place, migrations: &PlaceMigrations) -> Result<(), Error> {
        self.server.check(place.isolation())?;
        let PlaceKind::Database(_) = place.kind else { return Ok(()) };
        let file = self.server.file(place.kind);
        if file.exists() {
            return Ok(());
        }
        let template = self.server.template(migrations).await?;
        // A copy that was cut short has another name. It gets its own only if nobody was faster, whose file may hold rows by
        // now: a link, unlike a new name, doesn't take the place of what is there.
        let draft = file.with_file_name(format!("{DRAFT}{}", uuid::Uuid::new_v4().simple()));
        let copied = tokio::task::spawn_blocking(move || {
            let linked = fs::copy(&template, &draft).and_then(|_| fs::hard_link(&draft, &file));
            let removed = fs::remove_file(&draft);
            match linked {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(io(&file)(error)),
                _ => removed.map_err(io(&draft)),
            }
        });
        copied.await.map_err(|error| io(&self.server.folder)(std::io::Error::other(error)))?
    }

    async fn verify(&mut self, _: &Place) -> Result<(), Error> {
        // The guard is the wall inside a file, and it stands in this process.
        Ok(())
    }

    async fn reach(&mut self, place: &Place) -> Result<(), Error> {
        self.connection(place).await.map(drop)
    }

    async fn applied(&mut self, place: &Place) -> Result<Vec<Applied>, Error> {
        let connection = self.connection(place).await?;
        let there = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'nadia_applied')";
        if !sqlx::query_scalar::<_, bool>(there).fetch_one(&mut *connection).await? {
            return Ok(Vec::new());
        }
        let query = "SELECT version, checksum FROM nadia_applied ORDER BY version";
        Ok(sqlx::query_as(query).fetch_all(connection).await?)
    }

    async fn apply(&mut self, place: &Place, migration: &PlaceMigration) -> Result<(), Error> {
        apply(self.connection(place).await?, migration).await
    }
}

async fn apply(connection: &mut SqliteConnection, migration: &PlaceMigration) -> Result<(), Error> {
    let note = format!(
        "CREATE TABLE IF NOT EXISTS nadia_applied (
             version integer PRIMARY KEY, description text NOT NULL, checksum text NOT NULL, applied_at text NOT NULL);
         INSERT INTO nadia_applied VALUES ({}, '{}', '{}', datetime('now'))",
        migration.version,
        migration.description.replace('\'', "''"),
        migration.checksum,
    );
    let body = &migration.whole;
    if !migration.transactional {
        run(connection, body.clone()).await?;
        return run(connection, note).await;
    }
    let sent = run(connection, format!("BEGIN IMMEDIATE; {note};\n{body}\n;\nCOMMIT")).await;
    if sent.is_err() {
        // SQLite may have rolled back on its own, in which case there is nothing left to roll back.
        let _ = run(connection, "ROLLBACK".to_owned()).await;
    }
    sent
}

async fn run(connection: &mut SqliteConnection, sql: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Drops all tables. Whoever has the file open, here or in another process, keeps it when its name is gone, and is to find
/// nothing in it.
async fn empty(file: &Path) -> Result<(), Error> {
    let mut connection = options(file).foreign_keys(false).connect().await?;
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Virtual tables first: they take the tables along that they are made of.
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                  ORDER BY sql NOT LIKE 'CREATE VIRTUAL%'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *tx).await?;
    for table in tables {
        run(&mut tx, format!("DROP TABLE IF EXISTS {}", ident(&table))).await?;
    }
    tx.commit().await?;
    Ok(connection.close().await?)
}

fn is_busy(error: &Error) -> bool {
    // The primary code is in the low byte of SQLite's extended ones; 5 is SQLITE_BUSY, 6 SQLITE_LOCKED.
    let code = |text: &str| text.parse::<i64>().is_ok_and(|code| matches!(code & 0xff, 5 | 6));
    matches!(error, Error::Sqlx(sqlx::Error::Database(error)) if error.code().is_some_and(|text| code(&text)))
}

/// Removes drafts that were left by somebody who was killed.
fn sweep(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let is_draft = entry.file_name().to_str().is_some_and(|name| name.starts_with(DRAFT));
        let age = || entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_draft && age().is_some_and(|age| age > STALE) {
            remove_database(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a database file and what SQLite keeps beside it.
fn remove_database(file: &Path) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(Path::new(&path))(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Makes an empty database file that its owner alone reads; SQLite gives the files beside it the same mode.
fn make_file(path: &Path) -> Result<(), Error> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(io(path))
}

/// Makes a folder that its owner alone reads, if it isn't there.
fn make_folder(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(io(folder))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.display().to_string();
    move |source| Error::Io { path, source }
}
