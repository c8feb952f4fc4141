//! The cases on SQLite.

use std::path::Path;

use nadia_benches::{Cases, Error};
use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig, TenantDb};
use sqlx::{
    ConnectOptions, Connection, Sqlite,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tempfile::TempDir;
use uuid::Uuid;

use super::{EXPLICIT, EXPLICIT_PAGE, NOTES, Rows, SCOPED, SCOPED_PAGE, limits, migrator};

pub(super) fn prepare(cases: &mut Cases, rows: &Rows) -> Result<(), Error> {
    let folder = TempDir::new()?;
    let path = folder.path().to_owned();
    let open = cases.block_on(fill(&path, rows))?;
    let size = rows.size();
    let floor = format!("floor: sqlite, one connection, {size}");

    let (mut connection, mut patients) = (cases.block_on(open.connect())?, rows.of(1));
    cases.add_async(&floor, &floor, async move || {
        let (context, id) = patients.turn();
        let tenant = context.tenant().id().as_uuid();
        Ok(sqlx::query_as::<_, (String,)>(EXPLICIT).bind(tenant).bind(id).fetch_one(&mut connection).await?)
    });
    let options = SqlitePoolOptions::new().max_connections(1);
    let (pool, mut patients) = (cases.block_on(options.connect_with(open.clone()))?, rows.of(1));
    cases.add_async(format!("peer: sqlite, pool, {size}"), &floor, async move || {
        let (context, id) = patients.turn();
        let tenant = context.tenant().id().as_uuid();
        Ok(sqlx::query_as::<_, (String,)>(EXPLICIT).bind(tenant).bind(id).fetch_one(&pool).await?)
    });
    for (what, tenants) in [("same tenant", 1), ("other tenant", 2)] {
        let (db, mut patients) = (tenant_db(cases, &path)?, rows.of(tenants));
        cases.add_async(format!("nadia: sqlite, scope, {what}, {size}"), &floor, async move || {
            let (context, id) = patients.turn();
            let mut scope = db.conn(context).await?;
            Ok(sqlx::query_as::<_, (String,)>(SCOPED).bind(id).fetch_one(&mut scope).await?)
        });
    }
    transactions(cases, rows, &open, tenant_db(cases, &path)?)?;
    pages(cases, rows, &open, tenant_db(cases, &path)?)?;
    cases.finally(async move { Ok(folder.close()?) });
    Ok(())
}

fn transactions(
    cases: &mut Cases,
    rows: &Rows,
    open: &SqliteConnectOptions,
    db: TenantDb<Sqlite>,
) -> Result<(), Error> {
    let size = rows.size();
    let floor = format!("floor: sqlite, transaction, {size}");
    let (mut connection, mut patients) = (cases.block_on(open.connect())?, rows.of(1));
    cases.add_async(&floor, &floor, async move || {
        let (context, id) = patients.turn();
        let tenant = context.tenant().id().as_uuid();
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let row: (String,) = sqlx::query_as(EXPLICIT).bind(tenant).bind(id).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(row)
    });
    let mut patients = rows.of(1);
    cases.add_async(format!("nadia: sqlite, transaction, same tenant, {size}"), &floor, async move || {
        let (context, id) = patients.turn();
        let mut tx = db.begin(context).await?;
        let row: (String,) = sqlx::query_as(SCOPED).bind(id).fetch_one(&mut tx).await?;
        tx.commit().await?;
        Ok(row)
    });
    Ok(())
}

fn pages(cases: &mut Cases, rows: &Rows, open: &SqliteConnectOptions, db: TenantDb<Sqlite>) -> Result<(), Error> {
    let size = rows.size();
    let floor = format!("floor: sqlite, page, one connection, {size}");
    let (mut connection, mut patients) = (cases.block_on(open.connect())?, rows.of(1));
    cases.add_async(&floor, &floor, async move || {
        let tenant = patients.turn().0.tenant().id().as_uuid();
        Ok(sqlx::query_as::<_, (Uuid, String)>(EXPLICIT_PAGE).bind(tenant).fetch_all(&mut connection).await?)
    });
    let mut patients = rows.of(1);
    cases.add_async(format!("nadia: sqlite, page, scope, same tenant, {size}"), &floor, async move || {
        let mut scope = db.conn(&patients.turn().0).await?;
        Ok(sqlx::query_as::<_, (Uuid, String)>(SCOPED_PAGE).fetch_all(&mut scope).await?)
    });
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
