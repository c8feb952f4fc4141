/// How much of a statement the guard reads: checked before anything is built of it.
///
/// These three are all that can be raised. How deep a statement nests (32 parentheses, a tree 512 high) can't: it bounds the
/// stack. A rewritten statement may have three times as much.
///
/// ```
/// use nadia_tenant_core::Dialect;
/// use nadia_tenant_sqlx::{Catalog, Guard, GuardLimits, RefusalKind};
///
/// let tables = "CREATE TABLE notes (tenant_id uuid NOT NULL, body text)";
/// let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(tables)?.build()?);
/// let long = format!("SELECT '{}' FROM notes", "a".repeat(70_000));
/// assert_eq!(guard.tenant(&long).unwrap_err().kind(), RefusalKind::Limit);
///
/// let guard = guard.with_limits(GuardLimits { bytes: 128 * 1024, ..GuardLimits::default() });
/// assert!(guard.tenant(&long).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardLimits {
    /// Bytes of the text; 64 KiB by default.
    pub bytes: usize,
    /// Tokens, comments and blanks aside; 10,000 by default.
    pub tokens: usize,
    /// Tables that it names, each time counted; 64 by default.
    pub tables: usize,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self { bytes: 64 * 1024, tokens: 10_000, tables: 64 }
    }
}
