use nadia_tenant_core::Dialect;
use sqlx::{Sqlite, migrate::Migrator, sqlite::SqliteConnectOptions};

use super::*;
use crate::{Catalog, Guard, Installation, InstallationConfig};

/// Opens a place in memory, or one whose file isn't there.
fn place(name: &str, is_there: bool) -> CrossPlace {
    let catalog = Catalog::builder(Dialect::Sqlite).build().expect("no table is in it");
    let options = match is_there {
        true => SqliteConnectOptions::new().in_memory(true),
        false => SqliteConnectOptions::new().filename("/nowhere/at/all.sqlite").read_only(true),
    };
    CrossPlace::new(name, Place::<Sqlite>::new(options, Arc::new(Guard::new(catalog)), ConnectionLimits::default()))
}

#[tokio::test]
async fn each_place_answers_on_its_own_and_those_that_fail_are_named() {
    let folder = std::env::temp_dir().join(format!("nadia-cross-{}", uuid::Uuid::new_v4()));
    let migrator = Migrator::with_migrations(Vec::new());
    let config = InstallationConfig::new(crate::DatabaseUrl::sqlite(&folder), &migrator);
    let installation = Installation::provision(config).await.unwrap();
    let control = installation.control().clone();
    let places: Vec<_> = (0..12).map(|at| place(&format!("place {at}"), at % 3 != 1)).collect();
    let parts = CrossParts::new(control.clone(), &[], places);
    let reads = CrossTenant::new(parts, Reason::parse("a test of the fan-out").unwrap());

    let answers = reads.each_with("SELECT $1 + 1 AS next", |query| query.bind(41_i64)).await;
    let found: Vec<(&str, Option<i64>)> = answers
        .iter()
        .map(|(name, rows)| (name.as_str(), rows.as_ref().ok().map(|rows| rows[0].get("next").unwrap())))
        .collect();
    let names: Vec<String> = (0..12).map(|at| format!("place {at}")).collect();
    let expected: Vec<(&str, Option<i64>)> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), (at % 3 != 1).then_some(42))).collect();
    assert_eq!(found, expected);

    // Those that failed are in the record as well: they were asked.
    let mut scope = control.conn().await.unwrap();
    let rows = scope.query("SELECT place FROM cross_tenant_reads").fetch_all().await.unwrap();
    let mut audited: Vec<String> = rows.iter().map(|row| row.get("place").unwrap()).collect();
    let mut asked = names.clone();
    audited.sort();
    asked.sort();
    assert_eq!(audited, asked);
    drop(scope);
    installation.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn actor_is_one_line_of_one_to_two_hundred_characters() {
    for text in ["", " ", "a\nb", &"x".repeat(201)] {
        assert!(reason::checked("the actor", text, 1, 200).is_err(), "{text:?}");
    }
    assert_eq!(reason::checked("the actor", " operator 7 ", 1, 200), Ok("operator 7"));
}
