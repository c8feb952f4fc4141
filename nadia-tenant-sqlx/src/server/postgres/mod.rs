//! A PostgreSQL server with tenants' places on it.

mod database;
mod examine;
mod probe;
mod rls;
mod roles;
mod rows;
mod serving;
mod worker;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use nadia_tenant_core::{Isolation, TenantId};
use sqlx::{ConnectOptions, Connection, PgConnection, Postgres, postgres::PgConnectOptions};

use self::{
    rls::Shapes,
    roles::{CONTROL_SCHEMA, LEDGER_SCHEMA, PLACE_SCHEMA, Passwords, Roles, ident, run},
    worker::PostgresWorker,
};
pub(crate) use self::{
    roles::database_name,
    serving::{Pooler, Serving},
};
use super::{Place, PlaceKind, Server, Worker};
use crate::{
    Catalog, Error, Finding, TableKind,
    backend::{Engine, TxAccess},
    schema::{CONTROL_PATH, PLACE_PATH, schema_name},
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
#[derive(Clone, Debug)]
pub(crate) struct PostgresServer {
    privileged: PgConnectOptions,
    database: String,
    roles: Roles,
    catalog: Catalog,
    // How this server words the policies' conditions.
    shapes: Shapes,
    serving: Serving,
}

impl PostgresServer {
    /// Makes the roles and schemas that are missing.
    pub(crate) async fn prepare(
        privileged: &PgConnectOptions,
        pooler: Option<Pooler<'_>>,
        role_suffix: Option<&str>,
        catalog: Catalog,
    ) -> Result<Self, Error> {
        let (mut admin, database, roles) = Found::look(privileged, role_suffix).await?;
        let passwords = roles.ensure(&mut admin).await?;
        roles.lay_out(&mut admin, &database).await?;
        Self::of(privileged, pooler, Found { admin, database, roles, passwords }, catalog).await
    }

    /// Takes up what was made before, without making anything. `None` if there is nothing.
    pub(crate) async fn open(
        privileged: &PgConnectOptions,
        pooler: Option<Pooler<'_>>,
        role_suffix: Option<&str>,
        catalog: Catalog,
    ) -> Result<Option<Self>, Error> {
        match Found::at(privileged, role_suffix).await? {
            Some(found) => Self::of(privileged, pooler, found, catalog).await.map(Some),
            None => Ok(None),
        }
    }

    async fn of(
        privileged: &PgConnectOptions,
        pooler: Option<Pooler<'_>>,
        found: Found,
        catalog: Catalog,
    ) -> Result<Self, Error> {
        let serving = found.serving(privileged, pooler);
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
        pooler: Option<Pooler<'_>>,
        role_suffix: Option<&str>,
    ) -> Result<Option<(PgConnection, Serving)>, Error> {
        let Some(mut found) = Found::at(privileged, role_suffix).await? else { return Ok(None) };
        run(&mut found.admin, format!("SET search_path = {CONTROL_PATH}")).await?;
        let serving = found.serving(privileged, pooler);
        Ok(Some((found.admin, serving)))
    }

    /// Holds other provisioning of this installation back until the connection closes, whichever way it does.
    pub(crate) async fn lock(privileged: &PgConnectOptions) -> Result<PgConnection, Error> {
        let mut connection = privileged.connect().await?;
        // On a session that others get, the lock would stay when this connection closes.
        probe::expect_session(&mut connection, privileged).await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut connection).await?;
        Ok(connection)
    }

    /// Connects as the owner, to where control tables are made.
    pub(crate) async fn control(&self) -> Result<PgConnection, Error> {
        let mut connection = self.owner(None).await?;
        run(&mut connection, format!("SET search_path = {CONTROL_PATH}")).await?;
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

    /// Checks that the walls of the shared place stand, or those of a database that is laid out like it.
    pub(crate) async fn verify_shared(&self, database: Option<&str>) -> Result<(), Error> {
        // As the role that serves, and the way that it does, so that what is checked is what will happen; in a transaction,
        // so that all of it is one session's.
        let mut app = self.serving.app(database).await?;
        let mut tx = app.begin_with(Postgres::begin_bound(TxAccess::Read, None, PLACE_PATH)).await?;
        let user: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut *tx).await?;
        if user != self.roles.app {
            return Err(Error::Wall(format!(
                "the serving connection is role {user:?} instead of {:?}",
                self.roles.app
            )));
        }
        rls::verify(&mut tx, PLACE_SCHEMA, &self.catalog, &self.shapes, &self.roles.app).await?;
        tx.rollback().await?;
        Ok(app.close().await?)
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
    async fn look(
        privileged: &PgConnectOptions,
        role_suffix: Option<&str>,
    ) -> Result<(PgConnection, String, Roles), Error> {
        // It sets passwords, whose statements are nothing for a log.
        let mut admin = privileged.clone().disable_statement_logging().connect().await?;
        probe::expect_session(&mut admin, privileged).await?;
        let database: String = sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut admin).await?;
        let roles = Roles::of(role_suffix.unwrap_or(&database));
        Ok((admin, database, roles))
    }

    async fn at(privileged: &PgConnectOptions, role_suffix: Option<&str>) -> Result<Option<Self>, Error> {
        let (mut admin, database, roles) = Self::look(privileged, role_suffix).await?;
        let passwords = roles.passwords(&mut admin).await?;
        Ok(passwords.map(|passwords| Self { admin, database, roles, passwords }))
    }

    fn serving(&self, privileged: &PgConnectOptions, pooler: Option<Pooler<'_>>) -> Serving {
        Serving::new(privileged, pooler, &self.database, &self.roles, &self.passwords)
    }
}

async fn act_as_owner(connection: &mut PgConnection, roles: &Roles) -> Result<(), Error> {
    run(connection, format!("SET ROLE {}; SET nadia.migrating = 'on'", ident(&roles.owner))).await
}

#[async_trait]
impl Server for PostgresServer {
    fn check(&self, _: Isolation) -> Result<(), Error> {
        Ok(())
    }

    fn worker(&self) -> Box<dyn Worker> {
        Box::new(PostgresWorker::new(self.clone()))
    }

    async fn examine(&self, places: &[Place], main: bool) -> Result<Vec<(String, Vec<Finding>)>, Error> {
        self.examine_all(places, main).await
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
