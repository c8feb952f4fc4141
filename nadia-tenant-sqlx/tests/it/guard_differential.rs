use std::collections::BTreeSet;

use crate::{
    guard_cases::{attacks, cases, cross_tenant, guard},
    oracle::{ARGUMENTS, Bed, Bind, Database, Lite, Planner, Ran, Server, TENANTS, Trial},
};

/// Compares each statement for each tenant. Returns those that failed, alike, on both sides.
async fn check<D: Database>(statements: &[(&'static str, bool)]) -> BTreeSet<&'static str> {
    let guard = guard(D::DIALECT);
    let mut bed = Bed::<D>::new(guard.catalog()).await;
    let mut differences = Vec::new();
    let mut failed = BTreeSet::new();
    for number in 0..TENANTS.len() {
        for (original, ordered) in statements {
            match guard.tenant(original) {
                Err(refusal) => differences.push(format!("{original}\n{refusal}")),
                Ok(guarded) => {
                    let planners = &[Planner::AsItLikes, Planner::ByIndex, Planner::BySequence];
                    let trial = Trial { original, guarded: &guarded, ordered: *ordered, planners };
                    match bed.compare(number, trial).await {
                        Ok(Ran::Failed) => drop(failed.insert(*original)),
                        Ok(Ran::Rows(_)) => {}
                        Err(difference) => differences.push(difference),
                    }
                }
            }
        }
    }
    let scans = bed.scans;
    bed.close().await;
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    // The second opinion was asked for.
    assert!(D::DIALECT != nadia_tenant_core::Dialect::Postgres || scans > statements.len(), "only {scans} scans");
    failed
}

async fn cases_agree<D: Database>() {
    let statements: Vec<_> =
        cases().iter().filter(|case| case.is_for(D::DIALECT)).map(|case| (case.sql, case.ordered)).collect();
    assert!(statements.len() >= 330, "only {} statements", statements.len());
    let failed = check::<D>(&statements).await;
    // Most must run: two statements that fail alike prove little.
    assert!(failed.len() <= 15, "{} failed on both sides: {failed:#?}", failed.len());
}

#[tokio::test]
async fn rewritten_statement_sees_and_changes_what_one_tenant_alone_would_on_postgres() {
    cases_agree::<Server>().await;
}

#[tokio::test]
async fn rewritten_statement_sees_and_changes_what_one_tenant_alone_would_on_sqlite() {
    cases_agree::<Lite>().await;
}

async fn accepted_attacks_agree<D: Database>() {
    let statements: Vec<_> = attacks()
        .iter()
        .filter(|attack| attack.answer == "harmless" && attack.case.is_for(D::DIALECT))
        .map(|attack| (attack.case.sql, false))
        .collect();
    assert!(statements.len() >= 15, "only {} statements", statements.len());
    check::<D>(&statements).await;
}

#[tokio::test]
async fn accepted_attack_is_harmless_on_postgres() {
    accepted_attacks_agree::<Server>().await;
}

#[tokio::test]
async fn accepted_attack_is_harmless_on_sqlite() {
    accepted_attacks_agree::<Lite>().await;
}

/// Over all tenants a statement means what it says.
async fn over_all_tenants<D: Database>() {
    let guard = guard(D::DIALECT);
    let mut everybody = D::everybody().await;
    let asked = cross_tenant();
    let reads = asked.iter().filter(|asked| asked.answer == "reads" && asked.case.is_for(D::DIALECT));
    let mut seen = 0;
    for sql in reads.map(|asked| asked.case.sql) {
        let guarded = guard.cross_tenant(sql).unwrap();
        let binds = &ARGUMENTS[..guarded.params()];
        let found = everybody.run(guarded.sql(), binds).await.unwrap();
        assert_eq!(found, everybody.run(sql, binds).await.unwrap(), "{sql}");
        seen += found.rows.len();
    }
    everybody.close().await;
    assert!(seen >= 100, "only {seen} rows were read");
}

#[tokio::test]
async fn statement_over_all_tenants_gives_what_it_gives_as_it_stands() {
    over_all_tenants::<Lite>().await;
    over_all_tenants::<Server>().await;
}

/// The oracle itself must tell: a missing predicate shows, in what is read and in what is left.
async fn leaks_show<D: Database>() {
    let everyone = guard(D::DIALECT);
    let mut bed = Bed::<D>::new(everyone.catalog()).await;
    let patients = everyone.cross_tenant("SELECT name FROM patients").unwrap();
    let trial = |planners| Trial { original: patients.sql(), guarded: &patients, ordered: false, planners };
    let seen = bed.compare(0, trial(&[])).await.unwrap_err();
    assert!(seen.contains("gave"), "{seen}");
    if D::DIALECT == nadia_tenant_core::Dialect::Postgres {
        let seen = bed.compare(0, trial(&[Planner::AsItLikes])).await.unwrap_err();
        assert!(seen.contains("scans \"patients\" unfiltered"), "{seen}");
    }
    let own = everyone.tenant("UPDATE patients SET score = 1 WHERE id = 1").unwrap();
    let other = Trial { original: "SELECT 1 WHERE 1 = 0", guarded: &own, ordered: false, planners: &[] };
    let seen = bed.compare(1, other).await.unwrap_err();
    assert!(seen.contains("gave") || seen.contains("left"), "{seen}");
    bed.close().await;
}

#[tokio::test]
async fn oracle_sees_a_leak() {
    leaks_show::<Lite>().await;
    leaks_show::<Server>().await;
}

/// A value for the tenant column is taken when it is the tenant's, and refused by the column when it is another's.
async fn given_values_are_verified<D: Database>(statements: &[(&str, bool)]) {
    let guard = guard(D::DIALECT);
    let mut everybody = D::everybody().await;
    let [own, other, _] = TENANTS;
    for (sql, fits) in statements {
        let guarded = guard.tenant(sql).unwrap();
        for (given, fits) in [(own, *fits), (other, false)] {
            let binds = [Bind::Tenant(given), Bind::Tenant(own)];
            let binds = &binds[2 - guarded.tenant_param().unwrap()..];
            let outcome = everybody.run(guarded.sql(), binds).await;
            assert_eq!(outcome.is_ok(), fits, "{sql} with {given}: {outcome:?}");
            everybody.reset().await;
        }
    }
    everybody.close().await;
}

#[tokio::test]
async fn given_tenant_value_is_verified() {
    given_values_are_verified::<Lite>(&[
        ("INSERT INTO patients (tenant_id, id, name) VALUES ($1, 70, 'x')", true),
        ("INSERT INTO patients VALUES ($1, 70, 'x', NULL, NULL)", true),
        ("INSERT INTO patients (id, tenant_id, name) SELECT 70, $1, 'x'", true),
        ("INSERT INTO patients (tenant_id, id, name) VALUES ($1, 70, 'x'), (x'00', 71, 'y')", false),
        ("INSERT INTO patients (tenant_id, id, name) VALUES (NULL, 70, 'x')", false),
        ("INSERT INTO links SELECT s.* FROM (SELECT $1 AS t, 1 AS a, 2 AS b) AS s", true),
        ("WITH s AS (SELECT $1 AS t, 1 AS a, 2 AS b) REPLACE INTO links SELECT * FROM s", true),
        ("REPLACE INTO patients (tenant_id, id, name) VALUES ($1, 1, 'x')", true),
    ])
    .await;
    given_values_are_verified::<Server>(&[
        ("INSERT INTO links SELECT * FROM (SELECT $1::uuid AS t, 1 AS a, 2 AS b) AS s", true),
        (
            "MERGE INTO links l USING (SELECT $1::uuid AS t) AS s ON l.tenant_id = s.t AND false \
             WHEN NOT MATCHED THEN INSERT (a, tenant_id) VALUES (1, s.t)",
            true,
        ),
        (
            "MERGE INTO links USING (VALUES ($1::uuid)) AS s (t) ON false WHEN NOT MATCHED THEN INSERT VALUES (s.t, 1, 2)",
            true,
        ),
    ])
    .await;
}
