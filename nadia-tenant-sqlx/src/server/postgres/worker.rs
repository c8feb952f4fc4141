use async_trait::async_trait;
use sqlx::{ConnectOptions, Connection as _, PgConnection, postgres::PgConnectOptions};

use super::{
    act_as_owner,
    rls::{Tables, protect},
    roles::{LEDGER_SCHEMA, PLACE_SCHEMA, Roles, database_name, ident, literal, run},
};
use crate::{
    Error,
    migrate::PlaceMigration,
    schema::{REFERENCE_SCHEMA, schema_name},
    server::{Applied, Place, PlaceKind, Worker},
};

/// Migrates places of one server as the owner, on one connection to the base database and one to the tenant's database
/// that it is at.
pub(super) struct PostgresWorker {
    base: PgConnection,
    at: Option<(String, PgConnection)>,
    privileged: PgConnectOptions,
    roles: Roles,
}

impl PostgresWorker {
    pub(super) fn new(base: PgConnection, privileged: PgConnectOptions, roles: Roles) -> Self {
        Self { base, at: None, privileged, roles }
    }

    async fn connection(&mut self, place: &Place) -> Result<&mut PgConnection, Error> {
        match place.kind {
            PlaceKind::Shared | PlaceKind::Schema(_) => Ok(&mut self.base),
            PlaceKind::Database(tenant) => self.database(database_name(tenant)).await,
        }
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        if let Some((_, connection)) = self.at {
            connection.close().await?;
        }
        Ok(self.base.close().await?)
    }

    async fn database(&mut self, name: String) -> Result<&mut PgConnection, Error> {
        if self.at.as_ref().is_none_or(|(at, _)| *at != name) {
            if let Some((_, left)) = self.at.take() {
                left.close().await?;
            }
            let mut connection = self.privileged.clone().database(&name).connect().await?;
            act_as_owner(&mut connection, &self.roles).await?;
            self.at = Some((name, connection));
        }
        let (_, connection) = self.at.as_mut().expect("it was just put there");
        Ok(connection)
    }
}

#[async_trait]
impl Worker for PostgresWorker {
    async fn applied(&mut self, place: &Place) -> Result<Vec<Applied>, Error> {
        let id = place.local_id();
        let query = "SELECT version, checksum FROM nadia_ledger.applied WHERE place = $1 ORDER BY version";
        Ok(sqlx::query_as(query).bind(id).fetch_all(self.connection(place).await?).await?)
    }

    async fn apply(&mut self, place: &Place, migration: &PlaceMigration) -> Result<(), Error> {
        let id = place.local_id();
        let script = Script::new(place, migration, &self.roles, &id.to_string());
        let connection = self.connection(place).await?;
        script.run(connection, migration.transactional).await
    }
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
        let tables = Tables { schema: &schema, tenant: &migration.tenant_tables, reference };
        Self {
            path: format!("search_path = {}, {REFERENCE_SCHEMA}, pg_temp", ident(&schema)),
            note: format!(
                "INSERT INTO {LEDGER_SCHEMA}.applied (place, version, description, checksum)
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
