use std::{thread, time::Duration};

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::RefusalKind;
use proptest::prelude::*;

use crate::{
    guard_cases::{attacks, cases, guard},
    predicates::lacking,
};

/// Runs `test` on a thread with a stack of 2 MiB, as a worker thread of a runtime has.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(2 << 20).spawn(test).unwrap().join().unwrap();
}

fn repeated(before: &str, part: &str, count: usize, after: &str) -> String {
    format!("{before}{}{after}", part.repeat(count))
}

/// Each query has fifty times the columns of the one before.
fn wildcards_of_wildcards() -> String {
    let levels =
        (1..=20).map(|level| format!(", c{level} AS (SELECT {} FROM c{})", vec!["*"; 50].join(", "), level - 1));
    format!("WITH c0 AS (SELECT * FROM patients){} SELECT 1 FROM c20", levels.collect::<String>())
}

#[test]
fn oversize_statement_is_refused_at_once() {
    on_a_small_stack(|| {
        let deep = |open: &str, close: &str, count: usize| {
            format!("SELECT {}1{} FROM patients", open.repeat(count), close.repeat(count))
        };
        let oversize = [
            deep("(", ")", 10_000),
            deep("(", ")", 33),
            deep("f(", ")", 5_000),
            deep("(SELECT ", ")", 5_000),
            deep("CASE WHEN 1 = 1 THEN ", " END", 2_000),
            deep("NOT ", "", 5_000),
            deep("- ", "", 5_000),
            deep("ARRAY[", "]", 5_000),
            deep("(1 + ", ")", 5_000),
            repeated("SELECT * FROM patients WHERE 1 = 1", " AND 1 = 1", 50_000, ""),
            repeated("SELECT * FROM patients WHERE 1 = 1", " AND 1 = 1", 3_000, ""),
            repeated("SELECT 1", " UNION SELECT 1", 3_000, ""),
            repeated("SELECT 1", "::text", 3_000, ""),
            repeated("SELECT 1", " IS NULL", 3_000, ""),
            repeated("SELECT a", "[1]", 20_000, ""),
            repeated("SELECT 1", ", 1", 5_001, ""),
            repeated("SELECT * FROM patients p0", " CROSS JOIN patients", 64, ""),
            repeated("SELECT * FROM ", "(", 5_000, "patients"),
            repeated("SELECT * FROM countries c", ", countries", 65, ""),
            format!("SELECT '{}'", "x".repeat(5 << 20)),
            wildcards_of_wildcards(),
            repeated(
                "WITH a AS (SELECT 1)",
                ", b AS (INSERT INTO items (label) VALUES ('x') ON CONFLICT (label) WHERE amount < 0 DO NOTHING)",
                390,
                " SELECT 1",
            ),
            repeated("TABLE patients", " UNION TABLE patients", 400, ""),
            repeated("SELECT 1", " IS id", 3_000, " FROM patients"),
            repeated("SELECT 1", " IN doctors", 3_000, " FROM patients"),
            repeated("SELECT 1", " ISNULL", 3_000, " FROM patients"),
        ];
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let guard = guard(dialect);
            for sql in &oversize {
                let started = std::time::Instant::now();
                let refusal = guard.tenant(sql).expect_err(&sql[..60]);
                assert!(started.elapsed() < Duration::from_secs(2), "{} took {:?}", &sql[..60], started.elapsed());
                let kind = refusal.kind();
                let fits = matches!(
                    kind,
                    RefusalKind::Limit | RefusalKind::Syntax | RefusalKind::Name | RefusalKind::Unsupported
                );
                assert!(fits, "{}: {refusal}", &sql[..60]);
                assert!(refusal.to_string().len() < 1_000);
            }
        }
    });
}

/// What is just within the limits must neither overflow the stack nor take long, drop included.
#[test]
fn largest_statement_fits_a_small_stack() {
    on_a_small_stack(|| {
        let deep = |open: &str, close: &str, count: usize| {
            format!("SELECT {}1{} FROM patients", open.repeat(count), close.repeat(count))
        };
        let largest = [
            deep("(", ")", 32),
            deep("(SELECT ", ")", 32),
            deep("coalesce(1, ", ")", 32),
            deep("CASE WHEN 1 = 1 THEN ", " END", 30),
            deep("NOT ", "", 150),
            deep("- ", "", 150),
            repeated("SELECT * FROM patients WHERE 1 = 1", " AND 1 = 1", 250, ""),
            repeated("SELECT * FROM patients WHERE 1 = 1", " OR (1 = 1 AND id = 3)", 160, ""),
            repeated("SELECT 1", " UNION SELECT 1", 160, ""),
            repeated("SELECT 1", "::text", 500, ""),
            repeated("SELECT 1", " IS NULL", 250, ""),
            repeated("SELECT 1", " ISNULL", 250, ""),
            repeated("SELECT 1", " IS id", 250, " FROM patients"),
            repeated("SELECT 1 IN links", " IN doctors", 60, " FROM patients"),
            repeated("TABLE patients", " UNION TABLE patients", 63, ""),
            repeated("SELECT * FROM patients WHERE id IN (1", ", 1", 4_900, ")"),
            repeated("SELECT * FROM ", "(SELECT * FROM ", 31, &format!("patients{}", ") AS s".repeat(31))),
            repeated("SELECT * FROM ", "(", 31, &format!("patients{}", ")".repeat(31))),
            repeated(
                "SELECT * FROM patients WHERE ",
                "id IN (SELECT id FROM patients WHERE ",
                31,
                &format!("true{}", ")".repeat(31)),
            ),
        ];
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let guard = guard(dialect);
            for sql in &largest {
                let started = std::time::Instant::now();
                let answer = guard.tenant(sql);
                assert!(started.elapsed() < Duration::from_secs(2), "{} took {:?}", &sql[..40], started.elapsed());
                if let Err(refusal) = answer {
                    let fits =
                        matches!(refusal.kind(), RefusalKind::Limit | RefusalKind::Syntax | RefusalKind::Unsupported);
                    assert!(fits, "{dialect:?} {}: {refusal}", &sql[..40]);
                }
            }
        }
    });
}

#[test]
fn usual_sizes_are_within_the_limits() {
    let guard = guard(Dialect::Postgres);
    for sql in [
        repeated("SELECT * FROM patients WHERE id = 0", " OR id = 1", 200, ""),
        repeated("SELECT * FROM patients WHERE id IN (0", ", 1", 4_000, ")"),
        repeated("INSERT INTO patients (id, name) VALUES (0, 'x')", ", (1, 'y')", 900, ""),
        format!("SELECT {}id{} FROM patients", "(".repeat(20), ")".repeat(20)),
    ] {
        assert!(guard.tenant(&sql).is_ok(), "{}: {:?}", &sql[..60], guard.tenant(&sql));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            refused_or_guarded(dialect, &text)?;
        }
    }

    /// Pieces of real statements put together at random: what passes carries the tenant wherever a tenant table is.
    #[test]
    fn shuffled_statements_are_refused_or_guarded(picks in proptest::collection::vec((any::<usize>(), any::<usize>()), 1..12)) {
        let words: Vec<&str> = cases().iter().map(|case| case.sql)
            .chain(attacks().iter().map(|attack| attack.case.sql))
            .flat_map(|sql| sql.split_inclusive([' ', '(', ')', ',']))
            .collect();
        let text: String = picks.iter().flat_map(|(at, len)| words.iter().skip(at % words.len()).take(1 + len % 9).copied()).collect();
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            refused_or_guarded(dialect, &text)?;
            over_all_tenants(dialect, &text)?;
        }
    }

    /// A statement with something cut out, doubled or put in between never fails the guard's own check.
    #[test]
    fn changed_statements_are_refused_or_guarded(pick in any::<usize>(), from in any::<usize>(), len in 0_usize..20, put in ".{0,6}") {
        let all: Vec<&str> = cases().iter().map(|case| case.sql).collect();
        let sql: Vec<char> = all[pick % all.len()].chars().collect();
        let from = from % sql.len();
        let until = (from + len).min(sql.len());
        let text: String = sql[..from].iter().copied().chain(put.chars()).chain(sql[until..].iter().copied()).collect();
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            refused_or_guarded(dialect, &text)?;
            over_all_tenants(dialect, &text)?;
        }
    }
}

/// The property of the fuzz target: what passes reads again and has its predicates; what is refused can say so.
fn refused_or_guarded(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    let guard = guard(dialect);
    match guard.tenant(text) {
        Ok(guarded) => {
            let lacking = lacking(guard.catalog(), &guarded);
            prop_assert!(lacking.is_none(), "{text}: {lacking:?}");
        }
        Err(refusal) => {
            prop_assert!(
                refusal.kind() != RefusalKind::Internal && !refusal.to_string().is_empty(),
                "{text}: {refusal}"
            );
        }
    }
    Ok(())
}

/// All that the hand-written lists hold has the property; and it can be missed.
#[test]
fn predicates_are_counted() {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let guard = guard(dialect);
        let statements = cases().into_iter().chain(attacks().into_iter().map(|attack| attack.case));
        for guarded in statements.filter_map(|case| guard.tenant(case.sql).ok()) {
            assert_eq!(lacking(guard.catalog(), &guarded), None);
        }
        for leak in ["SELECT name FROM patients", "SELECT 1 FROM countries, \"Odd Names\" AS o"] {
            assert!(lacking(guard.catalog(), &guard.cross_tenant(leak).unwrap()).unwrap().contains("0 guards for 1"));
        }
    }
}

/// What passes over all tenants begins as a reading does, and binds no tenant.
fn over_all_tenants(dialect: Dialect, text: &str) -> Result<(), TestCaseError> {
    match guard(dialect).cross_tenant(text) {
        Ok(guarded) => {
            prop_assert!(!guarded.is_write() && guarded.tenant_param().is_none(), "{text}");
            let reads = ["SELECT", "WITH", "VALUES", "("].iter().any(|word| guarded.sql().starts_with(word));
            prop_assert!(reads, "{text} became {}", guarded.sql());
        }
        Err(refusal) => prop_assert!(refusal.kind() != RefusalKind::Internal, "{text}: {refusal}"),
    }
    Ok(())
}
