use sqlx::PgConnection;

use super::roles::{PLACE_SCHEMA, Roles, ident, run};
use crate::{Catalog, Error, TableKind};

/// Names the shape of the policies below in a comment on each, so that a start that finds it leaves the
/// table, and its lock, alone. Change it with the shape.
const SHAPE: &str = "nadia: policies 1";

/// The session's tenant. The scalar sub-select is read once per statement, not once per row; `true` and
/// `nullif` make a session without a tenant, fresh or used, one whose tenant equals nothing.
const SESSION_TENANT: &str = "(SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid)";

/// Puts every tenant table behind its policies, and only then lets the serving roles at it.
pub(super) async fn apply(owner: &mut PgConnection, catalog: &Catalog, roles: &Roles) -> Result<(), Error> {
    for table in catalog.tables() {
        let name = format!("{PLACE_SCHEMA}.{}", ident(table.name()));
        let (app, report) = (ident(&roles.app), ident(&roles.report));
        match (table.kind(), table.tenant_column()) {
            (TableKind::Tenant, Some(column)) => {
                if !stands(owner, table.name()).await? {
                    run(owner, policies(&name, column, roles)).await?;
                }
                run(
                    owner,
                    format!(
                        "GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {app}; GRANT SELECT ON {name} TO {report}"
                    ),
                )
                .await?;
            }
            (TableKind::Reference, _) => run(owner, format!("GRANT SELECT ON {name} TO {app}, {report}")).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn stands(connection: &mut PgConnection, table: &str) -> Result<bool, Error> {
    let query = sqlx::query_scalar(
        "SELECT c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
             SELECT FROM pg_policy p
             WHERE p.polrelid = c.oid AND p.polname = 'nadia_tenant' AND obj_description(p.oid, 'pg_policy') = $3)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = $2",
    );
    Ok(query.bind(PLACE_SCHEMA).bind(table).bind(SHAPE).fetch_optional(connection).await?.unwrap_or(false))
}

/// Returns the statements of one table, to be run in one message and so in one transaction.
fn policies(table: &str, column: &str, roles: &Roles) -> String {
    let (owner, app, report) = (ident(&roles.owner), ident(&roles.app), ident(&roles.report));
    let column = ident(column);
    let own_rows = format!("{column} = {SESSION_TENANT}");
    // FORCE binds the owner, too. Migrations that fill in rows say that they migrate; nobody else is the owner.
    let migrating = "(SELECT current_setting('nadia.migrating', true)) = 'on'";
    format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
         ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT nullif(current_setting('nadia.tenant_id', true), '')::uuid;
         DROP POLICY IF EXISTS nadia_tenant ON {table};
         CREATE POLICY nadia_tenant ON {table} FOR ALL TO {app} USING ({own_rows}) WITH CHECK ({own_rows});
         DROP POLICY IF EXISTS nadia_report ON {table};
         CREATE POLICY nadia_report ON {table} FOR SELECT TO {report} USING (true);
         DROP POLICY IF EXISTS nadia_migrate ON {table};
         CREATE POLICY nadia_migrate ON {table} FOR ALL TO {owner} USING ({migrating}) WITH CHECK ({migrating});
         COMMENT ON POLICY nadia_tenant ON {table} IS '{SHAPE}';"
    )
}

/// Checks, as the application role, that the policies bind it.
pub(super) async fn verify(app: &mut PgConnection, catalog: &Catalog) -> Result<(), Error> {
    let free: bool = sqlx::query_scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        .fetch_one(&mut *app)
        .await?;
    if free {
        return Err(Error::Wall("the application role bypasses row-level security".to_owned()));
    }
    let tables: Vec<String> = catalog
        .tables()
        .filter(|table| table.kind() == TableKind::Tenant)
        .map(|table| table.name().to_owned())
        .collect();
    let open: Option<String> = sqlx::query_scalar(
        "SELECT t.name FROM unnest($2::text[]) AS t (name)
         LEFT JOIN pg_namespace n ON n.nspname = $1
         LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name
         WHERE c.oid IS NULL OR NOT c.relrowsecurity OR NOT c.relforcerowsecurity
            OR pg_has_role(current_user, c.relowner, 'MEMBER')
            OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'nadia_tenant')
         ORDER BY t.name LIMIT 1",
    )
    .bind(PLACE_SCHEMA)
    .bind(&tables)
    .fetch_optional(app)
    .await?;
    match open {
        Some(table) => Err(Error::Wall(format!("table {table:?} isn't behind row-level security"))),
        None => Ok(()),
    }
}
