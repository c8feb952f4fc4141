use async_trait::async_trait;
use nadia_tenant_core::TenantId;
use sqlx::{Connection as _, PgConnection};

use super::{
    PostgresServer, act_as_owner,
    rls::{self, Tables, protect},
    roles::{LEDGER_SCHEMA, PLACE_SCHEMA, Roles, database_name, ident, literal, run},
};
use crate::{
    Error,
    migrate::{PlaceMigration, PlaceMigrations},
    schema::{REFERENCE_SCHEMA, schema_name},
    server::{Applied, Place, PlaceKind, Worker},
};

/// Makes places of one server as the privileged user, and migrates them as the owner, on one connection to the base
/// database and one to the tenant's database that it is at.
pub(super) struct PostgresWorker {
    server: PostgresServer,
    base: Option<(Rights, PgConnection)>,
    at: Option<(String, PgConnection)>,
}

/// As whom statements run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    Privileged,
    Owner,
}

impl PostgresWorker {
    pub(super) fn new(server: PostgresServer) -> Self {
        Self { server, base: None, at: None }
    }

    async fn connection(&mut self, place: &Place) -> Result<&mut PgConnection, Error> {
        match place.kind {
            PlaceKind::Shared | PlaceKind::Schema(_) => self.base(Rights::Owner).await,
            PlaceKind::Database(tenant) => self.database(database_name(tenant)).await,
        }
    }

    async fn base(&mut self, wanted: Rights) -> Result<&mut PgConnection, Error> {
        let found = match self.base.take() {
            Some(found) => found,
            None => (Rights::Privileged, self.server.admin(None).await?),
        };
        let (rights, mut connection) = found;
        match wanted {
            _ if rights == wanted => {}
            Rights::Owner => act_as_owner(&mut connection, &self.server.roles).await?,
            Rights::Privileged => run(&mut connection, "RESET ROLE; RESET nadia.migrating".to_owned()).await?,
        }
        let (_, connection) = self.base.insert((wanted, connection));
        Ok(connection)
    }

    async fn make_schema(&mut self, tenant: TenantId) -> Result<(), Error> {
        let (schema, roles) = (ident(&schema_name(tenant)), &self.server.roles);
        let (owner, app, report) = (ident(&roles.owner), ident(&roles.app), ident(&roles.report));
        let sql = format!(
            "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner};
             GRANT USAGE ON SCHEMA {schema} TO {app}, {report}"
        );
        run(self.base(Rights::Privileged).await?, sql).await
    }

    async fn database(&mut self, name: String) -> Result<&mut PgConnection, Error> {
        if self.at.as_ref().is_none_or(|(at, _)| *at != name) {
            if let Some((_, left)) = self.at.take() {
                left.close().await?;
            }
            let connection = self.server.owner(Some(&name)).await?;
            self.at = Some((name, connection));
        }
        let (_, connection) = self.at.as_mut().expect("it was just put there");
        Ok(connection)
    }
}

#[async_trait]
impl Worker for PostgresWorker {
    async fn make(&mut self, place: &Place, migrations: &PlaceMigrations) -> Result<(), Error> {
        match place.kind {
            PlaceKind::Shared => Ok(()),
            PlaceKind::Schema(tenant) => self.make_schema(tenant).await,
            PlaceKind::Database(tenant) => {
                let server = self.server.clone();
                server.make_database(self.base(Rights::Privileged).await?, tenant, migrations).await
            }
        }
    }

    async fn verify(&mut self, place: &Place) -> Result<(), Error> {
        match place.kind {
            PlaceKind::Shared => self.server.verify_shared(None).await,
            PlaceKind::Schema(tenant) => {
                // The role is the one that serves the shared place of this database, and was checked as itself.
                let PostgresServer { catalog, shapes, roles, .. } = self.server.clone();
                rls::verify(self.base(Rights::Owner).await?, &schema_name(tenant), &catalog, &shapes, &roles.app).await
            }
            PlaceKind::Database(tenant) => self.server.verify_shared(Some(&database_name(tenant))).await,
        }
    }

    async fn reach(&mut self, place: &Place) -> Result<(), Error> {
        self.connection(place).await.map(drop)
    }

    async fn applied(&mut self, place: &Place) -> Result<Vec<Applied>, Error> {
        let id = place.local_id();
        let query = "SELECT version, checksum FROM nadia_ledger.applied WHERE place = $1 ORDER BY version";
        Ok(sqlx::query_as(query).bind(id).fetch_all(self.connection(place).await?).await?)
    }

    async fn apply(&mut self, place: &Place, migration: &PlaceMigration) -> Result<(), Error> {
        let id = place.local_id();
        let script = Script::new(place, migration, &self.server.roles, &id.to_string());
        let connection = self.connection(place).await?;
        script.run(connection, migration.transactional).await
    }
}

/// Applies all migrations to a database that is laid out as a shared place is.
pub(super) async fn fill(
    owner: &mut PgConnection,
    place: &Place,
    migrations: &PlaceMigrations,
    roles: &Roles,
) -> Result<(), Error> {
    for migration in migrations.behind(None) {
        let script = Script::new(place, migration, roles, &place.local_id().to_string());
        script.run(owner, migration.transactional).await?;
    }
    Ok(())
}

/// One migration of one place, as it is sent.
pub(super) struct Script {
    path: String,
    /// Takes the place's turn, and notes the migration.
    note: String,
    body: String,
    protect: String,
}

impl Script {
    fn new(place: &Place, migration: &PlaceMigration, roles: &Roles, id: &str) -> Self {
        let (schema, body, reference) = match place.kind {
            PlaceKind::Shared | PlaceKind::Database(_) => {
                (PLACE_SCHEMA.to_owned(), &migration.whole, &migration.reference_tables[..])
            }
            PlaceKind::Schema(tenant) => (schema_name(tenant), &migration.in_schema, &[][..]),
        };
        // What has no schema in front would else be made in the next one of the path.
        let exists = match place.kind {
            PlaceKind::Schema(_) => format!("SELECT {}::regnamespace; ", literal(&schema)),
            PlaceKind::Shared | PlaceKind::Database(_) => String::new(),
        };
        let tables = Tables { schema: &schema, tenant: &migration.tenant_tables, reference };
        Self {
            path: format!("search_path = {}, {REFERENCE_SCHEMA}, pg_temp", ident(&schema)),
            note: format!(
                "{exists}INSERT INTO {LEDGER_SCHEMA}.applied (place, version, description, checksum)
                 VALUES ('{id}', {}, {}, '{}')",
                migration.version,
                literal(&migration.description),
                migration.checksum,
            ),
            body: body.clone(),
            protect: protect(tables, roles),
        }
    }

    /// Sends it, in one message and so one round trip if it may run in a transaction.
    async fn run(self, connection: &mut PgConnection, transactional: bool) -> Result<(), Error> {
        let Self { path, note, body, protect } = self;
        if !transactional {
            run(connection, format!("SET {path}")).await?;
            run(connection, body).await?;
            return in_transaction(connection, format!("{note}; {protect}")).await;
        }
        // The note comes first: of two who apply the same migration one waits here, and then finds it done.
        in_transaction(connection, format!("SET LOCAL {path}; {note};\n{body}\n;\n{protect}")).await
    }
}

async fn in_transaction(connection: &mut PgConnection, sql: String) -> Result<(), Error> {
    let sent = run(connection, format!("BEGIN; {sql} COMMIT")).await;
    if sent.is_err() {
        // What is left of the transaction must not take the next one in. If the connection broke, that fails as well,
        // and the next one will.
        let _ = run(connection, "ROLLBACK".to_owned()).await;
    }
    sent
}
