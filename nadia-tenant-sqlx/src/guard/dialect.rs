//! How the databases differ in what they read; the few places that ask for one by name apart.

use nadia_tenant_core::Dialect;
use sqlparser::{
    ast::{CastKind, DataType, Expr, Ident, ObjectName, Value},
    dialect::Dialect as SqlDialect,
    tokenizer::TokenWithSpan,
};

use super::{functions, sqlite::SqliteSyntax, syntax};

/// Operators on addresses and ranges that the parser has no name for.
pub(super) const CUSTOM_OPERATORS: &[&str] = &["<<=", ">>=", "-|-"];

/// One of the databases that the guard knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    Postgres,
    Sqlite,
}

impl Flavor {
    pub(crate) fn of(dialect: Dialect) -> Option<Self> {
        match dialect {
            Dialect::Postgres => Some(Self::Postgres),
            Dialect::Sqlite => Some(Self::Sqlite),
            _ => None,
        }
    }

    pub(crate) fn parser(self) -> &'static dyn SqlDialect {
        match self {
            Self::Postgres => &syntax::Postgres,
            Self::Sqlite => &SqliteSyntax,
        }
    }

    /// Tells whether a function in FROM stands for several.
    pub(super) fn is_rows_from(self, name: &ObjectName) -> bool {
        let [part] = &name.0[..] else { return false };
        let is = |ident: &Ident| ident.quote_style.is_none() && ident.value == syntax::ROWS_FROM;
        self == Self::Postgres && part.as_ident().is_some_and(is)
    }

    /// Hides from the parser what it can't read.
    pub(super) fn hide(self, tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
        match self {
            Self::Postgres => syntax::hide(tokens),
            Self::Sqlite => tokens,
        }
    }

    /// Writes what was hidden from the parser into the text that it printed; tells whether there was something.
    pub(super) fn show(self, text: String) -> (String, bool) {
        match self {
            Self::Postgres if syntax::is_hiding(&text) => (syntax::show(text), true),
            Self::Postgres | Self::Sqlite => (text, false),
        }
    }

    /// Returns the name as the database compares it.
    ///
    /// PostgreSQL folds ASCII letters of unquoted names only, whatever the locale, in the encodings that sqlx uses.
    pub(crate) fn fold(self, name: &Ident) -> String {
        match (self, name.quote_style) {
            (Self::Postgres, Some(_)) => name.value.clone(),
            _ => name.value.to_ascii_lowercase(),
        }
    }

    pub(super) fn allows_quote(self, quote: char) -> bool {
        quote == '"' || self == Self::Sqlite && matches!(quote, '`' | '[')
    }

    /// The bytes of a name that the database keeps; longer ones it would cut.
    pub(super) fn longest_name(self) -> usize {
        match self {
            Self::Postgres => 63,
            Self::Sqlite => 1_000,
        }
    }

    /// The highest index a placeholder can have, one less than the database's own for the tenant's.
    pub(super) fn most_params(self) -> usize {
        match self {
            Self::Postgres => 65_534,
            Self::Sqlite => 32_765,
        }
    }

    pub(super) fn placeholder(self, index: usize) -> String {
        match self {
            Self::Postgres => format!("${index}"),
            Self::Sqlite => format!("?{index}"),
        }
    }

    /// Returns the tenant's bind where nothing around it tells its type.
    pub(super) fn typed_tenant(self, placeholder: &str) -> Expr {
        let bare = Expr::value(Value::Placeholder(placeholder.to_owned()));
        match self {
            Self::Postgres => as_uuid(bare),
            Self::Sqlite => bare,
        }
    }

    /// Returns `expr` with the type of a tenant's id, for comparison with the bind.
    pub(super) fn as_tenant(self, expr: Expr) -> Expr {
        let nested = Expr::Nested(Box::new(expr));
        match self {
            Self::Postgres => as_uuid(nested),
            Self::Sqlite => nested,
        }
    }

    /// The schema that an unqualified table of the catalog is in.
    pub(super) fn home_schema(self) -> &'static str {
        match self {
            Self::Postgres => "public",
            Self::Sqlite => "main",
        }
    }

    pub(super) fn is_system_schema(self, schema: &str) -> bool {
        match self {
            Self::Postgres => schema.starts_with("pg_") || schema == "information_schema",
            Self::Sqlite => schema == "temp",
        }
    }

    pub(super) fn is_system_table(self, table: &str) -> bool {
        match self {
            Self::Postgres => table.starts_with("pg_"),
            Self::Sqlite => {
                table.starts_with("sqlite_") || table.starts_with("pragma_") || matches!(table, "dbstat" | "sqlite")
            }
        }
    }

    /// Columns that each table has besides its own.
    pub(super) fn system_columns(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"],
            Self::Sqlite => &["rowid", "_rowid_", "oid"],
        }
    }

    /// Tells whether every CTE of a list is visible in all of them: by `RECURSIVE` in PostgreSQL, always in SQLite.
    pub(super) fn ctes_see_each_other(self, recursive: bool) -> bool {
        self == Self::Sqlite || recursive
    }

    pub(super) fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => functions::POSTGRES,
            Self::Sqlite => functions::SQLITE,
        }
    }

    /// Words that call a function, and that the parser reads as names.
    pub(super) fn calls(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["current_role", "current_schema", "system_user"],
            Self::Sqlite => &[],
        }
    }

    pub(super) fn table_functions(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::Postgres => functions::POSTGRES_TABLE,
            Self::Sqlite => functions::SQLITE_TABLE,
        }
    }

    pub(super) fn has_merge(self) -> bool {
        self == Self::Postgres
    }

    /// Tells whether a comma in FROM binds as an inner join does: then an outer join reaches over it.
    pub(super) fn comma_is_a_join(self) -> bool {
        self == Self::Sqlite
    }
}

fn as_uuid(expr: Expr) -> Expr {
    Expr::Cast { kind: CastKind::DoubleColon, expr: Box::new(expr), data_type: DataType::Uuid, format: None }
}
