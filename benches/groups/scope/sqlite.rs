//! The cases on SQLite.

use std::path::Path;

use nadia_benches::{Cases, Error};
use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig, TenantDb};
use sqlx::{ConnectOptions, Connection, Sqlite, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use super::{
    NOTES, Rows, limits, migrator,
    way::{Read, Way},
};

pub(super) fn prepare(cases: &mut Cases, rows: &Rows) -> Result<(), Error> {
    let folder = TempDir::new()?;
    let path = folder.path().to_owned();
    let options = cases.block_on(fill(&path, rows))?;
    let tenant_db = |cases: &Cases| tenant_db(cases, &path);
    let way = Way::<Sqlite> { name: "sqlite", rows, options, begin: "BEGIN IMMEDIATE", tenant_db: &tenant_db };
    for read in Read::ALL {
        let floor = way.floor(cases, read)?;
        way.pool(cases, read, &floor);
        way.scopes(cases, read, &floor)?;
    }
    way.transactions(cases)?;
    cases.finally(async move { Ok(folder.close()?) });
    Ok(())
}

/// Provisions the files and fills them; returns how to open the tenants' rows without scopes.
async fn fill(folder: &Path, rows: &Rows) -> Result<SqliteConnectOptions, Error> {
    installation(folder).await?.close().await;
    // The journal's mode is the file's.
    let open = SqliteConnectOptions::new().filename(folder.join("shared.sqlite"));
    let mut connection = open.connect().await?;
    let mut tx = connection.begin().await?;
    for (tenant, id, name) in rows.all() {
        sqlx::query("INSERT INTO patients (tenant_id, id, name, notes) VALUES ($1, $2, $3, $4)")
            .bind(tenant)
            .bind(id)
            .bind(name)
            .bind(NOTES)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
    connection.close().await?;
    Ok(open)
}

fn tenant_db(cases: &Cases, folder: &Path) -> Result<TenantDb<Sqlite>, Error> {
    let installation = cases.block_on(installation(folder))?;
    Ok(installation.sqlite().ok_or("a SQLite URL gives a SQLite installation")?.clone())
}

async fn installation(folder: &Path) -> Result<Installation, Error> {
    let config = InstallationConfig::new(DatabaseUrl::sqlite(folder), &migrator()).with_limits(limits());
    Ok(Installation::provision(config).await?)
}
