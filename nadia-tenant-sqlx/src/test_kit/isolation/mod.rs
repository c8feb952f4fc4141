mod probes;
mod report;
mod sample;
mod sql;
mod value;
mod writer;

use nadia_tenant_core::TenantContext;

use self::{probes::Probes, sample::Samples, writer::Writer};
pub use self::{
    report::{Finding, IsolationReport},
    sample::Sample,
    value::SampleValue,
};
use crate::{Catalog, Error, Installation, TableKind, portable::Tenants};

type Maker<'m> = Box<dyn Fn(&Sample<'_>) -> SampleValue + Send + Sync + 'm>;

/// Checks that tenants can't reach one another's rows, in every tenant table that the catalog knows.
///
/// As each tenant it writes rows, made up from the columns' types. Then, as each, it tries to see, count, join, change, move,
/// overwrite and delete those of the next, in transactions that it rolls back. In the end it deletes all rows of these
/// tenants, if nothing was found; else they stay for inspection. So use tenants, and a database, made for tests.
///
/// Columns that may be NULL or have a default, and are in no key, are left out. Foreign keys, checks and types of your own
/// need a value from you: [`with_value`](Self::with_value). A table whose rows can't be written is a finding, too.
pub struct IsolationCheck<'m> {
    tenants: Tenants,
    catalog: Catalog,
    makers: Vec<(String, String, Maker<'m>)>,
}

impl<'m> IsolationCheck<'m> {
    /// Checks an installation as it serves.
    #[must_use]
    pub fn new(installation: &Installation) -> Self {
        Self::over(installation.tenants(), installation.catalog())
    }

    /// Checks other scopes, such as those from which a wall was taken.
    #[must_use]
    pub fn over(tenants: &Tenants, catalog: &Catalog) -> Self {
        Self { tenants: tenants.clone(), catalog: catalog.clone(), makers: Vec::new() }
    }

    /// Says what a column of the rows to be written holds. [`Sample::of`] leads to the row that a foreign key needs.
    #[must_use]
    pub fn with_value(
        mut self,
        table: &str,
        column: &str,
        maker: impl Fn(&Sample<'_>) -> SampleValue + Send + Sync + 'm,
    ) -> Self {
        self.makers.push((table.to_owned(), column.to_owned(), Box::new(maker)));
        self
    }

    /// Runs the check as each of the tenants, against the one after it.
    ///
    /// # Errors
    /// [`Error::Config`] with fewer than two tenants, with one of them twice, or with a value for a column that isn't there;
    /// what keeps a scope from being opened. What statements answer is in the report.
    pub async fn run(&self, tenants: &[TenantContext]) -> Result<IsolationReport, Error> {
        self.check_arguments(tenants)?;
        let mut report = IsolationReport::default();
        let tables: Vec<_> = self.catalog.tables().filter(|table| table.kind() == TableKind::Tenant).collect();
        if tables.is_empty() {
            report.unchecked("", "", "the catalog has no tenant table");
        }
        let mut samples = Samples::new(self.catalog.dialect(), &self.makers);
        let writer = Writer { tenants: &self.tenants, dialect: self.catalog.dialect() };
        for (at, ctx) in tenants.iter().enumerate() {
            writer.write(ctx, at, &tables, &mut samples, &mut report).await?;
        }
        for (at, ctx) in tenants.iter().enumerate() {
            let other = (at + 1) % tenants.len();
            let mut probes = Probes::new(&writer, &mut samples, &mut report, (ctx, at), &tenants[other]);
            probes.run(&tables).await?;
        }
        if report.is_isolated() {
            writer.remove(tenants, &tables, &mut report).await?;
        }
        Ok(report)
    }

    fn check_arguments(&self, tenants: &[TenantContext]) -> Result<(), Error> {
        let mut ids: Vec<_> = tenants.iter().map(|ctx| ctx.tenant().id()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() < 2 || ids.len() < tenants.len() {
            return Err(Error::Config("isolation is between tenants; give two or more, each once".to_owned()));
        }
        for (table, column, _) in &self.makers {
            let known = self.catalog.table(table).is_some_and(|table| table.has_column(column));
            if !known {
                return Err(Error::Config(format!("there is no column {table}.{column}; correct the name")));
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for IsolationCheck<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let makers = self.makers.iter().map(|(table, column, _)| format!("{table}.{column}"));
        f.debug_struct("IsolationCheck")
            .field("catalog", &self.catalog)
            .field("makers", &makers.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Ends a test unless the tenants are kept apart in every tenant table. Tables with foreign keys or types of your own need an
/// [`IsolationCheck`] that says what they hold.
///
/// # Panics
/// If a wall doesn't hold, saying which table and which statement, or if it can't be told.
pub async fn assert_isolated(installation: &Installation, tenants: &[TenantContext]) {
    match IsolationCheck::new(installation).run(tenants).await {
        Ok(report) => report.assert_isolated(),
        Err(error) => panic!("isolation can't be checked: {error}"),
    }
}
