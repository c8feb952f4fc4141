use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::roles::{CONTROL_SCHEMA, PLACE_SCHEMA, Roles, ident, run};
use crate::{Catalog, Error, TableKind};

/// The session's tenant. The scalar sub-select is read once per statement, not once per row; `true` and
/// `nullif` make a session without a tenant, fresh or used, one whose tenant equals nothing.
const SESSION_TENANT: &str = "(SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid)";

/// The policy's condition for each tenant column, in the words in which this server gives conditions back.
pub(super) type Shapes = BTreeMap<String, String>;

/// Puts every tenant table behind its policies, and only then lets the serving roles at it.
pub(super) async fn apply(owner: &mut PgConnection, catalog: &Catalog, roles: &Roles) -> Result<Shapes, Error> {
    let mut shapes = Shapes::new();
    for table in catalog.tables() {
        let name = format!("{PLACE_SCHEMA}.{}", ident(table.name()));
        let (app, report) = (ident(&roles.app), ident(&roles.report));
        match (table.kind(), table.tenant_column()) {
            (TableKind::Tenant, Some(column)) => {
                if !shapes.contains_key(column) {
                    shapes.insert(column.to_owned(), shape(owner, column).await?);
                }
                // What stands is left alone, and so is the lock that changing it takes.
                if fault(owner, table.name(), &shapes[column], &roles.app).await?.is_some() {
                    run(owner, policies(&name, column, roles)).await?;
                }
                let tables = "SELECT, INSERT, UPDATE, DELETE";
                run(owner, format!("GRANT {tables} ON {name} TO {app}; GRANT SELECT ON {name} TO {report}")).await?;
                for sequence in sequences(owner, table.name()).await? {
                    run(owner, format!("GRANT USAGE ON SEQUENCE {sequence} TO {app}")).await?;
                }
            }
            (TableKind::Reference, _) => run(owner, format!("GRANT SELECT ON {name} TO {app}, {report}")).await?,
            _ => {}
        }
    }
    Ok(shapes)
}

/// Asks the server how it words the condition, by a table that never comes to be.
async fn shape(owner: &mut PgConnection, column: &str) -> Result<String, Error> {
    let mut tx = sqlx::Connection::begin(owner).await?;
    let (table, column) = (format!("{PLACE_SCHEMA}.nadia_shape"), ident(column));
    let ddl = format!(
        "CREATE TABLE {table} ({column} uuid);
         CREATE POLICY shape ON {table} USING ({column} = {SESSION_TENANT})"
    );
    run(&mut tx, ddl).await?;
    let worded = "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = $1::regclass";
    let worded = sqlx::query_scalar(worded).bind(table).fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    Ok(worded)
}

/// Returns the sequences that fill in columns of the table; identity columns need no right on theirs.
async fn sequences(connection: &mut PgConnection, table: &str) -> Result<Vec<String>, Error> {
    let query = sqlx::query_scalar(
        "SELECT s.oid::regclass::text FROM pg_class s
         JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
         JOIN pg_class c ON c.oid = d.refobjid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE s.relkind = 'S' AND n.nspname = $1 AND c.relname = $2",
    );
    Ok(query.bind(PLACE_SCHEMA).bind(table).fetch_all(connection).await?)
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
         CREATE POLICY nadia_migrate ON {table} FOR ALL TO {owner} USING ({migrating}) WITH CHECK ({migrating});"
    )
}

/// Checks, as the application role, that the policies bind it.
pub(super) async fn verify(app: &mut PgConnection, catalog: &Catalog, shapes: &Shapes) -> Result<(), Error> {
    let fault: Option<String> = sqlx::query_scalar(
        "SELECT CASE
             WHEN rolsuper OR rolbypassrls THEN 'the application role bypasses row-level security'
             WHEN EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
                 THEN 'the application role is a member of another role'
             WHEN has_schema_privilege($1, 'USAGE') THEN 'the application role reaches the control tables'
         END FROM pg_roles r WHERE rolname = current_user",
    )
    .bind(CONTROL_SCHEMA)
    .fetch_one(&mut *app)
    .await?;
    if let Some(fault) = fault {
        return Err(Error::Wall(fault));
    }
    let role: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut *app).await?;
    for table in catalog.tables() {
        let Some(column) = table.tenant_column() else { continue };
        let shape = shapes.get(column).map_or("", String::as_str);
        if let Some(fault) = self::fault(app, table.name(), shape, &role).await? {
            return Err(Error::Wall(format!("table {:?} {fault}", table.name())));
        }
    }
    Ok(())
}

/// Says what keeps a table's policies from binding the application role, if anything does.
///
/// PostgreSQL joins permissive policies by OR: a second one that reaches the role opens what the first closes.
async fn fault(connection: &mut PgConnection, table: &str, shape: &str, role: &str) -> Result<Option<String>, Error> {
    let query = sqlx::query_scalar(
        "SELECT CASE
             WHEN NOT c.relrowsecurity OR NOT c.relforcerowsecurity THEN 'has no forced row-level security'
             WHEN pg_has_role($4, c.relowner, 'MEMBER') THEN 'is owned by the application role'
             WHEN NOT EXISTS (
                 SELECT FROM pg_policy p
                 WHERE p.polrelid = c.oid AND p.polname = 'nadia_tenant' AND p.polpermissive AND p.polcmd = '*'
                   AND (SELECT oid FROM pg_roles WHERE rolname = $4) = ANY (p.polroles)
                   AND pg_get_expr(p.polqual, p.polrelid) = $3 AND pg_get_expr(p.polwithcheck, p.polrelid) = $3)
                 THEN 'lacks the policy nadia_tenant, or has it with another condition'
             WHEN EXISTS (
                 SELECT FROM pg_policy p
                 WHERE p.polrelid = c.oid AND p.polname <> 'nadia_tenant' AND p.polpermissive
                   AND (0 = ANY (p.polroles) OR (SELECT oid FROM pg_roles WHERE rolname = $4) = ANY (p.polroles)))
                 THEN 'has a second policy that lets rows pass'
         END
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = $2",
    );
    let found: Option<Option<String>> =
        query.bind(PLACE_SCHEMA).bind(table).bind(shape).bind(role).fetch_optional(connection).await?;
    Ok(found.unwrap_or_else(|| Some("is missing".to_owned())))
}
