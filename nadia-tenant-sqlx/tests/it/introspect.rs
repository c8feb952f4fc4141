//! A live database gives the catalog that its DDL gives, on both databases.

use std::collections::BTreeMap;

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard, Table};
use sqlx::{Connection, SqliteConnection};

use crate::{
    guard_cases::{SCHEMA, cases},
    oracle::Server,
};

/// What databases have beyond the schema of the tests.
const MORE: &str = "CREATE VIEW names AS SELECT name FROM patients;
    CREATE UNIQUE INDEX doctors_ward ON doctors (tenant_id, lower(ward))";
const POSTGRES: &str = "CREATE TYPE mood AS ENUM ('calm', 'it''s complicated');
    CREATE TABLE moods (tenant_id uuid NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, felt mood NOT NULL,
        said varchar(20)[] DEFAULT '{}', at timestamptz(3), PRIMARY KEY (tenant_id, id));";

fn read(dialect: Dialect, ddl: &[&str]) -> Catalog {
    let builder = Catalog::builder(dialect);
    ddl.iter().try_fold(builder, |builder, ddl| builder.ddl(ddl)).and_then(|builder| builder.build()).unwrap()
}

/// What the guard relies on of each table.
fn shape(catalog: &Catalog) -> BTreeMap<String, String> {
    let one = |table: &Table| {
        let columns: Vec<_> =
            table.columns().iter().map(|column| (column.name(), column.not_null(), column.has_default())).collect();
        let mut uniques: Vec<_> =
            table.uniques().iter().map(|unique| (unique.name(), unique.columns(), unique.is_partial())).collect();
        uniques.sort_unstable();
        format!("{:?} {:?} {columns:?} {:?} {uniques:?}", table.kind(), table.tenant_column(), table.primary_key())
    };
    catalog.tables().map(|table| (table.name().to_owned(), one(table))).collect()
}

#[track_caller]
fn are_alike(dialect: Dialect, live: Catalog, written: Catalog) {
    assert_eq!(shape(&live), shape(&written));
    let (live, written) = (Guard::new(live), Guard::new(written));
    let text = |guard: &Guard, sql| guard.tenant(sql).map(|guarded| guarded.sql().to_string()).map_err(|it| it.kind());
    for case in cases().into_iter().filter(|case| case.is_for(dialect)) {
        assert_eq!(text(&live, case.sql), text(&written, case.sql), "{}", case.sql);
    }
}

#[tokio::test]
async fn postgres_gives_the_catalog_of_its_ddl() {
    let schema = [SCHEMA, MORE, POSTGRES].join(";\n");
    let mut server = Server::bare(&schema).await;
    let builder = Catalog::builder(Dialect::Postgres).introspect_postgres(server.connection(), "public").await;
    let live = builder.unwrap().build().unwrap();
    assert!(live.table("moods").is_some_and(|table| table.columns()[4].declared_type().contains("timestamp")));
    let written = read(Dialect::Postgres, &[SCHEMA, MORE, POSTGRES]);
    let felt = |catalog: &Catalog| {
        let guard = Guard::new(catalog.clone());
        guard
            .tenant("SELECT felt FROM moods WHERE felt = 'calm'::mood")
            .map(|guarded| guarded.sql().to_string())
            .unwrap()
    };
    assert_eq!(felt(&live), felt(&written));
    are_alike(Dialect::Postgres, live, written);
    let none = Catalog::builder(Dialect::Postgres).introspect_postgres(server.connection(), "elsewhere").await;
    assert_eq!(none.unwrap().build().unwrap().tables().count(), 0);
}

#[tokio::test]
async fn sqlite_gives_the_catalog_of_its_ddl() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for statement in [SCHEMA, MORE].concat().split(';').filter(|text| !text.trim().is_empty()) {
        sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    }
    let builder = Catalog::builder(Dialect::Sqlite).introspect_sqlite(&mut connection).await.unwrap();
    are_alike(Dialect::Sqlite, builder.build().unwrap(), read(Dialect::Sqlite, &[SCHEMA, MORE]));
}
