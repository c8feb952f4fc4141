mod dialect;
mod functions;
mod heights;
mod home;
mod lex;
mod limits;
mod other;
mod parse;
mod printed;
mod raises;
mod refusal;
mod respell;
mod scope;
mod sqlite;
mod syntax;
mod target;
mod types;
mod verify;
mod walk;

use std::{collections::HashSet, fmt, sync::Arc};

use quick_cache::{Weighter, sync::Cache};
use sqlparser::{ast::Statement, tokenizer::Span};

pub(crate) use self::dialect::Flavor;
use self::{
    lex::Lexed,
    refusal::{Checked, Fault},
    walk::{Fences, Walker},
};
pub use self::{
    limits::GuardLimits,
    refusal::{Refusal, RefusalKind},
};
use crate::catalog::Catalog;

/// The most bytes of statements, given and rewritten, that each of the three caches keeps.
const CACHED_BYTES: u64 = 8 << 20;

/// Turns a statement into one that sees a single tenant's rows, or refuses it.
///
/// For each statement and tenant, what the rewritten statement gives on everybody's data is what the given statement
/// gives on a database that holds only the tenant's rows and whose tenant column defaults to the tenant; `docs/guard.md`
/// lists the shapes and the limits.
///
/// ```
/// use nadia_tenant_core::Dialect;
/// use nadia_tenant_sqlx::{Catalog, Guard, RefusalKind};
///
/// let catalog = Catalog::builder(Dialect::Postgres)
///     .ddl("CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid PRIMARY KEY, name text NOT NULL)")?
///     .build()?;
/// let guard = Guard::new(catalog);
///
/// let guarded = guard.tenant("SELECT name FROM patients WHERE id = $1")?;
/// assert_eq!(&**guarded.sql(), "SELECT name FROM patients WHERE patients.tenant_id = $2 AND (id = $1)");
/// assert_eq!(guarded.tenant_param(), Some(2));
///
/// let refusal = guard.tenant("TRUNCATE patients").unwrap_err();
/// assert_eq!(refusal.kind(), RefusalKind::Truncate);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Guard {
    catalog: Catalog,
    functions: HashSet<String>,
    limits: GuardLimits,
    /// Columns that compare without errors.
    plain_columns: raises::PlainColumns,
    tenant: Rewritten,
    control: Rewritten,
    cross_tenant: Rewritten,
}

type Rewritten = Cache<Box<str>, Arc<Guarded>, ByBytes>;

/// Who runs a statement, and so what it may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Tenant,
    Control,
    /// Reads over all tenants.
    CrossTenant,
}

impl Guard {
    /// Makes a guard over the tables of `catalog`.
    ///
    /// It remembers rewritten statements by their full text, up to 8 MiB for each way of access.
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        let cache = || Cache::with_weighter(1_000, CACHED_BYTES, ByBytes);
        let plain_columns = raises::PlainColumns::of(&catalog);
        Self {
            catalog,
            functions: HashSet::new(),
            limits: GuardLimits::default(),
            plain_columns,
            tenant: cache(),
            control: cache(),
            cross_tenant: cache(),
        }
    }

    /// Allows calls of the function `name` (as the database keeps it, without a schema), which the guard doesn't know.
    ///
    /// The function must depend on its arguments alone: one that reads tables sees every tenant's rows.
    #[must_use]
    pub fn allow_function(mut self, name: &str) -> Self {
        self.functions.insert(name.to_owned());
        self
    }

    /// Replaces how much of a statement is read.
    #[must_use]
    pub fn with_limits(mut self, limits: GuardLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the tables the guard knows.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Turns `sql` into a statement on the rows of one tenant, whose id is bound after the caller's own arguments.
    ///
    /// # Errors
    /// [`Refusal`] when the statement has no such form, or none that the guard knows.
    pub fn tenant(&self, sql: &str) -> Result<Arc<Guarded>, Refusal> {
        self.guarded(&self.tenant, sql, Access::Tenant)
    }

    /// Admits a statement on control tables only; it is written anew but means the same.
    ///
    /// # Errors
    /// [`Refusal`] when it touches another table, or is no SELECT, INSERT, UPDATE, DELETE or MERGE.
    pub fn control(&self, sql: &str) -> Result<Arc<Guarded>, Refusal> {
        self.guarded(&self.control, sql, Access::Control)
    }

    /// Admits a SELECT that reads the rows of all tenants, and reference tables; it is written anew but means the same.
    ///
    /// # Errors
    /// [`Refusal`] when it writes, locks rows, touches a control table, or is otherwise what [`tenant`](Self::tenant)
    /// refuses.
    pub fn cross_tenant(&self, sql: &str) -> Result<Arc<Guarded>, Refusal> {
        self.guarded(&self.cross_tenant, sql, Access::CrossTenant)
    }

    fn guarded(&self, cache: &Rewritten, sql: &str, access: Access) -> Result<Arc<Guarded>, Refusal> {
        if let Some(known) = cache.get(sql) {
            return Ok(known);
        }
        let guarded = Arc::new(self.rewrite(sql, access)?);
        cache.insert(sql.into(), Arc::clone(&guarded));
        Ok(guarded)
    }

    fn rewrite(&self, sql: &str, access: Access) -> Result<Guarded, Refusal> {
        self.checked(sql, access).map_err(|fault| Refusal::new(*fault, sql))
    }

    fn checked(&self, sql: &str, access: Access) -> Checked<Guarded> {
        let dialect = self.catalog.dialect();
        let flavor = Flavor::of(dialect).ok_or_else(|| internal(format!("dialect {dialect:?} is not known here")))?;
        let Lexed { tokens, params } = lex::lex(flavor, sql, self.limits)?;
        let marks = printed::Marks::of(&tokens);
        let mut statement = parse::parse(flavor, tokens)?;
        // In SQLite the order of conditions is that of the text, but for those that an index answers.
        let may_raise = flavor == Flavor::Postgres
            && access == Access::Tenant
            && raises::may_raise(flavor, &self.plain_columns, &statement);
        let fences = Fences::new(may_raise.then_some(&self.plain_columns), sql);
        let mut walker =
            Walker::new(flavor, &self.catalog, &self.functions, access, params, fences).within(self.limits);
        walker.statement(&mut statement)?;
        let (binds_tenant, is_write) = (walker.binds_tenant, walker.is_write);
        let (text, is_moved) = target::print(&statement);
        let (text, is_hidden) = flavor.show(text);
        // What the server reads is the text, so that is looked at, too.
        printed::check(flavor, &text, &marks, params + 1).map_err(garbled)?;
        // Where it is more than what the parser printed, it is read anew in each build.
        if cfg!(debug_assertions) || is_moved || is_hidden {
            read_again(flavor, &text, &statement, self.limits)?;
        }
        verify::verify(flavor, &self.catalog, access, &walker.placeholder, walker.resolved, &statement)?;
        Ok(Guarded { sql: text.into(), params, binds_tenant, is_write })
    }
}

/// Parses the text that was printed of `statement` anew; the two must be the same.
fn read_again(flavor: Flavor, text: &str, statement: &Statement, limits: GuardLimits) -> Checked {
    let read = lex::lex_printed(flavor, text, limits).and_then(|lexed| parse::parse(flavor, lexed.tokens));
    match read {
        Ok(again) if again == *statement => Ok(()),
        Ok(_) => Err(internal("the rewritten text does not read as it was meant")),
        Err(fault) if fault.kind == RefusalKind::Limit => {
            Err(Fault::new(fault.kind, fault.message, fault.help, Span::empty()))
        }
        Err(fault) => Err(internal(fault.message)),
    }
}

impl From<Catalog> for Guard {
    fn from(catalog: Catalog) -> Self {
        Self::new(catalog)
    }
}

fn garbled(what: &'static str) -> Box<Fault> {
    match what {
        printed::DEEP => Fault::new(RefusalKind::Limit, what, "split the statement", Span::empty()),
        _ => internal(what),
    }
}

fn internal(message: impl Into<String>) -> Box<Fault> {
    let message = format!("the guard could not vouch for its rewrite: {}", message.into());
    Fault::new(RefusalKind::Internal, message, "report the statement; write it more simply for now", Span::empty())
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("catalog", &self.catalog).finish_non_exhaustive()
    }
}

/// A statement that the guard let pass, as it is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    sql: Arc<str>,
    params: usize,
    binds_tenant: bool,
    is_write: bool,
}

impl Guarded {
    /// Returns the text to send.
    #[must_use]
    pub fn sql(&self) -> &Arc<str> {
        &self.sql
    }

    /// Returns the place, from 1, at which the tenant's id is bound: the one after the caller's; `None` when the
    /// statement touches no tenant table.
    #[must_use]
    pub fn tenant_param(&self) -> Option<usize> {
        self.binds_tenant.then_some(self.params + 1)
    }

    /// Returns how many arguments the caller must bind: the highest placeholder.
    #[must_use]
    pub fn params(&self) -> usize {
        self.params
    }

    /// Tells whether it changes rows.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.is_write
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Box<str>, Arc<Guarded>> for ByBytes {
    fn weight(&self, key: &Box<str>, guarded: &Arc<Guarded>) -> u64 {
        // The entry itself counts, so that short statements are bounded in number, too.
        (key.len() + guarded.sql.len() + 128) as u64
    }
}
