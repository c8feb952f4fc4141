//! A grammar of statements over the tests' schema: what it makes is mostly valid, and has one answer whatever order the database
//! reads rows in. So LIMIT comes only with an order over all columns, and what UPDATE … FROM assigns is one row's.

mod choices;
mod expr;
mod from;
mod query;
mod write;

use nadia_tenant_core::Dialect;

pub(crate) use self::choices::{Choices, shrink};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
}

use Kind::{Int, Text};

/// A table of the schema, its tenant column left out.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
    /// The columns of its key that are the tenant's own.
    pub(super) key: &'static [&'static str],
    pub(super) is_tenants: bool,
}

const fn table(
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
    key: &'static [&'static str],
    is_tenants: bool,
) -> Table {
    Table { name, columns, key, is_tenants }
}

pub(super) const TABLES: &[Table] = &[
    table("patients", &[("id", Int), ("name", Text), ("email", Text), ("score", Int)], &["id"], true),
    table("doctors", &[("id", Int), ("name", Text), ("ward", Text)], &["id"], true),
    table(
        "visits",
        &[("id", Int), ("patient_id", Int), ("doctor_id", Int), ("country", Text), ("cost", Int), ("note", Text)],
        &["id"],
        true,
    ),
    table(
        "items",
        &[("visit_id", Int), ("position", Int), ("label", Text), ("amount", Int)],
        &["visit_id", "position"],
        true,
    ),
    table("links", &[("a", Int), ("b", Int)], &[], true),
    table("settings", &[("name", Text), ("value", Text)], &["name"], true),
    table("\"Odd Names\"", &[("\"Id\"", Int), ("\"select\"", Text)], &["\"Id\""], true),
    table("notes", &[("visit_id", Int), ("id", Int), ("body", Text)], &["id"], true),
    table("rooms", &[("id", Int), ("label", Text)], &["id"], true),
    table("countries", &[("code", Text), ("name", Text)], &["code"], false),
    table("prices", &[("country", Text), ("service", Text), ("amount", Int)], &["country", "service"], false),
];

/// A relation that expressions can refer to.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) name: String,
    pub(super) columns: Vec<(String, Kind)>,
    pub(super) has_tenant: bool,
}

pub(super) struct Maker {
    pub(super) choices: Choices,
    pub(super) dialect: Dialect,
    /// The relations in view, the innermost query's last.
    pub(super) scopes: Vec<Vec<Relation>>,
    pub(super) ctes: Vec<Relation>,
    /// How deep sub-queries may still nest.
    pub(super) depth: u32,
    names: u32,
}

/// A statement, and whether its order is fixed.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) sql: String,
    pub(crate) ordered: bool,
}

/// Makes a statement by the choices; gives them back as they were made.
pub(crate) fn statement(dialect: Dialect, choices: Choices) -> (Made, Vec<u32>) {
    let mut maker = Maker { choices, dialect, scopes: Vec::new(), ctes: Vec::new(), depth: 2, names: 0 };
    let made = if maker.choices.rarely(3) {
        Made { sql: maker.write(), ordered: false }
    } else {
        let (sql, ordered) = maker.query(None);
        Made { sql, ordered }
    };
    (made, maker.choices.into_made())
}

impl Maker {
    pub(super) fn is_postgres(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// A name that nothing else has.
    pub(super) fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    /// Runs `inner` one level deeper.
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.depth -= 1;
        let made = inner(self);
        self.depth += 1;
        made
    }
}
