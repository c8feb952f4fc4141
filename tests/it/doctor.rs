//! The doctor finds nothing on what was provisioned, and what was spoiled afterwards.

use nadia_tenant_core::{Dialect, Isolation, Tenant, TenantId};
use nadia_tenant_sqlx::{Error, Severity};
use nadia_tests::{Bed, on_both_databases};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

async fn with_own_places(bed: &Bed) -> Vec<Tenant> {
    let mut made = Vec::new();
    for isolation in [Isolation::Schema, Isolation::Database] {
        if bed.dialect() == Dialect::Sqlite && isolation == Isolation::Schema {
            continue;
        }
        let slug = format!("own-{isolation}").parse().unwrap();
        let tenant = Tenant::new(TenantId::new(), slug, "starter".parse().unwrap()).with_isolation(isolation);
        made.push(bed.installation.create_tenant(&tenant, None).await.unwrap());
    }
    made
}

on_both_databases! {
    async fn what_was_provisioned_is_healthy(bed: Bed) {
        let tenants = with_own_places(&bed).await;
        let diagnosis = bed.installation.doctor().await.unwrap();
        let worse: Vec<_> =
            diagnosis.findings().filter(|(_, found)| found.severity() >= Severity::Warning).collect();
        assert!(worse.is_empty(), "{diagnosis}\n{}", diagnosis.migration());
        diagnosis.ensure_clean().unwrap();
        let json = diagnosis.to_json();
        // Every place was looked at: a tenant's own database or file by its name.
        for tenant in tenants.iter().filter(|tenant| tenant.isolation() == Isolation::Database) {
            assert!(json.contains(&tenant.id().as_uuid().simple().to_string()), "{json}");
        }
    }
}

#[tokio::test]
async fn what_was_spoiled_is_found_and_mended_by_the_migration_it_writes() {
    let bed = Bed::postgres().await;
    let tenants = with_own_places(&bed).await;
    let schema = format!("t_{}", tenants[0].id().as_uuid().simple());
    let mut superuser = PgConnection::connect(&bed.url).await.unwrap();
    let spoil = format!(
        "ALTER TABLE {schema}.patients NO FORCE ROW LEVEL SECURITY;
         ALTER TABLE public.visits DISABLE ROW LEVEL SECURITY;
         ALTER POLICY nadia_tenant ON public.notes USING (true)"
    );
    sqlx::raw_sql(AssertSqlSafe(spoil)).execute(&mut superuser).await.unwrap();
    let diagnosis = bed.installation.doctor().await.unwrap();
    let mut found: Vec<_> = diagnosis
        .findings()
        .filter(|(_, found)| found.severity() == Severity::Critical)
        .map(|(_, found)| (found.check().to_owned(), found.object().to_owned()))
        .collect();
    found.sort();
    assert!(found.iter().any(|(_, object)| object.contains(&schema)), "{found:?}");
    assert!(found.iter().any(|(_, object)| object.contains("visits")), "{found:?}");
    assert!(found.iter().any(|(_, object)| object.contains("notes")), "{found:?}");
    assert!(matches!(diagnosis.ensure_clean(), Err(Error::Unsound { .. })));

    sqlx::raw_sql(AssertSqlSafe(diagnosis.migration())).execute(&mut superuser).await.unwrap();
    bed.installation.doctor().await.unwrap().ensure_clean().unwrap();
}
