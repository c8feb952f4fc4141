//! The tables of a clinic's place, column by column: a test holds them against the migrations.

use nadia_tenant_sqlx::{
    Error,
    portable::{Conn, Row},
};
use serde_json::{Map, Value};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// How many rows are read at once.
pub(super) const PAGE: usize = 500;

/// What a column holds; each may be NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Id,
    Text,
    Number,
    Time,
    Day,
}

/// A table that is exported.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// How many columns, the first ones, are the key.
    key: usize,
    columns: &'static [(&'static str, Kind)],
    /// Columns that don't stand in its lines, and why not.
    #[cfg_attr(not(test), expect(dead_code, reason = "the test reads it"))]
    left_out: &'static [&'static str],
    /// Reads the rows after a key.
    page: &'static str,
}

use Kind::{Day, Id, Number, Text, Time};

macro_rules! page {
    ($columns:literal, $table:literal, $after:literal, $order:literal) => {
        concat!("SELECT ", $columns, " FROM ", $table, " WHERE ", $after, " ORDER BY ", $order, " LIMIT 500")
    };
}

/// All tables of a place, parents first. The tenant's column is left out of each: the manifest says whose it all is.
pub(super) const TABLES: [Table; 8] = [
    Table {
        name: "patients",
        key: 1,
        columns: &[
            ("id", Id),
            ("given_name", Text),
            ("family_name", Text),
            ("birth_date", Day),
            ("email", Text),
            ("phone", Text),
            ("notes", Text),
            ("search_text", Text),
            ("version", Number),
            ("created_at", Time),
            ("updated_at", Time),
        ],
        left_out: &[],
        page: page!(
            "id, given_name, family_name, birth_date, email, phone, notes, search_text, version, created_at, updated_at",
            "patients",
            "id > $1",
            "id"
        ),
    },
    Table {
        name: "appointments",
        key: 1,
        columns: &[
            ("id", Id),
            ("patient_id", Id),
            ("clinician_id", Id),
            ("starts_at", Time),
            ("ends_at", Time),
            ("status", Text),
            ("reason", Text),
            ("version", Number),
            ("created_at", Time),
            ("updated_at", Time),
        ],
        left_out: &[],
        page: page!(
            "id, patient_id, clinician_id, starts_at, ends_at, status, reason, version, created_at, updated_at",
            "appointments",
            "id > $1",
            "id"
        ),
    },
    Table {
        name: "appointment_slots",
        key: 2,
        columns: &[("clinician_id", Id), ("slot", Number), ("appointment_id", Id)],
        left_out: &[],
        page: page!(
            "clinician_id, slot, appointment_id",
            "appointment_slots",
            "(clinician_id > $1 OR (clinician_id = $1 AND slot > $2))",
            "clinician_id, slot"
        ),
    },
    Table {
        name: "notes",
        key: 1,
        columns: &[("id", Id), ("patient_id", Id), ("author_id", Id), ("body", Text), ("created_at", Time)],
        left_out: &[],
        page: page!("id, patient_id, author_id, body, created_at", "notes", "id > $1", "id"),
    },
    Table {
        name: DOCUMENTS,
        key: 1,
        columns: &[
            ("id", Id),
            ("patient_id", Id),
            ("name", Text),
            ("media_type", Text),
            ("size_bytes", Number),
            ("sha256", Text),
            ("created_by", Id),
            ("created_at", Time),
        ],
        // A file of the archive, which `file` names.
        left_out: &["content"],
        page: page!(
            "id, patient_id, name, media_type, size_bytes, sha256, created_by, created_at",
            "documents",
            "id > $1",
            "id"
        ),
    },
    Table {
        name: "teams",
        key: 1,
        columns: &[("id", Id), ("name", Text), ("created_at", Time)],
        left_out: &[],
        page: page!("id, name, created_at", "teams", "id > $1", "id"),
    },
    Table {
        name: "team_members",
        key: 2,
        columns: &[("team_id", Id), ("identity_id", Id), ("added_at", Time)],
        left_out: &[],
        page: page!(
            "team_id, identity_id, added_at",
            "team_members",
            "(team_id > $1 OR (team_id = $1 AND identity_id > $2))",
            "team_id, identity_id"
        ),
    },
    Table {
        name: "counters",
        key: 1,
        columns: &[("resource", Text), ("used", Number)],
        left_out: &[],
        page: page!("resource, used", "counters", "resource > $1", "resource"),
    },
];

pub(super) const DOCUMENTS: &str = "documents";

/// Counts the rows of all tables, those with files twice: how much there is to do.
pub(super) const COUNT: &str = "SELECT (SELECT count(*) FROM patients) + (SELECT count(*) FROM appointments) \
    + (SELECT count(*) FROM appointment_slots) + (SELECT count(*) FROM notes) + 2 * (SELECT count(*) FROM documents) \
    + (SELECT count(*) FROM teams) + (SELECT count(*) FROM team_members) + (SELECT count(*) FROM counters) AS n";

/// A part of a row's key.
#[derive(Clone, Debug)]
enum Part {
    Id(Uuid),
    Number(i64),
    Text(String),
}

/// Where the reading of a table is.
#[derive(Debug)]
pub(super) struct Place<'t> {
    table: &'t Table,
    after: Vec<Part>,
}

impl Table {
    pub(super) fn start(&self) -> Place<'_> {
        let first = |(_, kind): &(&str, Kind)| match kind {
            Id => Part::Id(Uuid::nil()),
            Number => Part::Number(i64::MIN),
            Text | Time | Day => Part::Text(String::new()),
        };
        Place { table: self, after: self.columns[..self.key].iter().map(first).collect() }
    }
}

impl Place<'_> {
    /// Reads the next rows; fewer than a page are the last ones.
    pub(super) async fn next(&mut self, conn: &mut Conn) -> Result<Vec<Map<String, Value>>, Error> {
        let query = self.after.iter().fold(conn.query(self.table.page), |query, part| match part {
            Part::Id(id) => query.bind(*id),
            Part::Number(number) => query.bind(*number),
            Part::Text(text) => query.bind(text.clone()),
        });
        let rows = query.fetch_all().await?;
        if let Some(last) = rows.last() {
            let part = |(name, kind): &(&str, Kind)| match kind {
                Id => last.get(name).map(Part::Id),
                Number => last.get(name).map(Part::Number),
                Text | Time | Day => last.get(name).map(Part::Text),
            };
            self.after = self.table.columns[..self.table.key].iter().map(part).collect::<Result<_, _>>()?;
        }
        rows.iter().map(|row| line(row, self.table.columns)).collect()
    }
}

fn line(row: &Row, columns: &[(&'static str, Kind)]) -> Result<Map<String, Value>, Error> {
    let mut line = Map::new();
    for (name, kind) in columns {
        let value = match kind {
            Id => row.get::<Option<Uuid>>(name)?.map(|id| Value::from(id.to_string())),
            Text => row.get::<Option<String>>(name)?.map(Value::from),
            Number => row.get::<Option<i64>>(name)?.map(Value::from),
            Time => row.get::<Option<OffsetDateTime>>(name)?.map(|at| Value::from(instant(at))),
            Day => row.get::<Option<Date>>(name)?.map(|day| Value::from(day.to_string())),
        };
        line.insert((*name).to_owned(), value.unwrap_or_default());
    }
    Ok(line)
}

pub(super) fn instant(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}

/// Returns the name in the archive of a document's file. Of what people called it, only letters that lead nowhere stay.
pub(super) fn file_name(id: &str, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " -_.".contains(c) { c } else { '_' };
    let safe: String = name.chars().map(plain).take(100).collect();
    let safe = safe.trim_matches(['.', ' ']);
    format!("files/documents/{id}/{}", if safe.is_empty() { "file" } else { safe })
}

#[cfg(test)]
mod tests {
    use nadia_tenant_core::Dialect;
    use nadia_tenant_sqlx::Catalog;

    use super::*;

    #[test]
    fn every_column_of_every_table_is_exported_or_left_out_on_purpose() {
        let catalog = crate::startup::PLACE
            .iter()
            .fold(Catalog::builder(Dialect::Sqlite), |catalog, migration| catalog.ddl(migration.sql.as_str()).unwrap());
        let catalog = catalog.build().unwrap();
        let known: Vec<_> = catalog.tables().map(|table| table.name().to_owned()).collect();
        let mut exported: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        exported.sort_unstable();
        let mut sorted = known.clone();
        sorted.sort_unstable();
        assert_eq!(exported, sorted);
        for table in &TABLES {
            let wanted = catalog.table(table.name).unwrap();
            let mut columns: Vec<_> = wanted.columns().iter().map(|column| column.name()).collect();
            let mut listed: Vec<_> =
                table.columns.iter().map(|(name, _)| *name).chain(table.left_out.iter().copied()).collect();
            listed.push("tenant_id");
            columns.sort_unstable();
            listed.sort_unstable();
            assert_eq!(listed, columns, "{}", table.name);
            let key: Vec<_> = wanted.primary_key().iter().skip(1).map(String::as_str).collect();
            let exported: Vec<_> = table.columns[..table.key].iter().map(|(name, _)| *name).collect();
            assert_eq!(exported, key, "{}", table.name);
            let selected: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
            assert!(table.page.starts_with(&format!("SELECT {} FROM {} ", selected.join(", "), table.name)));
            assert!(
                table.page.ends_with(&format!(" LIMIT {PAGE}")) && COUNT.contains(&format!("FROM {})", table.name))
            );
        }
    }

    #[test]
    fn a_files_name_leads_nowhere() {
        let check =
            |name: &str, expected: &str| assert_eq!(file_name("1", name), format!("files/documents/1/{expected}"));
        check("report.pdf", "report.pdf");
        check("../../etc/passwd", "_.._etc_passwd");
        check("..", "file");
        check("", "file");
        check("C:\\x\\y.exe", "C__x_y.exe");
        check("/absolute", "_absolute");
        check("a\0b\nc", "a_b_c");
        check("Zoë.pdf", "Zo_.pdf");
        assert_eq!(file_name("1", &"a".repeat(300)).len(), "files/documents/1/".len() + 100);
    }
}
