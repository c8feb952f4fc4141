//! The schema and the statements that the guard's tests share.

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard};

/// Ten synthetic tables: composite keys, a global key, none; the tenant column first, last and in between.
pub(crate) const SCHEMA: &str = include_str!("../cases/schema.sql");

const CONTROL: &str = "CREATE TABLE tenants (id uuid PRIMARY KEY, slug text NOT NULL UNIQUE)";

pub(crate) fn guard(dialect: Dialect) -> Guard {
    let catalog = Catalog::builder(dialect)
        .ddl(SCHEMA)
        .and_then(|builder| builder.control_ddl(CONTROL))
        .and_then(|builder| builder.build())
        .expect("the schema of the tests is plain");
    Guard::new(catalog)
}

/// A statement of `cases/differential.sql`.
pub(crate) struct Case {
    pub(crate) sql: &'static str,
    pub(crate) ordered: bool,
    only: Option<Dialect>,
}

impl Case {
    pub(crate) fn is_for(&self, dialect: Dialect) -> bool {
        self.only.is_none_or(|only| only == dialect)
    }
}

pub(crate) fn cases() -> Vec<Case> {
    lines(include_str!("../cases/differential.sql")).map(case).collect()
}

fn case(line: &'static str) -> Case {
    let mut case = Case { sql: line, ordered: false, only: None };
    if let Some(rest) = case.sql.strip_prefix("ordered: ") {
        (case.sql, case.ordered) = (rest, true);
    }
    for (mark, dialect) in [("pg: ", Dialect::Postgres), ("lite: ", Dialect::Sqlite)] {
        if let Some(rest) = case.sql.strip_prefix(mark) {
            (case.sql, case.only) = (rest, Some(dialect));
        }
    }
    case
}

/// A statement of `cases/attacks.sql`, and the guard's answer.
pub(crate) struct Attack {
    pub(crate) answer: &'static str,
    pub(crate) case: Case,
}

pub(crate) fn attacks() -> Vec<Attack> {
    answered(include_str!("../cases/attacks.sql"))
}

/// The statements of `cases/cross_tenant.sql`.
pub(crate) fn cross_tenant() -> Vec<Attack> {
    answered(include_str!("../cases/cross_tenant.sql"))
}

/// The statements of `cases/wanted.sql`.
pub(crate) fn wanted() -> Vec<Attack> {
    answered(include_str!("../cases/wanted.sql"))
}

fn answered(text: &'static str) -> Vec<Attack> {
    let attack = |line: &'static str| {
        let [answer, databases, sql] = line.splitn(3, " | ").collect::<Vec<_>>()[..] else {
            panic!("{line:?} should have an answer, databases and a statement");
        };
        let only = match databases {
            "both" => None,
            "postgres" => Some(Dialect::Postgres),
            "sqlite" => Some(Dialect::Sqlite),
            other => panic!("{other:?} is no database"),
        };
        Attack { answer, case: Case { sql, ordered: false, only } }
    };
    lines(text).map(attack).collect()
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("-- "))
}
