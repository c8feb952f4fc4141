//! Rows of one clinic in every table of the migrations, with a marker in every column that takes a text or bytes.

use std::{collections::BTreeMap, fs};

use nadia_tests::{Clinic, Server};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use crate::platform::clinic_support::{context, identity_of};

/// How the markers begin, by where the tables are.
pub(super) const PLACE: &str = "zqplace";
pub(super) const CONTROL: &str = "zqcontrol";

/// Columns whose texts are one of a few; another one is no data but a fault.
const CLOSED: [(&str, &str); 3] = [("role", "viewer"), ("status", "booked"), ("state", "done")];

/// Tables that hold nothing of a clinic, and one whose only row it has already.
const NOT_OF_A_CLINIC: [&str; 4] = ["operators", "operator_sessions", "rollups", "audit_heads"];

struct Table {
    name: String,
    columns: Vec<(String, String)>,
}

/// Fills every table, and returns the ids of the rows, by table.
pub(super) async fn fill(server: &Server, clinic: &Clinic) -> BTreeMap<String, Uuid> {
    let owner = identity_of(server, &clinic.email).await;
    let mut ids = BTreeMap::from([("tenants".to_owned(), clinic.uuid()), ("owner".to_owned(), owner)]);
    for table in tables("control").iter().filter(|table| !NOT_OF_A_CLINIC.contains(&table.name.as_str())) {
        let (sql, values) = insert(table, CONTROL, clinic.uuid(), &mut ids);
        let mut scope = server.running().installation().control().conn().await.unwrap();
        let query = values.into_iter().fold(scope.query(sql), |query, value| value.bind(query));
        query.execute().await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    let ctx = context(server, &clinic.slug).await;
    for mut table in tables("place") {
        table.columns.retain(|(name, _)| name != "tenant_id");
        let (sql, values) = insert(&table, PLACE, clinic.uuid(), &mut ids);
        let mut scope = server.running().installation().tenants().conn(&ctx).await.unwrap();
        let query = values.into_iter().fold(scope.query(sql), |query, value| value.bind(query));
        query.execute().await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    ids
}

enum Filled {
    Text(String),
    Bytes(Vec<u8>),
    Id(Uuid),
    Time(OffsetDateTime),
    Number(i64),
    Truth(bool),
    Day(sqlx::types::time::Date),
}

impl Filled {
    fn bind(self, query: nadia_tenant_sqlx::portable::Query<'_>) -> nadia_tenant_sqlx::portable::Query<'_> {
        match self {
            Self::Text(value) => query.bind(value),
            Self::Bytes(value) => query.bind(value),
            Self::Id(value) => query.bind(value),
            Self::Time(value) => query.bind(value),
            Self::Number(value) => query.bind(value),
            Self::Truth(value) => query.bind(value),
            Self::Day(value) => query.bind(value),
        }
    }
}

fn insert(table: &Table, mark: &str, tenant: Uuid, ids: &mut BTreeMap<String, Uuid>) -> (&'static str, Vec<Filled>) {
    let now = OffsetDateTime::now_utc();
    let value = |(name, kind): &(String, String)| match kind.as_str() {
        "text" => match CLOSED.iter().find(|(closed, _)| closed == name) {
            Some((_, word)) => Filled::Text((*word).to_owned()),
            None if name == "email" => Filled::Text(format!("{mark}-{}@example.org", table.name)),
            None => Filled::Text(format!("{mark}-{}-{name}", table.name)),
        },
        "bytea" => Filled::Bytes(format!("{mark}-{}-{name}", table.name).into_bytes()),
        "uuid" => Filled::Id(match name.as_str() {
            "id" => Uuid::now_v7(),
            "tenant_id" | "chain_id" => tenant,
            // `patient_id` names a row of `patients`, `identity_id` one of `identities`.
            name => {
                let plural = name.trim_end_matches("_id").replace("identity", "identitie") + "s";
                ids.get(&plural).copied().unwrap_or(ids["owner"])
            }
        }),
        "timestamptz" => Filled::Time(now),
        "bigint" => Filled::Number(1_000_000),
        "boolean" => Filled::Truth(true),
        "date" => Filled::Day(now.date()),
        kind => panic!("{}.{name} is a {kind}; say what a row of a test has there", table.name),
    };
    let values: Vec<Filled> = table.columns.iter().map(value).collect();
    for ((name, _), value) in table.columns.iter().zip(&values) {
        if let ("id", Filled::Id(id)) = (name.as_str(), value) {
            ids.insert(table.name.clone(), *id);
        }
    }
    let names: Vec<_> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
    let places: Vec<_> = (1..=names.len()).map(|at| format!("${at}")).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), places.join(", "));
    // A statement is text of the program: this one is, for as long as the test runs.
    (Box::leak(sql.into_boxed_str()), values)
}

/// Reads the tables out of the migrations, so that a new one, or a new column, is filled as well.
fn tables(folder: &str) -> Vec<Table> {
    let folder = format!("{}/../examples/platform/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut tables: Vec<Table> = Vec::new();
    for file in files {
        let mut open = false;
        for line in fs::read_to_string(&file).unwrap().lines() {
            let words: Vec<_> = line.split_whitespace().map(|word| word.trim_matches(['(', ',', ';'])).collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, ..] => {
                    tables.push(Table { name: (*name).to_owned(), columns: Vec::new() });
                    open = true;
                }
                ["ALTER", "TABLE", table, "ADD", "COLUMN", name, kind, ..] => {
                    let table = tables.iter_mut().find(|known| known.name == *table).unwrap();
                    table.columns.push(((*name).to_owned(), (*kind).to_owned()));
                }
                [""] if line.starts_with(')') => open = false,
                [")"] => open = false,
                ["--" | "PRIMARY" | "FOREIGN" | "UNIQUE" | "CONSTRAINT" | "CHECK", ..] | [] => {}
                [name, kind, ..] if open => {
                    tables.last_mut().unwrap().columns.push(((*name).to_owned(), (*kind).to_owned()));
                }
                _ => {}
            }
        }
    }
    assert!(tables.len() >= 7 && tables.iter().all(|table| !table.columns.is_empty()), "{}", tables.len());
    tables
}
