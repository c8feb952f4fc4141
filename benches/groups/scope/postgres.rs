//! The cases on PostgreSQL.

use std::path::Path;

use nadia_benches::{Cases, Error};
use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig, TenantDb};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{
    NOTES, Rows, limits, migrator,
    way::{Read, Way},
};

/// Which cases are measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    All,
    /// What others do costs the same however many tenants there are.
    Scopes,
}

pub(super) fn prepare(cases: &mut Cases, few: &Rows, many: &Rows) -> Result<(), Error> {
    let server = std::env::var("DATABASE_URL")?;
    let socket = cases.block_on(socket(&server))?;
    for (rows, name, cut) in [(few, "few", Cut::All), (many, "many", Cut::Scopes)] {
        let name = format!("bench_{name}_{}", std::process::id());
        let url = with_database(&server, &name)?;
        let tidy = drop_database(server.clone(), name.clone());
        cases.finally(tidy);
        cases.block_on(fill(&server, &url, &name, rows))?;
        add(cases, cut, rows, "postgres, tcp", &url, &name)?;
        if let Some(folder) = &socket {
            // Said again after the host, it is the one that counts.
            let separator = if url.contains('?') { '&' } else { '?' };
            add(cases, cut, rows, "postgres, socket", &format!("{url}{separator}host={folder}"), &name)?;
        }
    }
    Ok(())
}

/// Makes a database of this run's own, provisioned and filled.
async fn fill(server: &str, url: &str, name: &str, rows: &Rows) -> Result<(), Error> {
    let mut admin = PgConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await?;
    admin.close().await?;
    installation(url, name).await?.close().await;

    let mut superuser = PgConnection::connect(url).await?;
    let all: Vec<_> = rows.all().collect();
    for batch in all.chunks(50_000) {
        let (mut tenants, mut ids, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for (tenant, id, name) in batch {
            tenants.push(*tenant);
            ids.push(*id);
            names.push(name.as_str());
        }
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
    }
    sqlx::raw_sql("VACUUM ANALYZE patients").execute(&mut superuser).await?;
    Ok(superuser.close().await?)
}

fn add(cases: &mut Cases, cut: Cut, rows: &Rows, name: &str, url: &str, database: &str) -> Result<(), Error> {
    let options: PgConnectOptions = url.parse()?;
    // The role that row-level security binds, without its password.
    let bound = options.clone().options([("role", format!("nadia_app_{database}"))]);
    let tenant_db = |cases: &Cases| tenant_db(cases, url, database);
    let way = Way::<Postgres> { name, rows, options, begin: "BEGIN", tenant_db: &tenant_db };
    for read in Read::ALL {
        let floor = way.floor(cases, read)?;
        if cut == Cut::All {
            way.pool(cases, read, &floor);
            common_practice(cases, &way, read, &bound, &floor);
        }
        way.scopes(cases, read, &floor)?;
    }
    if cut == Cut::All { way.transactions(cases) } else { Ok(()) }
}

/// Adds the two ways in which services that trust row-level security set the tenant.
fn common_practice(cases: &mut Cases, way: &Way<'_, Postgres>, read: Read, bound: &PgConnectOptions, floor: &str) {
    let one = PgPoolOptions::new().max_connections(1);
    let (pool, mut patients) = (cases.block_on(async { one.connect_lazy_with(bound.clone()) }), way.rows.of(1));
    cases.add_async(way.case("peer", read, "pool, begin, set_config, commit"), floor, async move || {
        let (context, id) = patients.turn();
        let mut tx = pool.begin().await?;
        let set = sqlx::query("SELECT set_config('nadia.tenant_id', $1, true)");
        set.bind(context.tenant().id().to_string()).execute(&mut *tx).await?;
        Way::scoped(&mut *tx, read, *id).await?;
        Ok(tx.commit().await?)
    });

    let one = PgPoolOptions::new().max_connections(1).after_release(|connection, _| {
        Box::pin(async move {
            sqlx::query("RESET nadia.tenant_id").execute(connection).await?;
            Ok(true)
        })
    });
    let (pool, mut patients) = (cases.block_on(async { one.connect_lazy_with(bound.clone()) }), way.rows.of(1));
    cases.add_async(way.case("peer", read, "pool, set_config, reset"), floor, async move || {
        let (context, id) = patients.turn();
        let mut connection = pool.acquire().await?;
        let set = sqlx::query("SELECT set_config('nadia.tenant_id', $1, false)");
        set.bind(context.tenant().id().to_string()).execute(&mut *connection).await?;
        Way::scoped(&mut *connection, read, *id).await
    });
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

async fn drop_database(server: String, name: String) -> Result<(), Error> {
    let mut superuser = PgConnection::connect(&server).await?;
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut superuser).await?;
    // The installation's roles end with the suffix that it was given.
    let roles = sqlx::query_scalar("SELECT rolname::text FROM pg_roles WHERE rolname LIKE $1");
    let roles: Vec<String> = roles.bind(format!("nadia\\_%\\_{name}")).fetch_all(&mut superuser).await?;
    for role in roles {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP ROLE {role}"))).execute(&mut superuser).await?;
    }
    Ok(superuser.close().await?)
}
