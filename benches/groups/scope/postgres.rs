//! The cases on PostgreSQL.

use std::path::Path;

use nadia_benches::{Cases, Effort, Error};
use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig, TenantDb};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{NOTES, Rows, SCOPED, limits, migrator, way::Way};

pub(super) fn prepare(cases: &mut Cases, rows: &Rows) -> Result<(), Error> {
    let server = std::env::var("DATABASE_URL")?;
    let name = format!("bench_{}", std::process::id());
    let url = with_database(&server, &name)?;
    cases.block_on(fill(&server, &url, &name, rows))?;

    add(cases, rows, "postgres, tcp", &url, &name)?;
    if cases.effort() == Effort::Full
        && let Some(folder) = cases.block_on(socket(&server))?
    {
        // Said again after the host, it is the one that counts.
        let separator = if url.contains('?') { '&' } else { '?' };
        add(cases, rows, "postgres, socket", &format!("{url}{separator}host={folder}"), &name)?;
    }
    cases.finally(async move { drop_database(&server, &name).await });
    Ok(())
}

/// Makes a database of this run's own, provisioned and filled.
async fn fill(server: &str, url: &str, name: &str, rows: &Rows) -> Result<(), Error> {
    let mut admin = PgConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await?;
    admin.close().await?;
    installation(url, name).await?.close().await;

    let (mut tenants, mut ids, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (tenant, id, name) in rows.all() {
        tenants.push(tenant);
        ids.push(id);
        names.push(name);
    }
    let mut superuser = PgConnection::connect(url).await?;
    sqlx::query(
        "INSERT INTO patients (tenant_id, id, name, notes)
         SELECT tenant_id, id, name, $4 FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS t (tenant_id, id, name)",
    )
    .bind(tenants)
    .bind(ids)
    .bind(names)
    .bind(NOTES)
    .execute(&mut superuser)
    .await?;
    sqlx::raw_sql("VACUUM ANALYZE patients").execute(&mut superuser).await?;
    Ok(superuser.close().await?)
}

fn add(cases: &mut Cases, rows: &Rows, name: &str, url: &str, database: &str) -> Result<(), Error> {
    let options: PgConnectOptions = url.parse()?;
    // The role that row-level security binds, without its password.
    let bound = options.clone().options([("role", format!("nadia_app_{database}"))]);
    let tenant_db = |cases: &Cases| tenant_db(cases, url, database);
    let way = Way::<Postgres> { name, rows, options, begin: "BEGIN", tenant_db: &tenant_db };
    let floor = way.case("floor", "one connection");
    way.plain(cases, &floor)?;

    let one = PgPoolOptions::new().max_connections(1);
    let (pool, mut patients) = (cases.block_on(async { one.connect_lazy_with(bound) }), rows.of(1));
    cases.add_async(way.case("peer", "pool, begin, set_config, commit"), &floor, async move || {
        let (context, id) = patients.turn();
        let mut tx = pool.begin().await?;
        sqlx::query("SELECT set_config('nadia.tenant_id', $1, true)")
            .bind(context.tenant().id().to_string())
            .execute(&mut *tx)
            .await?;
        let row: (String,) = sqlx::query_as(SCOPED).bind(id).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(row)
    });
    way.scoped(cases, &floor)
}

fn tenant_db(cases: &Cases, url: &str, name: &str) -> Result<TenantDb<Postgres>, Error> {
    let installation = cases.block_on(installation(url, name))?;
    Ok(installation.postgres().ok_or("a PostgreSQL URL gives a PostgreSQL installation")?.clone())
}

async fn installation(url: &str, name: &str) -> Result<Installation, Error> {
    let url: DatabaseUrl = url.parse()?;
    let config = InstallationConfig::new(url, &migrator()).with_limits(limits()).with_role_suffix(name);
    Ok(Installation::provision(config).await?)
}

fn with_database(server: &str, name: &str) -> Result<String, Error> {
    let (before, query) = server.split_once('?').map_or((server, None), |(before, query)| (before, Some(query)));
    let (before, _) = before.rsplit_once('/').ok_or("DATABASE_URL names no database")?;
    Ok(query.map_or_else(|| format!("{before}/{name}"), |query| format!("{before}/{name}?{query}")))
}

/// Returns the folder of the server's Unix socket, if it is on this machine and this user gets at it.
async fn socket(server: &str) -> Result<Option<String>, Error> {
    let options: PgConnectOptions = server.parse()?;
    let mut superuser = options.connect().await?;
    let folders: String = sqlx::query_scalar("SHOW unix_socket_directories").fetch_one(&mut superuser).await?;
    superuser.close().await?;
    let folder = folders.split(',').next().unwrap_or_default().trim();
    if folder.is_empty() || !Path::new(folder).is_absolute() {
        return Ok(None);
    }
    let reached = options.socket(folder).connect().await;
    Ok(reached.is_ok().then(|| folder.to_owned()))
}

async fn drop_database(server: &str, name: &str) -> Result<(), Error> {
    let mut superuser = PgConnection::connect(server).await?;
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut superuser).await?;
    // The installation's roles end with the suffix that it was given.
    let roles = sqlx::query_scalar("SELECT rolname::text FROM pg_roles WHERE rolname LIKE $1");
    let roles: Vec<String> = roles.bind(format!("nadia\\_%\\_{name}")).fetch_all(&mut superuser).await?;
    for role in roles {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP ROLE {role}"))).execute(&mut superuser).await?;
    }
    Ok(superuser.close().await?)
}
