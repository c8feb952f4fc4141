//! A PostgreSQL server with tenants' places on it.

mod database;
mod rls;
mod roles;
mod rows;
mod worker;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use nadia_tenant_core::{Isolation, TenantId};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

pub(crate) use self::roles::database_name;
use self::{
    rls::Shapes,
    roles::{CONTROL_SCHEMA, LEDGER_SCHEMA, PLACE_SCHEMA, Passwords, Roles, ident, run},
    worker::PostgresWorker,
};
use super::{Place, PlaceKind, Server, Worker};
use crate::{
    Catalog, Error, TableKind,
    migrate::PlaceMigrations,
    schema::{REFERENCE_SCHEMA, schema_name},
};

/// The advisory lock of provisioning, one per database: "nadia" in ASCII.
const LOCK: i64 = 0x6e_61_64_69_61;
/// How many tables of a schema are dropped in a transaction, and so how many locks one takes at a time: each table brings
/// its indexes, constraints and sequences, and PostgreSQL's lock table is made for 64 by default.
const DROP_BATCH: i64 = 16;
/// How long a lock is waited for at a time, when others wait behind.
const LOCK_TURN: Duration = Duration::from_millis(100);
/// How long a lock is asked for until the removal fails; it can be taken up again.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// A PostgreSQL server, by a user who may make roles, schemas and databases there.
#[derive(Debug)]
pub(crate) struct PostgresServer {
    privileged: PgConnectOptions,
    database: String,
    roles: Roles,
    catalog: Catalog,
    // How this server words the policies' conditions.
    shapes: Shapes,
    serving: Serving,
}

/// How the serving roles connect.
#[derive(Clone)]
pub(crate) struct Serving {
    /// To the shared place.
    pub(crate) shared: PgConnectOptions,
    /// To the database in which tenants have schemas; the search path comes with the tenant.
    pub(crate) schemas: PgConnectOptions,
    /// To the control database.
    pub(crate) control: PgConnectOptions,
    /// To the shared place, for reads over all tenants.
    pub(crate) report: PgConnectOptions,
    /// To the database in which tenants have schemas, for reads over all tenants.
    pub(crate) report_schemas: PgConnectOptions,
}

impl PostgresServer {
    /// Makes the roles and schemas that are missing.
    pub(crate) async fn prepare(
        privileged: &PgConnectOptions,
        role_suffix: Option<&str>,
        catalog: Catalog,
    ) -> Result<Self, Error> {
        let mut admin = privileged.connect().await?;
        let database: String = sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut admin).await?;
        let roles = Roles::of(role_suffix.unwrap_or(&database));
        let passwords = roles.ensure(&mut admin).await?;
        roles.lay_out(&mut admin, &database).await?;
        let found = Found { admin, database, roles, passwords };
        Self::of(privileged, found, catalog).await
    }

    /// Takes up what was made before, without making anything. `None` if there is nothing.
    pub(crate) async fn open(
        privileged: &PgConnectOptions,
        role_suffix: Option<&str>,
        catalog: Catalog,
    ) -> Result<Option<Self>, Error> {
        match Found::at(privileged, role_suffix).await? {
            Some(found) => Self::of(privileged, found, catalog).await.map(Some),
            None => Ok(None),
        }
    }

    async fn of(privileged: &PgConnectOptions, found: Found, catalog: Catalog) -> Result<Self, Error> {
        let serving = found.serving(privileged);
        let Found { mut admin, database, roles, .. } = found;
        act_as_owner(&mut admin, &roles).await?;
        let shapes = rls::shapes(&mut admin, &catalog).await?;
        admin.close().await?;
        Ok(Self { privileged: privileged.clone(), database, roles, catalog, shapes, serving })
    }

    /// Returns how the serving roles connect.
    pub(crate) const fn serving(&self) -> &Serving {
        &self.serving
    }

    /// Finds what was made before, without making anything: a connection that sees the control tables, and how the serving
    /// roles connect. `None` if there is nothing.
    pub(crate) async fn find(
        privileged: &PgConnectOptions,
        role_suffix: Option<&str>,
    ) -> Result<Option<(PgConnection, Serving)>, Error> {
        let Some(mut found) = Found::at(privileged, role_suffix).await? else { return Ok(None) };
        run(&mut found.admin, format!("SET search_path = {CONTROL_SCHEMA}, pg_temp")).await?;
        let serving = found.serving(privileged);
        Ok(Some((found.admin, serving)))
    }

    /// Holds other provisioning of this installation back until the connection closes, whichever way it does.
    pub(crate) async fn lock(privileged: &PgConnectOptions) -> Result<PgConnection, Error> {
        let mut connection = privileged.connect().await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut connection).await?;
        Ok(connection)
    }

    /// Connects as the owner, to where control tables are made.
    pub(crate) async fn control(&self) -> Result<PgConnection, Error> {
        let mut connection = self.owner(None).await?;
        run(&mut connection, format!("SET search_path = {CONTROL_SCHEMA}, pg_temp")).await?;
        Ok(connection)
    }

    /// Gives the control tables to the role that serves them.
    pub(crate) async fn grant_control(&self, owner: &mut PgConnection) -> Result<(), Error> {
        let control = ident(&self.roles.control);
        for table in self.catalog.tables().filter(|table| table.kind() == TableKind::Control) {
            let name = format!("{CONTROL_SCHEMA}.{}", ident(table.name()));
            run(owner, format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {control}")).await?;
        }
        Ok(())
    }

    /// Puts the policies of the shared place right that are not as they should be.
    pub(crate) async fn mend(&self) -> Result<(), Error> {
        let mut owner = self.owner(None).await?;
        rls::mend(&mut owner, &self.catalog, &self.roles).await?;
        Ok(owner.close().await?)
    }

    /// Connects as the owner, who migrates, to the base database or to another one.
    async fn owner(&self, database: Option<&str>) -> Result<PgConnection, Error> {
        let mut connection = self.admin(database).await?;
        act_as_owner(&mut connection, &self.roles).await?;
        Ok(connection)
    }

    async fn admin(&self, database: Option<&str>) -> Result<PgConnection, Error> {
        let options = self.privileged.clone();
        Ok(database.map_or_else(|| options.clone(), |name| options.clone().database(name)).connect().await?)
    }

    async fn remove_schema(&self, tenant: TenantId) -> Result<(), Error> {
        let schema = schema_name(tenant);
        let mut admin = self.admin(None).await?;
        run(&mut admin, format!("SET lock_timeout = {}", LOCK_TURN.as_millis())).await?;
        loop {
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') ORDER BY c.relname LIMIT $2",
            )
            .bind(&schema)
            .bind(DROP_BATCH)
            .fetch_all(&mut admin)
            .await?;
            if tables.is_empty() {
                break;
            }
            let names: Vec<_> = tables.iter().map(|table| format!("{}.{}", ident(&schema), ident(table))).collect();
            patiently(&mut admin, format!("DROP TABLE {} CASCADE", names.join(", "))).await?;
        }
        let forget = format!("DELETE FROM {LEDGER_SCHEMA}.applied WHERE place = '{}'", tenant.as_uuid());
        patiently(&mut admin, format!("DROP SCHEMA IF EXISTS {} CASCADE; {forget}", ident(&schema))).await?;
        Ok(admin.close().await?)
    }
}

/// Runs a statement whose locks others may hold, on a connection that waits for a lock only for a turn.
///
/// A table that refers to a reference table takes a lock on that one, too, when it is dropped. While such a lock is waited
/// for, all tenants wait behind it; so it is given up soon, and asked for again.
async fn patiently(connection: &mut PgConnection, sql: String) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match run(connection, sql.clone()).await {
            Err(Error::Sqlx(sqlx::Error::Database(error)))
                if error.code().as_deref() == Some("55P03") && begun.elapsed() < LOCK_PATIENCE => {}
            outcome => return outcome,
        }
        tokio::time::sleep(LOCK_TURN).await;
    }
}

/// What stands on a server: a privileged connection, and the roles with their passwords.
struct Found {
    admin: PgConnection,
    database: String,
    roles: Roles,
    passwords: Passwords,
}

impl Found {
    async fn at(privileged: &PgConnectOptions, role_suffix: Option<&str>) -> Result<Option<Self>, Error> {
        let mut admin = privileged.connect().await?;
        let database: String = sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut admin).await?;
        let roles = Roles::of(role_suffix.unwrap_or(&database));
        let passwords = roles.passwords(&mut admin).await?;
        Ok(passwords.map(|passwords| Self { admin, database, roles, passwords }))
    }

    fn serving(&self, privileged: &PgConnectOptions) -> Serving {
        Serving::new(privileged, &self.roles, &self.passwords)
    }
}

async fn act_as_owner(connection: &mut PgConnection, roles: &Roles) -> Result<(), Error> {
    run(connection, format!("SET ROLE {}; SET nadia.migrating = 'on'", ident(&roles.owner))).await
}

impl Serving {
    fn new(privileged: &PgConnectOptions, roles: &Roles, passwords: &Passwords) -> Self {
        let role = |role: &str, password: &str, path: &str| {
            let options = privileged.clone().username(role).password(password).application_name("nadia");
            // `pg_temp` last: named nowhere, it would come first, and a temporary table could stand in for a real one.
            options.options([("search_path", format!("{path},pg_temp"))])
        };
        let report = |path: &str| {
            role(&roles.report, &passwords.report, path).options([("default_transaction_read_only", "on")])
        };
        let shared = format!("{PLACE_SCHEMA},{REFERENCE_SCHEMA}");
        Self {
            shared: role(&roles.app, &passwords.app, &shared),
            schemas: role(&roles.app, &passwords.app, REFERENCE_SCHEMA),
            control: role(&roles.control, &passwords.control, CONTROL_SCHEMA),
            report: report(&shared),
            report_schemas: report(REFERENCE_SCHEMA),
        }
    }
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The options hold passwords.
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

#[async_trait]
impl Server for PostgresServer {
    fn check(&self, _: Isolation) -> Result<(), Error> {
        Ok(())
    }

    async fn make(&self, place: &Place, migrations: &PlaceMigrations) -> Result<(), Error> {
        match place.kind {
            PlaceKind::Shared => Ok(()),
            PlaceKind::Schema(tenant) => {
                let (schema, roles) = (ident(&schema_name(tenant)), &self.roles);
                let (owner, app, report) = (ident(&roles.owner), ident(&roles.app), ident(&roles.report));
                let mut admin = self.admin(None).await?;
                run(
                    &mut admin,
                    format!(
                        "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner};
                         GRANT USAGE ON SCHEMA {schema} TO {app}, {report}"
                    ),
                )
                .await?;
                Ok(admin.close().await?)
            }
            PlaceKind::Database(tenant) => self.make_database(tenant, migrations).await,
        }
    }

    async fn worker(&self) -> Result<Box<dyn Worker>, Error> {
        Ok(Box::new(PostgresWorker::new(self.owner(None).await?, self.privileged.clone(), self.roles.clone())))
    }

    async fn verify(&self, place: &Place) -> Result<(), Error> {
        let (options, schema) = match place.kind {
            PlaceKind::Shared => (self.serving.shared.clone(), PLACE_SCHEMA.to_owned()),
            PlaceKind::Schema(tenant) => (self.serving.schemas.clone(), schema_name(tenant)),
            PlaceKind::Database(tenant) => {
                (self.serving.shared.clone().database(&database_name(tenant)), PLACE_SCHEMA.to_owned())
            }
        };
        // As the role that serves, so that what is checked is what will happen.
        let mut app = options.connect().await?;
        rls::verify_role(&mut app).await?;
        rls::verify(&mut app, &schema, &self.catalog, &self.shapes, &self.roles.app).await?;
        Ok(app.close().await?)
    }

    async fn remove(&self, place: &Place) -> Result<(), Error> {
        match place.kind {
            PlaceKind::Shared => Ok(()),
            PlaceKind::Schema(tenant) => self.remove_schema(tenant).await,
            PlaceKind::Database(tenant) => self.remove_database(tenant).await,
        }
    }

    async fn delete_rows(&self, tenant: TenantId) -> Result<bool, Error> {
        let mut owner = self.owner(None).await?;
        let open = rows::open_transactions(&mut owner, &self.roles.app).await?;
        let mut left = rows::delete(&mut owner, &self.catalog, tenant).await?;
        if !left && !open.is_empty() {
            // One that was open may have written rows that nobody else saw.
            rows::wait_for(&mut owner, open).await?;
            left = rows::delete(&mut owner, &self.catalog, tenant).await?;
        }
        owner.close().await?;
        Ok(left)
    }
}
