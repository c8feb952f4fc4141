//! What a live PostgreSQL database has, against what the catalog says.

mod columns;
mod policies;
mod pooler;

use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgArguments, query::QueryAs};

use self::columns::Columns;
pub(crate) use self::pooler::examine_pooler;
use super::Finding;
use crate::{Catalog, Error, TableKind};

/// Queries that return code, object, detail and SQL of each finding. Few, whatever the number of schemas: each
/// looks at all of them at once.
const QUERIES: [&str; 4] =
    [include_str!("tables.sql"), include_str!("roles.sql"), include_str!("keys.sql"), include_str!("grants.sql")];
const COLUMNS: &str = include_str!("columns.sql");
const CODE: &str = include_str!("code.sql");
const POLICIES: &str = include_str!("policies.sql");
const PRELUDE: &str = include_str!("prelude.sql");

/// What a database of an installation should be like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) catalog: &'a Catalog,
    /// The roles' names.
    pub(crate) owner: &'a str,
    pub(crate) app: &'a str,
    pub(crate) control: &'a str,
    pub(crate) report: &'a str,
    /// The schema of the shared place.
    pub(crate) place_schema: &'a str,
    /// The schema of the reference tables; may be the shared place's own.
    pub(crate) reference_schema: &'a str,
    pub(crate) control_schema: &'a str,
    /// The schema of the ledgers, which only the owner and the control role work with.
    pub(crate) ledger_schema: &'a str,
    /// The schemas of tenants that have one; `None` for every schema whose name looks like one.
    pub(crate) tenant_schemas: Option<&'a [String]>,
    /// Names of tables of the installation's own, which are in no catalog and which no serving role may reach.
    pub(crate) internal_tables: &'a [&'a str],
    /// Whether the control tables are here.
    pub(crate) serves_control: bool,
}

/// Compares the database with what is expected.
///
/// Reads `pg_catalog` only, in one read-only transaction, by a number of queries that doesn't depend on the number of
/// tables or schemas. Any role that can connect sees enough; nothing is changed.
///
/// # Errors
/// [`Error::Sqlx`] when the database fails.
pub(crate) async fn examine_postgres(
    connection: &mut PgConnection,
    expected: &Expected<'_>,
) -> Result<Vec<Finding>, Error> {
    let mut tx = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    // Names must come out qualified, and functions be the server's own. Joins of thousands of schemas, whose sizes the
    // planner can't know, must not become nested loops.
    let settings = "SET LOCAL search_path = pg_catalog; SET LOCAL jit = off; SET LOCAL enable_nestloop = off";
    sqlx::raw_sql(settings).execute(&mut *tx).await?;
    let findings = Examination::new(&mut tx, expected).run().await?;
    tx.rollback().await?;
    Ok(findings)
}

/// A query after the prelude, with its arguments.
type Query<'q, T> = QueryAs<'q, sqlx::Postgres, T, PgArguments>;
/// Code, object, detail and SQL of a finding.
type Row = (String, String, Option<String>, Option<String>);

/// One run over a database.
pub(super) struct Examination<'c, 'e> {
    connection: &'c mut PgConnection,
    expected: &'e Expected<'e>,
    /// How many queries were sent.
    pub(super) queries: usize,
}

impl<'c, 'e> Examination<'c, 'e> {
    /// Takes a connection whose `search_path` is `pg_catalog`.
    pub(super) fn new(connection: &'c mut PgConnection, expected: &'e Expected<'e>) -> Self {
        Self { connection, expected, queries: 0 }
    }

    pub(super) async fn run(&mut self) -> Result<Vec<Finding>, Error> {
        let mut rows = Vec::new();
        for text in QUERIES {
            rows.extend(self.fetch(self.query(text)).await?);
        }
        let columns = Columns::of(self.expected.catalog);
        rows.extend(self.fetch(columns.bind(self.query(COLUMNS))).await?);
        let mentions = mentions(self.expected.catalog);
        rows.extend(self.fetch(self.query(CODE).bind(mentions)).await?);
        let groups = self.fetch(self.query(POLICIES)).await?;

        let mut findings: Vec<Finding> =
            rows.into_iter().map(|(code, object, detail, fix): Row| Finding::new(&code, object, detail, fix)).collect();
        findings.extend(policies::judge(groups, self.expected));
        Ok(findings)
    }

    /// Makes a query of the prelude and `text`, with the prelude's fifteen arguments.
    fn query<'q, T>(&self, text: &str) -> Query<'q, T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        let Expected { catalog, owner, app, control, report, .. } = *self.expected;
        let tables = || catalog.tables().filter_map(|table| Some((table.name().to_owned(), kind(table.kind())?)));
        sqlx::query_as(AssertSqlSafe(format!("{PRELUDE}{text}")))
            .bind(owner.to_owned())
            .bind(app.to_owned())
            .bind(control.to_owned())
            .bind(report.to_owned())
            .bind(self.expected.place_schema.to_owned())
            .bind(self.expected.tenant_schemas.map(<[String]>::to_vec))
            .bind(self.expected.reference_schema.to_owned())
            .bind(self.expected.control_schema.to_owned())
            .bind(self.expected.ledger_schema.to_owned())
            .bind(tables().map(|(name, _)| name).collect::<Vec<_>>())
            .bind(tables().map(|(_, kind)| kind.to_owned()).collect::<Vec<_>>())
            .bind(tenant_column(catalog).map(str::to_owned))
            .bind(self.expected.internal_tables.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
            .bind(self.expected.serves_control)
            .bind(policies::template(self.expected))
            // The texts are long and run once.
            .persistent(false)
    }

    async fn fetch<T>(&mut self, query: Query<'_, T>) -> Result<Vec<T>, Error>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        self.queries += 1;
        Ok(query.fetch_all(&mut *self.connection).await?)
    }
}

/// Returns the tenant column, which is the same in all tables of a catalog.
fn tenant_column(catalog: &Catalog) -> Option<&str> {
    catalog.tables().find_map(|table| table.tenant_column())
}

fn kind(kind: TableKind) -> Option<&'static str> {
    match kind {
        TableKind::Tenant => Some("tenant"),
        TableKind::Reference => Some("reference"),
        TableKind::Control => Some("control"),
    }
}

/// Returns a regular expression for texts that name a tenant table, `None` if there are none.
fn mentions(catalog: &Catalog) -> Option<String> {
    let escaped = |name: &str| {
        let plain = |c: char| c.is_alphanumeric() || c == '_';
        name.chars().map(|c| if plain(c) { c.to_string() } else { format!("\\{c}") }).collect::<String>()
    };
    let names = catalog.tables().filter(|table| table.tenant_column().is_some()).map(|table| escaped(table.name()));
    let names = names.collect::<Vec<_>>().join("|");
    (!names.is_empty()).then(|| format!("\\m({names})\\M"))
}

/// Quotes an identifier.
fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
