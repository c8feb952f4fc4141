use sqlx::Connection;

use super::{
    PostgresServer,
    roles::{CONTROL_SCHEMA, LEDGER_SCHEMA, PLACE_SCHEMA, database_name},
};
use crate::{
    Error, Finding,
    doctor::{Expected, examine_pooler, examine_postgres},
    schema::{REFERENCE_SCHEMA, schema_name},
    server::{Place, PlaceKind},
};

/// Tables of the installation's own, which are in no catalog.
const INTERNAL: [&str; 4] = ["applied", "role_secrets", "_nadia_migrations", "_control_migrations"];

impl PostgresServer {
    /// Compares the base database, and each tenant's own, with the catalog.
    pub(super) async fn examine_all(&self, places: &[Place], main: bool) -> Result<Vec<(String, Vec<Finding>)>, Error> {
        let schemas: Vec<String> = places
            .iter()
            .filter_map(|place| match place.kind {
                PlaceKind::Schema(tenant) => Some(schema_name(tenant)),
                _ => None,
            })
            .collect();
        let mut findings = self.examine_database(None, &schemas, main).await?;
        let (mut first, mut second) = (self.serving.app(None).await?, self.serving.app(None).await?);
        findings.extend(examine_pooler(&mut first, &mut second, self.serving.keeps_sessions()).await?);
        first.close().await?;
        second.close().await?;
        let mut all = vec![(self.database.clone(), findings)];
        for place in places {
            let PlaceKind::Database(tenant) = place.kind else { continue };
            let name = database_name(tenant);
            let findings = self.examine_database(Some(&name), &[], false).await?;
            all.push((name, findings));
        }
        Ok(all)
    }

    async fn examine_database(
        &self,
        database: Option<&str>,
        tenant_schemas: &[String],
        serves_control: bool,
    ) -> Result<Vec<Finding>, Error> {
        let mut connection = self.admin(database).await?;
        let expected = Expected {
            catalog: &self.catalog,
            owner: &self.roles.owner,
            app: &self.roles.app,
            control: &self.roles.control,
            report: &self.roles.report,
            place_schema: PLACE_SCHEMA,
            reference_schema: REFERENCE_SCHEMA,
            control_schema: CONTROL_SCHEMA,
            ledger_schema: LEDGER_SCHEMA,
            tenant_schemas: Some(tenant_schemas),
            internal_tables: &INTERNAL,
            serves_control,
        };
        let findings = examine_postgres(&mut connection, &expected).await?;
        connection.close().await?;
        Ok(findings)
    }
}
