//! What a live SQLite file has, against what the catalog says.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use sqlparser::{
    dialect::SQLiteDialect,
    tokenizer::{Token, Tokenizer, Whitespace},
};
use sqlx::SqliteConnection;

use super::Finding;
use crate::{Catalog, Error, Table, TableKind};

/// What a file of an installation should be like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedFile<'a> {
    pub(crate) catalog: &'a Catalog,
    /// Which tables the file holds: a place's are tenant and reference tables, the control database's the others.
    pub(crate) kinds: &'a [TableKind],
    /// Names of tables of the installation's own, which are in no catalog.
    pub(crate) internal_tables: &'a [&'a str],
    /// Where the file is, for a look at its mode; `None` leaves that out.
    pub(crate) path: Option<&'a Path>,
}

/// Compares the file with what is expected, by queries whose number doesn't depend on the number of tables.
///
/// Takes a serving connection, so that its settings are looked at, too. `quick_check` reads the whole file.
///
/// # Errors
/// [`Error::Sqlx`] when the database fails, [`Error::Io`] when the file's mode can't be read.
pub(crate) async fn examine_sqlite(
    connection: &mut SqliteConnection,
    expected: &ExpectedFile<'_>,
) -> Result<Vec<Finding>, Error> {
    let mut examination = Examination { expected, facts: Facts::read(connection).await?, findings: Vec::new() };
    examination.tables();
    examination.columns();
    examination.indexes();
    examination.foreign_keys();
    examination.code();
    examination.file()?;
    Ok(examination.findings)
}

/// What the file's schema says.
#[derive(Debug)]
struct Facts {
    /// Type, name, table and text of each table, index, view and trigger.
    objects: Vec<(String, String, String, Option<String>)>,
    /// The columns by table: name, whether it is NOT NULL, whether it has a default, its place in the primary key (from 1).
    columns: BTreeMap<String, Vec<(String, bool, bool, i64)>>,
    /// The indexes by table and name: whether unique, its origin (`c`, `u` or `pk`), its columns.
    indexes: BTreeMap<(String, String), (bool, String, Vec<String>)>,
    /// The foreign keys by table and number: the table referred to, and the pairs of columns.
    foreign_keys: BTreeMap<(String, i64), (String, Vec<(String, Option<String>)>)>,
    checks_foreign_keys: bool,
    damage: Vec<String>,
}

impl Facts {
    async fn read(connection: &mut SqliteConnection) -> Result<Self, Error> {
        let objects = sqlx::query_as(
            "SELECT type, lower(name), lower(tbl_name), sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        );
        let objects = objects.fetch_all(&mut *connection).await?;

        let mut columns = BTreeMap::<_, Vec<_>>::new();
        let rows: Vec<(String, String, bool, bool, i64)> = sqlx::query_as(
            "SELECT lower(m.name), lower(c.name), c.\"notnull\", c.dflt_value IS NOT NULL, c.pk
             FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (table, column, required, defaulted, key) in rows {
            columns.entry(table).or_default().push((column, required, defaulted, key));
        }

        let mut indexes = BTreeMap::new();
        let rows: Vec<(String, String, bool, String, Option<String>)> = sqlx::query_as(
            "SELECT lower(m.name), i.name, i.\"unique\", i.origin, lower(c.name)
             FROM sqlite_schema m, pragma_index_list(m.name) i, pragma_index_xinfo(i.name) c
             WHERE m.type = 'table' AND c.key ORDER BY m.name, i.name, c.seqno",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (table, index, unique, origin, column) in rows {
            let entry = indexes.entry((table, index)).or_insert_with(|| (unique, origin, Vec::new()));
            // An expression has no name, and is no tenant column.
            entry.2.push(column.unwrap_or_default());
        }

        let mut foreign_keys = BTreeMap::new();
        let rows: Vec<(String, i64, String, String, Option<String>)> = sqlx::query_as(
            "SELECT lower(m.name), f.id, lower(f.\"table\"), lower(f.\"from\"), lower(f.\"to\")
             FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (table, id, referred, from, to) in rows {
            let entry = foreign_keys.entry((table, id)).or_insert_with(|| (referred, Vec::new()));
            entry.1.push((from, to));
        }

        let checks_foreign_keys = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await?;
        let damage: Vec<String> = sqlx::query_scalar("PRAGMA quick_check").fetch_all(&mut *connection).await?;
        let damage = damage.into_iter().filter(|line| line != "ok").collect();
        Ok(Self { objects, columns, indexes, foreign_keys, checks_foreign_keys, damage })
    }
}

struct Examination<'e> {
    expected: &'e ExpectedFile<'e>,
    facts: Facts,
    findings: Vec<Finding>,
}

impl Examination<'_> {
    fn find(
        &mut self,
        code: &str,
        object: impl Into<String>,
        detail: impl Into<Option<String>>,
        fix: impl Into<Option<String>>,
    ) {
        self.findings.push(Finding::new(code, object, detail, fix));
    }

    fn wanted(&self) -> impl Iterator<Item = &Table> {
        self.expected.catalog.tables().filter(|table| self.expected.kinds.contains(&table.kind()))
    }

    fn is_internal(&self, table: &str) -> bool {
        self.expected.internal_tables.contains(&table)
    }

    /// Returns the tenant column of a table that holds tenants' rows, whether the catalog knows the table or not.
    fn tenant_column(&self, table: &str) -> Option<String> {
        if !self.expected.kinds.contains(&TableKind::Tenant) || self.is_internal(table) {
            return None;
        }
        let column = self.expected.catalog.tables().find_map(Table::tenant_column)?;
        let columns = self.facts.columns.get(table)?;
        columns.iter().any(|(name, ..)| name == column).then(|| column.to_owned())
    }

    fn tables(&mut self) {
        let there: BTreeSet<String> =
            self.facts.objects.iter().filter(|(kind, ..)| kind == "table").map(|(_, name, ..)| name.clone()).collect();
        let wanted: BTreeSet<String> = self.wanted().map(|table| table.name().to_owned()).collect();
        for missing in wanted.difference(&there) {
            self.find("table_missing", ident(missing), None, None);
        }
        for other in there.difference(&wanted) {
            if self.is_internal(other) {
                continue;
            }
            let code = match self.expected.catalog.table(other) {
                Some(_) => "table_misplaced",
                None => "table_not_in_catalog",
            };
            self.find(code, ident(other), None, None);
        }
    }

    fn columns(&mut self) {
        let mut found = Vec::new();
        for table in self.wanted() {
            let Some(there) = self.facts.columns.get(table.name()) else { continue };
            for column in table.columns() {
                let object = format!("{}.{}", ident(table.name()), ident(column.name()));
                let is_tenant = table.tenant_column() == Some(column.name());
                match there.iter().find(|(name, ..)| name == column.name()) {
                    None if is_tenant => found.push(("tenant_column_missing", ident(table.name()), None)),
                    None => found.push(("column_missing", object, None)),
                    Some((_, false, ..)) if is_tenant => found.push(("tenant_column_nullable", object, None)),
                    Some((_, required, ..)) if *required != column.not_null() => {
                        let detail = if *required { "NOT NULL where the catalog allows NULL" } else { "allows NULL" };
                        found.push(("column_differs", object, Some(detail.to_owned())));
                    }
                    Some(_) => {}
                }
            }
            let unknown = there.iter().filter(|(name, ..)| !table.has_column(name));
            found.extend(
                unknown.map(|(name, ..)| ("column_unknown", format!("{}.{}", ident(table.name()), ident(name)), None)),
            );
        }
        for (code, object, detail) in found {
            self.find(code, object, detail, None);
        }
    }

    fn indexes(&mut self) {
        let mut found = Vec::new();
        for (table, columns) in &self.facts.columns {
            let Some(tenant) = self.tenant_column(table) else { continue };
            let key: Vec<_> = columns.iter().filter(|(.., place)| *place > 0).collect();
            if !key.is_empty() && !key.iter().any(|(name, ..)| *name == tenant) {
                found.push(("primary_key_without_tenant", ident(table), None));
            }
        }
        for ((table, index), (unique, origin, columns)) in &self.facts.indexes {
            let Some(tenant) = self.tenant_column(table) else { continue };
            if origin == "pk" {
                continue;
            }
            let has_tenant = columns.contains(&tenant);
            let code = match () {
                () if *unique && !has_tenant => "unique_without_tenant",
                () if columns.first() != Some(&tenant) => "index_not_led_by_tenant",
                () => continue,
            };
            let object = if origin == "c" { index.clone() } else { format!("{table} ({})", columns.join(", ")) };
            // A constraint is part of its table's text, which SQLite can't change.
            let made_again = || {
                let of_index = |(kind, name, ..): &&(String, String, String, Option<String>)| {
                    kind == "index" && *name == index.to_ascii_lowercase()
                };
                let text = self.facts.objects.iter().find(of_index)?.3.as_deref()?;
                with_first_column(text, &tenant).map(|again| format!("DROP INDEX {}; {again}", ident(index)))
            };
            found.push((code, object, if origin == "c" && !has_tenant { made_again() } else { None }));
        }
        for (code, object, fix) in found {
            self.find(code, object, None, fix);
        }
    }

    fn foreign_keys(&mut self) {
        let mut found = Vec::new();
        for ((table, _), (referred, pairs)) in &self.facts.foreign_keys {
            let (here, there) = (self.tenant_column(table), self.tenant_column(referred));
            let code = match (&here, &there) {
                (Some(here), Some(there)) => {
                    // Without a list, the key refers to the primary key, column by column.
                    let implied = |at: usize| {
                        let columns = self.facts.columns.get(referred)?;
                        columns.iter().find(|(.., place)| usize::try_from(*place) == Ok(at + 1)).map(|(name, ..)| name)
                    };
                    let paired = pairs
                        .iter()
                        .enumerate()
                        .any(|(at, (from, to))| from == here && to.as_ref().or_else(|| implied(at)) == Some(there));
                    if paired {
                        continue;
                    }
                    "foreign_key_without_tenant"
                }
                (None, None) => continue,
                (Some(_), None) => match self.expected.catalog.table(referred) {
                    Some(table) if table.kind() == TableKind::Reference => continue,
                    _ => "foreign_key_other_kind",
                },
                (None, Some(_)) => "foreign_key_other_kind",
            };
            let columns = pairs.iter().map(|(from, _)| from.as_str()).collect::<Vec<_>>().join(", ");
            found.push((code, format!("{table} ({columns})"), format!("it refers to {referred}")));
        }
        for (code, object, detail) in found {
            self.find(code, object, detail, None);
        }
    }

    fn code(&mut self) {
        let found = self.facts.objects.iter().filter_map(|(kind, name, table, _)| match kind.as_str() {
            "view" => Some(("view", ident(name), None)),
            "trigger" => Some(("trigger", ident(name), Some(format!("on {table}")))),
            _ => None,
        });
        for (code, object, detail) in found.collect::<Vec<_>>() {
            self.find(code, object, detail, None);
        }
    }

    fn file(&mut self) -> Result<(), Error> {
        if !self.facts.checks_foreign_keys {
            self.find("foreign_keys_off", "this connection", None, None);
        }
        for damage in std::mem::take(&mut self.facts.damage) {
            self.find("file_damaged", "the file", damage, None);
        }
        #[cfg(unix)]
        if let Some(path) = self.expected.path {
            use std::os::unix::fs::PermissionsExt;
            let io = |source| Error::Io { path: path.display().to_string(), source };
            let mode = std::fs::metadata(path).map_err(io)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                self.find("file_mode", path.display().to_string(), format!("mode {mode:04o}"), None);
            }
        }
        Ok(())
    }
}

/// Puts a column in front of those of a CREATE INDEX.
fn with_first_column(text: &str, column: &str) -> Option<String> {
    // A name may hold a parenthesis, too.
    let mut tokens = Tokenizer::new(&SQLiteDialect {}, text).tokenize().ok()?;
    let at = tokens.iter().position(|token| *token == Token::LParen)?;
    let list = [Token::make_word(column, Some('"')), Token::Comma, Token::Whitespace(Whitespace::Space)];
    tokens.splice(at + 1..=at, list);
    Some(tokens.iter().map(ToString::to_string).collect())
}

/// Quotes an identifier where it needs quotes.
fn ident(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !name.is_empty() && name.bytes().all(plain) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
