use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt::Write as _,
};

use sqlx::PgConnection;

use super::roles::{CONTROL_SCHEMA, LEDGER_SCHEMA, PLACE_SCHEMA, Roles, ident, literal, run};
use crate::{Catalog, Error, TableKind, schema::REFERENCE_SCHEMA};

/// The session's tenant. The scalar sub-select is read once per statement, not once per row; `true` and
/// `nullif` make a session without a tenant, fresh or used, one whose tenant equals nothing.
const SESSION_TENANT: &str = "(SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid)";

/// The policy's condition for each tenant column, in the words in which this server gives conditions back.
pub(super) type Shapes = BTreeMap<String, String>;

/// A place's tables: tenant tables with their tenant column, and reference tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables<'t> {
    pub(super) schema: &'t str,
    pub(super) tenant: &'t [(String, String)],
    pub(super) reference: &'t [String],
}

/// Returns what puts new tables behind their policies and only then lets the serving roles at them.
pub(super) fn protect(tables: Tables<'_>, roles: &Roles) -> String {
    let (app, report) = (ident(&roles.app), ident(&roles.report));
    let schema = ident(tables.schema);
    let mut sql = String::new();
    for (table, column) in tables.tenant {
        let name = format!("{schema}.{}", ident(table));
        sql.push_str(&policies(&name, column, roles));
        let _ = write!(
            sql,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {app};
             GRANT SELECT ON {name} TO {report};"
        );
    }
    if !tables.tenant.is_empty() {
        let names = tables.tenant.iter().map(|(table, _)| literal(&format!("{schema}.{}", ident(table))));
        let _ = write!(
            sql,
            "DO $nadia$ DECLARE owned regclass; BEGIN
                 -- Sequences that fill in columns; identity columns need no right on theirs.
                 FOR owned IN SELECT d.objid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                     WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'a' AND d.refobjid = ANY (ARRAY[{}]::regclass[])
                 LOOP EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', owned, {}); END LOOP;
             END $nadia$;",
            names.collect::<Vec<_>>().join(", "),
            literal(&roles.app),
        );
    }
    for table in tables.reference {
        let table = ident(table);
        let _ = write!(
            sql,
            "ALTER TABLE {schema}.{table} SET SCHEMA {REFERENCE_SCHEMA};
             GRANT SELECT ON {REFERENCE_SCHEMA}.{table} TO {app}, {report};",
        );
    }
    sql
}

/// Puts the policies of a shared place right that are not as they should be.
pub(super) async fn mend(owner: &mut PgConnection, catalog: &Catalog, roles: &Roles) -> Result<(), Error> {
    let shapes = shapes(owner, catalog).await?;
    // What stands is left alone, and so is the lock that changing it takes.
    for (table, _) in faults(owner, PLACE_SCHEMA, catalog, &shapes, &roles.app).await? {
        let tables = Tables { schema: PLACE_SCHEMA, tenant: &[table], reference: &[] };
        run(owner, protect(tables, roles)).await?;
    }
    Ok(())
}

fn tenant_tables(catalog: &Catalog) -> impl Iterator<Item = (String, String)> {
    let of_tenants = catalog.tables().filter(|table| table.kind() == TableKind::Tenant);
    of_tenants.filter_map(|table| Some((table.name().to_owned(), table.tenant_column()?.to_owned())))
}

/// Asks the server how it words the condition of each tenant column.
pub(super) async fn shapes(owner: &mut PgConnection, catalog: &Catalog) -> Result<Shapes, Error> {
    let mut shapes = Shapes::new();
    for (_, column) in tenant_tables(catalog) {
        if let Entry::Vacant(entry) = shapes.entry(column) {
            let shape = shape(owner, entry.key()).await?;
            entry.insert(shape);
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
         "
    )
}

/// Checks that nothing lets the application role pass the policies, and that those of the place in `schema` bind it.
pub(super) async fn verify(
    connection: &mut PgConnection,
    schema: &str,
    catalog: &Catalog,
    shapes: &Shapes,
    app: &str,
) -> Result<(), Error> {
    let fault: Option<String> = sqlx::query_scalar(
        "SELECT CASE
             WHEN rolsuper OR rolbypassrls THEN 'the application role bypasses row-level security'
             WHEN EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
                 THEN 'the application role is a member of another role'
             WHEN EXISTS (
                 SELECT FROM pg_namespace WHERE nspname IN ($2, $3) AND has_schema_privilege(r.oid, oid, 'USAGE'))
                 THEN 'the application role reaches the control tables'
         END FROM pg_roles r WHERE rolname = $1",
    )
    .bind(app)
    .bind(CONTROL_SCHEMA)
    .bind(LEDGER_SCHEMA)
    .fetch_one(&mut *connection)
    .await?;
    if let Some(fault) = fault {
        return Err(Error::Wall(fault));
    }
    match faults(connection, schema, catalog, shapes, app).await?.into_iter().next() {
        Some(((table, _), fault)) => Err(Error::Wall(format!("table \"{schema}.{table}\" {fault}"))),
        None => Ok(()),
    }
}

/// Finds the tenant tables whose policies don't bind the application role, each with its tenant column and why. One query,
/// however many tables there are.
///
/// PostgreSQL joins permissive policies by OR: a second one that reaches the role opens what the first closes.
async fn faults(
    connection: &mut PgConnection,
    schema: &str,
    catalog: &Catalog,
    shapes: &Shapes,
    role: &str,
) -> Result<Vec<((String, String), String)>, Error> {
    let tables: Vec<_> = tenant_tables(catalog).collect();
    let names: Vec<&str> = tables.iter().map(|(table, _)| &**table).collect();
    let shapes: Vec<&str> = tables.iter().map(|(_, column)| shapes.get(column).map_or("", String::as_str)).collect();
    let query = sqlx::query_scalar(
        "SELECT CASE
             WHEN c.oid IS NULL THEN 'is missing'
             WHEN NOT c.relrowsecurity OR NOT c.relforcerowsecurity THEN 'has no forced row-level security'
             WHEN pg_has_role($4, c.relowner, 'MEMBER') THEN 'is owned by the application role'
             WHEN NOT EXISTS (
                 SELECT FROM pg_policy p
                 WHERE p.polrelid = c.oid AND p.polname = 'nadia_tenant' AND p.polpermissive AND p.polcmd = '*'
                   AND (SELECT oid FROM pg_roles WHERE rolname = $4) = ANY (p.polroles)
                   AND pg_get_expr(p.polqual, p.polrelid) = shape AND pg_get_expr(p.polwithcheck, p.polrelid) = shape)
                 THEN 'lacks the policy nadia_tenant, or has it with another condition'
             WHEN EXISTS (
                 SELECT FROM pg_policy p
                 WHERE p.polrelid = c.oid AND p.polname <> 'nadia_tenant' AND p.polpermissive
                   AND (0 = ANY (p.polroles) OR (SELECT oid FROM pg_roles WHERE rolname = $4) = ANY (p.polroles)))
                 THEN 'has a second policy that lets rows pass'
         END
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS wanted (name, shape, at)
         LEFT JOIN pg_class c
             ON c.relname = wanted.name AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
         ORDER BY at",
    );
    let found: Vec<Option<String>> =
        query.bind(schema).bind(names).bind(shapes).bind(role).fetch_all(connection).await?;
    Ok(tables.into_iter().zip(found).filter_map(|(table, fault)| Some((table, fault?))).collect())
}
