//! What a live SQLite file has, against what the catalog says.

mod facts;

use std::{collections::BTreeSet, path::Path};

use sqlparser::{
    dialect::SQLiteDialect,
    tokenizer::{Token, Tokenizer, Whitespace},
};
use sqlx::SqliteConnection;

use self::facts::{Facts, ForeignKey};
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
        columns.iter().any(|known| known.name == column).then(|| column.to_owned())
    }

    fn tables(&mut self) {
        let there: BTreeSet<String> = self
            .facts
            .objects
            .iter()
            .filter(|object| object.kind == "table")
            .map(|object| object.name.clone())
            .collect();
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
                match there.iter().find(|known| known.name == column.name()) {
                    None if is_tenant => found.push(("tenant_column_missing", ident(table.name()), None)),
                    None => found.push(("column_missing", object, None)),
                    Some(known) if is_tenant && !known.not_null => found.push(("tenant_column_nullable", object, None)),
                    Some(known) if known.not_null != column.not_null() => {
                        let allows = "allows NULL where the catalog has NOT NULL";
                        let detail = if known.not_null { "NOT NULL where the catalog allows NULL" } else { allows };
                        found.push(("column_differs", object, Some(detail.to_owned())));
                    }
                    Some(_) => {}
                }
            }
            for unknown in there.iter().filter(|known| !table.has_column(&known.name)) {
                let object = format!("{}.{}", ident(table.name()), ident(&unknown.name));
                found.push(("column_unknown", object, None));
            }
        }
        for (code, object, detail) in found {
            self.find(code, object, detail, None);
        }
    }

    fn indexes(&mut self) {
        let mut found = Vec::new();
        for (table, columns) in &self.facts.columns {
            let Some(tenant) = self.tenant_column(table) else { continue };
            let key: Vec<_> = columns.iter().filter(|column| column.key_place > 0).collect();
            if !key.is_empty() && !key.iter().any(|column| column.name == tenant) {
                found.push(("primary_key_without_tenant", ident(table), None));
            }
        }
        for ((table, name), index) in &self.facts.indexes {
            let Some(tenant) = self.tenant_column(table) else { continue };
            let has_tenant = index.columns.contains(&tenant);
            let code = match index.columns.first() {
                _ if index.origin == "pk" => continue,
                _ if index.is_unique && !has_tenant => "unique_without_tenant",
                first if first != Some(&tenant) => "index_not_led_by_tenant",
                _ => continue,
            };
            // A constraint has no name, and is part of its table's text, which SQLite can't change.
            let is_constraint = index.origin != "c";
            let object = if is_constraint { format!("{table} ({})", index.columns.join(", ")) } else { name.clone() };
            let fix = if is_constraint || has_tenant { None } else { self.made_again(name, &tenant) };
            found.push((code, object, fix));
        }
        for (code, object, fix) in found {
            self.find(code, object, None, fix);
        }
    }

    /// Returns the statements that make an index again, led by the tenant column.
    fn made_again(&self, index: &str, tenant: &str) -> Option<String> {
        let folded = index.to_ascii_lowercase();
        let object = self.facts.objects.iter().find(|object| object.kind == "index" && object.name == folded)?;
        let again = with_first_column(object.text.as_deref()?, tenant)?;
        Some(format!("DROP INDEX {}; {again}", ident(index)))
    }

    fn foreign_keys(&mut self) {
        let mut found = Vec::new();
        for ((table, _), key) in &self.facts.foreign_keys {
            let referred = &key.referred;
            let code = match (self.tenant_column(table), self.tenant_column(referred)) {
                (Some(here), Some(there)) if self.is_paired(key, &here, &there) => continue,
                (Some(_), Some(_)) => "foreign_key_without_tenant",
                (None, None) => continue,
                (Some(_), None) if self.is_reference(referred) => continue,
                _ => "foreign_key_other_kind",
            };
            let columns = key.pairs.iter().map(|(from, _)| from.as_str()).collect::<Vec<_>>().join(", ");
            found.push((code, format!("{table} ({columns})"), format!("it refers to {referred}")));
        }
        for (code, object, detail) in found {
            self.find(code, object, detail, None);
        }
    }

    fn is_reference(&self, table: &str) -> bool {
        self.expected.catalog.table(table).is_some_and(|table| table.kind() == TableKind::Reference)
    }

    /// Tells whether the key compares the one table's tenant column with the other's.
    fn is_paired(&self, key: &ForeignKey, here: &str, there: &str) -> bool {
        let primary = |at: usize| {
            let columns = self.facts.columns.get(&key.referred)?;
            columns.iter().find(|column| usize::try_from(column.key_place) == Ok(at + 1)).map(|column| &column.name)
        };
        let mut pairs = key.pairs.iter().enumerate();
        pairs.any(|(at, (from, to))| from == here && to.as_ref().or_else(|| primary(at)).is_some_and(|to| to == there))
    }

    fn code(&mut self) {
        let found = self.facts.objects.iter().filter_map(|object| match object.kind.as_str() {
            "view" => Some(("view", ident(&object.name), None)),
            "trigger" => Some(("trigger", ident(&object.name), Some(format!("on {}", object.table)))),
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
