//! A PostgreSQL database of a run's own, with an installation in it.

use nadia_benches::{Cases, Error};
use nadia_tenant_sqlx::{ConnectionLimits, Installation, InstallationConfig};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    postgres::PgConnectOptions,
};

/// A database that is dropped when its group was measured, with the roles and tenants' databases that came with it.
#[derive(Clone, Debug)]
pub(super) struct Database {
    url: String,
    name: String,
}

impl Database {
    /// Makes a database whose name holds `theme`.
    pub(super) fn make(cases: &mut Cases, theme: &str) -> Result<Self, Error> {
        let server = std::env::var("DATABASE_URL")?;
        let name = format!("bench_{theme}_{}", std::process::id());
        let (before, query) = server.split_once('?').map_or((&*server, None), |(before, query)| (before, Some(query)));
        let (before, _) = before.rsplit_once('/').ok_or("DATABASE_URL names no database")?;
        let url = query.map_or_else(|| format!("{before}/{name}"), |query| format!("{before}/{name}?{query}"));
        cases.finally(remove(server.clone(), name.clone()));
        cases.block_on(async {
            let mut superuser = PgConnection::connect(&server).await?;
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut superuser).await?;
            Ok::<_, Error>(superuser.close().await?)
        })?;
        Ok(Self { url, name })
    }

    /// Provisions an installation in it, or opens the one that stands.
    pub(super) async fn installation(
        &self,
        migrator: &Migrator,
        limits: ConnectionLimits,
    ) -> Result<Installation, Error> {
        let config = InstallationConfig::new(self.url.parse()?, migrator).with_limits(limits);
        Ok(Installation::provision(config.with_role_suffix(&self.name)).await?)
    }

    /// Connects as the superuser.
    pub(super) async fn connect(&self) -> Result<PgConnection, Error> {
        Ok(PgConnection::connect(&self.url).await?)
    }

    /// Returns how the superuser connects.
    pub(super) fn options(&self) -> Result<PgConnectOptions, Error> {
        Ok(self.url.parse()?)
    }

    /// Returns the superuser's URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the role that serves tenants.
    pub(super) fn app(&self) -> String {
        format!("nadia_app_{}", self.name)
    }
}

/// Makes migrations of these texts, numbered from 1.
pub(super) fn migrator(texts: impl IntoIterator<Item = String>) -> Migrator {
    let migrations = texts.into_iter().zip(1..).map(|(text, version)| {
        let sql = AssertSqlSafe(text).into_sql_str();
        Migration::new(version, "bench".into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

async fn remove(server: String, name: String) -> Result<(), Error> {
    let mut superuser = PgConnection::connect(&server).await?;
    // Tenants' databases and their template are known by the rights of the installation's roles.
    let databases = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE datname = $1 OR datname LIKE $1 || '\\_%' OR EXISTS (
             SELECT FROM aclexplode(datacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = 'nadia_app_' || $1)
         ORDER BY datname",
    );
    let databases: Vec<String> = databases.bind(&name).fetch_all(&mut superuser).await?;
    for database in databases {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {database} WITH (FORCE)"))).execute(&mut superuser).await?;
    }
    let roles = sqlx::query_scalar("SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'nadia\\_%\\_' || $1");
    let roles: Vec<String> = roles.bind(&name).fetch_all(&mut superuser).await?;
    for role in roles {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP ROLE {role}"))).execute(&mut superuser).await?;
    }
    Ok(superuser.close().await?)
}

/// Runs statements in one message.
pub(super) async fn run(connection: &mut PgConnection, sql: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
