//! Whether tenants are kept apart is told from the tables alone, and told right when a wall is missing.

use nadia_tenant_core::{CellLayout, Isolation, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantSlug};
use nadia_tenant_sqlx::{
    Catalog, Error, Installation, InstallationConfig,
    portable::Tenants,
    test_kit::{Finding, IsolationCheck, IsolationReport, assert_isolated},
};
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};
use tempfile::TempDir;

use super::{WITHOUT_POLICIES, as_superuser, on_postgres, on_sqlite};

/// Makes tenants that nobody else has.
async fn tenants(installation: &Installation, isolation: Isolation) -> [TenantContext; 3] {
    let mut made = Vec::new();
    for slug in ["north", "south", "harbour"] {
        let slug = TenantSlug::parse(&format!("{slug}-{isolation}")).unwrap();
        let tenant = Tenant::new(TenantId::new(), slug, "starter".parse().unwrap()).with_isolation(isolation);
        let tenant = installation.create_tenant(&tenant, None).await.unwrap();
        let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
        made.push(TenantContext::new(tenant, cell, ResolvedBy::Job));
    }
    made.try_into().unwrap()
}

/// What the clinic's foreign keys ask for.
fn clinic<'m>(tenants: &Tenants, catalog: &Catalog) -> IsolationCheck<'m> {
    IsolationCheck::over(tenants, catalog)
        .with_value("visits", "patient_id", |sample| sample.of("patients", "id"))
        .with_value("notes", "visit_id", |sample| sample.of("visits", "id"))
}

async fn check(tenants: &Tenants, installation: &Installation, isolation: Isolation) -> IsolationReport {
    let contexts = self::tenants(installation, isolation).await;
    clinic(tenants, installation.catalog()).run(&contexts).await.unwrap()
}

/// Each rule must be found broken in each of the clinic's tables.
fn assert_all_found(report: &IsolationReport, rules: &[&str]) {
    let leaks = |finding: &&Finding| finding.is_leak;
    for table in ["patients", "visits", "notes", "counters"] {
        for rule in rules {
            let found = report.findings().iter().filter(leaks).any(|one| one.table == table && one.rule.contains(rule));
            assert!(found, "{rule} in {table}\n{report}");
        }
    }
}

const EVERY_RULE: [&str; 6] = ["sees", "changes", "deletes", "RETURNING", "writes no row", "upsert"];

#[tokio::test]
async fn tenants_are_isolated_on_postgres_however_they_are_kept() {
    let (installation, _) = on_postgres().await;
    for isolation in Isolation::ALL {
        let report = check(installation.tenants(), &installation, isolation).await;
        report.assert_isolated();
        assert!(report.statements() > 200, "{}", report.statements());
    }
}

#[tokio::test]
async fn tenants_are_isolated_on_sqlite_however_they_are_kept() {
    let (installation, _folder) = on_sqlite().await;
    for isolation in [Isolation::Shared, Isolation::Database] {
        check(installation.tenants(), &installation, isolation).await.assert_isolated();
    }
}

#[tokio::test]
async fn either_wall_of_postgres_is_enough() {
    let (installation, url) = on_postgres().await;
    let [north, south, harbour] = tenants(&installation, Isolation::Shared).await;
    let no_guard = installation.tenants().dangerous_without_guard();
    let check = clinic(&no_guard, installation.catalog());
    check.run(&[north.clone(), south.clone()]).await.unwrap().assert_isolated();
    as_superuser(&url, WITHOUT_POLICIES).await;
    let check = clinic(installation.tenants(), installation.catalog());
    check.run(&[harbour, north, south]).await.unwrap().assert_isolated();
}

#[tokio::test]
async fn without_the_guard_sqlite_is_found_open_in_every_table() {
    let (installation, _folder) = on_sqlite().await;
    let no_guard = installation.tenants().dangerous_without_guard();
    assert_all_found(&check(&no_guard, &installation, Isolation::Shared).await, &EVERY_RULE);
}

#[tokio::test]
async fn without_guard_and_policies_postgres_is_found_open_in_every_table() {
    let (installation, url) = on_postgres().await;
    as_superuser(&url, WITHOUT_POLICIES).await;
    let no_guard = installation.tenants().dangerous_without_guard();
    assert_all_found(&check(&no_guard, &installation, Isolation::Shared).await, &EVERY_RULE);
}

#[tokio::test]
async fn one_policy_that_was_opened_is_found_by_its_table() {
    for (sql, leaks) in [
        ("ALTER POLICY nadia_tenant ON visits USING (true)", vec!["sees", "deletes", "RETURNING"]),
        ("ALTER POLICY nadia_tenant ON visits WITH CHECK (true)", vec!["writes no row"]),
        ("CREATE POLICY support ON visits FOR SELECT USING (true)", vec!["sees"]),
    ] {
        let (installation, url) = on_postgres().await;
        as_superuser(&url, sql).await;
        let no_guard = installation.tenants().dangerous_without_guard();
        let report = check(&no_guard, &installation, Isolation::Shared).await;
        for leak in leaks {
            assert!(report.findings().iter().any(|one| one.is_leak && one.rule.contains(leak)), "{leak}\n{report}");
        }
        assert!(report.findings().iter().all(|one| one.table == "visits"), "{report}");
    }
}

#[tokio::test]
async fn a_policy_that_was_dropped_is_found() {
    let (installation, url) = on_postgres().await;
    as_superuser(&url, "DROP POLICY nadia_tenant ON counters").await;
    let no_guard = installation.tenants().dangerous_without_guard();
    // Without any policy PostgreSQL lets nobody in, so it is no leak; that walls stand can't be told, either.
    let report = check(&no_guard, &installation, Isolation::Shared).await;
    assert!(!report.is_isolated());
    assert!(report.findings().iter().all(|one| one.table == "counters" && !one.is_leak), "{report}");
}

#[tokio::test]
async fn a_row_of_another_tenant_in_a_place_of_ones_own_is_found() {
    let (installation, _folder) = on_sqlite().await;
    let no_guard = installation.tenants().dangerous_without_guard();
    let report = check(&no_guard, &installation, Isolation::Database).await;
    let rules: Vec<_> = report.findings().iter().filter(|one| one.is_leak).map(|one| one.rule).collect();
    assert!(!rules.is_empty() && rules.iter().all(|rule| rule.contains("writes no row") || rule.contains("upsert")));
}

#[tokio::test]
async fn what_cannot_be_checked_is_no_success() {
    let (installation, _folder) = on_sqlite().await;
    let contexts = tenants(&installation, Isolation::Shared).await;
    // A made-up visit has no patient.
    let report = IsolationCheck::new(&installation).run(&contexts).await.unwrap();
    let unchecked: Vec<_> = report.findings().iter().map(|one| (&*one.table, one.is_leak)).collect();
    assert!(unchecked.contains(&("visits", false)), "{report}");
    assert!(report.to_string().to_lowercase().contains("foreign key"), "{report}");
    for wrong in [&contexts[..1], &[contexts[0].clone(), contexts[0].clone()]] {
        let refused = IsolationCheck::new(&installation).run(wrong).await;
        assert!(matches!(refused, Err(Error::Config(_))), "{refused:?}");
    }
    let misspelt = IsolationCheck::new(&installation).with_value("visits", "patient", |_| 1_i64.into());
    assert!(matches!(misspelt.run(&contexts).await, Err(Error::Config(_))));
}

/// Tables of many types, keys and defaults, none of the clinic's.
const EXOTIC: &str = "
    CREATE TABLE currencies (code text NOT NULL PRIMARY KEY);
    CREATE TABLE things (
        tenant_id uuid NOT NULL, id bigint NOT NULL, small smallint NOT NULL, label varchar(40) NOT NULL,
        price numeric(12, 2) NOT NULL, ratio double precision NOT NULL, is_on boolean NOT NULL, made_at timestamptz NOT NULL,
        parent bigint, day date NOT NULL, body jsonb NOT NULL, raw bytea NOT NULL, extra text, state text NOT NULL DEFAULT 'new',
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, label));
    CREATE TABLE \"Order\" (
        tenant_id uuid NOT NULL, \"group\" uuid NOT NULL, PRIMARY KEY (tenant_id, \"group\"));
    CREATE TABLE badges (tenant_id uuid NOT NULL, code text NOT NULL PRIMARY KEY, note text NOT NULL);
    CREATE TABLE settings (tenant_id uuid NOT NULL PRIMARY KEY);
    CREATE TABLE log (tenant_id uuid NOT NULL, line text NOT NULL);";

fn exotic() -> Migrator {
    let place = Migration::new(1, "exotic".into(), MigrationType::Simple, EXOTIC.into_sql_str(), false);
    Migrator::with_migrations(vec![place])
}

async fn check_exotic(url: &str) {
    let config = InstallationConfig::new(url.parse().unwrap(), &exotic())
        .with_role_suffix(format!("exotic_{}", std::process::id()));
    let installation = Installation::provision(config).await.unwrap();
    let contexts = tenants(&installation, Isolation::Shared).await;
    assert_isolated(&installation, &contexts).await;
    // Nothing was left behind by that.
    for ctx in &contexts {
        let mut scope = installation.tenants().conn(ctx).await.unwrap();
        for sql in ["SELECT id FROM things", "SELECT code FROM badges", "SELECT line FROM log"] {
            assert!(scope.query(sql).fetch_all().await.unwrap().is_empty(), "{sql}");
        }
    }
    if installation.sqlite().is_some() {
        let no_guard = installation.tenants().dangerous_without_guard();
        let report = IsolationCheck::over(&no_guard, installation.catalog()).run(&contexts).await.unwrap();
        for table in ["things", "Order", "badges", "settings", "log"] {
            let table = table.to_ascii_lowercase();
            assert!(report.findings().iter().any(|one| one.is_leak && one.table == table), "{table}\n{report}");
        }
        let stolen = |one: &&Finding| one.table == "badges" && one.rule.contains("upsert");
        assert!(report.findings().iter().any(|one| stolen(&one)), "{report}");
    }
}

#[tokio::test]
async fn rows_of_many_types_are_made_up_on_postgres() {
    check_exotic(&nadia_tests::fresh_database(&format!("nadia_exotic_{}", std::process::id())).await).await;
}

#[tokio::test]
async fn rows_of_many_types_are_made_up_on_sqlite() {
    let folder = TempDir::new().unwrap();
    check_exotic(&format!("sqlite:{}", folder.path().display())).await;
}
