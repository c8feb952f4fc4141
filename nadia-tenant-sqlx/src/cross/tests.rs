use nadia_tenant_core::{Isolation, Tenant, TenantId};
use sqlx::migrate::Migrator;

use super::*;
use crate::{DatabaseUrl, Installation, InstallationConfig};

#[tokio::test]
async fn each_place_answers_on_its_own_and_those_that_fail_are_named() {
    let folder = std::env::temp_dir().join(format!("nadia-cross-{}", uuid::Uuid::new_v4()));
    let config = InstallationConfig::new(DatabaseUrl::sqlite(&folder), &Migrator::with_migrations(Vec::new()));
    let installation = Installation::provision(config).await.unwrap();
    let control = installation.control().clone();
    let mut tenants = Vec::new();
    for number in 0..7 {
        let tenant =
            Tenant::new(TenantId::new(), format!("clinic-{number}").parse().unwrap(), "starter".parse().unwrap());
        let tenant = tenant.with_isolation(Isolation::Database);
        tenants.push(installation.create_tenant(&tenant, None).await.unwrap().id());
    }
    // What is at fault at one place is told of that place.
    let lost = folder.join("tenants").join(format!("{}.sqlite", tenants[3].as_uuid().simple()));
    std::fs::remove_file(lost).unwrap();

    let reads = installation.cross_tenant(Reason::parse("a test of the fan-out").unwrap()).await.unwrap();
    let answers = reads.each_with("SELECT $1 + 1 AS next", |query| query.bind(41_i64)).await;
    let found: Vec<(String, Option<i64>)> = answers
        .iter()
        .map(|(name, rows)| (name.to_string(), rows.as_ref().ok().map(|rows| rows[0].get("next").unwrap())))
        .collect();
    let shared = ("shared place of main".to_owned(), Some(42));
    let own = tenants.iter().enumerate();
    let own = own.map(|(at, tenant)| (format!("database of tenant {tenant} on main"), (at != 3).then_some(42)));
    assert_eq!(found, std::iter::once(shared).chain(own).collect::<Vec<_>>());

    // Those that failed are in the record as well: they were asked.
    let mut scope = control.conn().await.unwrap();
    let rows = scope.query("SELECT place FROM cross_tenant_reads").fetch_all().await.unwrap();
    let mut audited: Vec<String> = rows.iter().map(|row| row.get("place").unwrap()).collect();
    let mut asked: Vec<String> = found.into_iter().map(|(name, _)| name).collect();
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
