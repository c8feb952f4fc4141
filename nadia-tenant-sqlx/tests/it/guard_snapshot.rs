use std::{fmt::Write, fs, path::Path, sync::Arc};

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Guard, Guarded, Refusal};

use crate::guard_cases::{Case, attacks, cases, cross_tenant, guard};

/// Compares what the guard answers with `tests/output/guard.txt`; `UPDATE_OUTPUT=1` writes the file instead.
#[test]
fn answers_are_those_of_the_committed_file() {
    let guards = [("postgres", Dialect::Postgres), ("sqlite", Dialect::Sqlite)]
        .map(|(name, dialect)| (name, dialect, guard(dialect)));
    let mut text = String::new();
    for case in cases().into_iter().chain(attacks().into_iter().map(|attack| attack.case)) {
        entry(&mut text, &case, &guards, "", Guard::tenant);
    }
    for asked in cross_tenant() {
        entry(&mut text, &asked.case, &guards, "over all tenants: ", Guard::cross_tenant);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output/guard.txt");
    if std::env::var_os("UPDATE_OUTPUT").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    for (known, found) in known.split("\n\n").zip(text.split("\n\n")) {
        assert_eq!(known, found, "look at the change; UPDATE_OUTPUT=1 takes it over");
    }
    assert!(known == text, "statements were added or removed; UPDATE_OUTPUT=1 takes them over");
}

type Answer = fn(&Guard, &str) -> Result<Arc<Guarded>, Refusal>;

fn entry(text: &mut String, case: &Case, guards: &[(&str, Dialect, Guard)], access: &str, answer: Answer) {
    writeln!(text, "{access}{}", case.sql).unwrap();
    for (name, dialect, guard) in guards {
        if case.is_for(*dialect) {
            match answer(guard, case.sql) {
                Ok(guarded) => writeln!(text, "  {name}: {}", guarded.sql()).unwrap(),
                Err(refusal) => {
                    writeln!(text, "  {name} refuses, {:?}: {}", refusal.kind(), refusal.message()).unwrap()
                }
            }
        }
    }
    text.push('\n');
}

#[test]
fn refusal_underlines_the_place() {
    let refusal = guard(Dialect::Postgres).tenant("SELECT name,\n  pg_sleep(1)\nFROM patients").unwrap_err();
    assert_eq!((refusal.line(), refusal.column()), (2, 3));
    assert_eq!(
        refusal.to_string(),
        "error: function \"pg_sleep\" is not on the guard's list
 --> statement:2:3
  |
2 |   pg_sleep(1)
  |   ^^^^^^^^
  = help: use a built-in function of plain values, or allow it by `Guard::allow_function` if it reads no table"
    );
}

#[test]
fn allowed_function_passes_by_its_plain_name_only() {
    let guard = guard(Dialect::Postgres).allow_function("my_score");
    assert!(guard.tenant("SELECT my_score(name) FROM patients").is_ok());
    assert!(guard.tenant("SELECT evil.my_score(name) FROM patients").is_err());
    assert!(guard.tenant("SELECT other_score(name) FROM patients").is_err());
}

#[test]
fn tenant_is_bound_after_the_callers_arguments() {
    let guard = guard(Dialect::Sqlite);
    let guarded = guard.tenant("UPDATE patients SET name = ?, score = ? WHERE id = ?").unwrap();
    assert_eq!((guarded.params(), guarded.tenant_param(), guarded.is_write()), (3, Some(4), true));
    let guarded = guard.tenant("SELECT name FROM countries WHERE code = $1").unwrap();
    assert_eq!((guarded.params(), guarded.tenant_param(), guarded.is_write()), (1, None, false));
}

/// A conflict on the columns that are unique within the tenant is a conflict on the tenant's key.
#[test]
fn conflict_target_becomes_the_tenants() {
    let guard = guard(Dialect::Postgres);
    let sql = "INSERT INTO patients (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name";
    assert_eq!(
        &**guard.tenant(sql).unwrap().sql(),
        "INSERT INTO patients (id, name, tenant_id) VALUES ($1, $2, $3::UUID) ON CONFLICT(id, tenant_id) DO UPDATE SET \
         name = excluded.name WHERE patients.tenant_id = $3"
    );
    assert!(guard.tenant(&sql.replace("(id) DO", "(name) DO")).is_err());
}

#[test]
fn control_statements_reach_control_tables_only() {
    let guard = guard(Dialect::Postgres);
    let guarded =
        guard.control("INSERT INTO tenants (id, slug) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING").unwrap();
    assert_eq!(guarded.tenant_param(), None);
    assert!(guard.control("SELECT slug FROM tenants WHERE id = $1").is_ok());
    for refused in [
        "SELECT * FROM patients",
        "SELECT * FROM countries",
        "SELECT * FROM tenants, patients",
        "TRUNCATE tenants",
        "SELECT set_config('a', 'b', false)",
        "SELECT 1; SELECT 2",
    ] {
        assert!(guard.control(refused).is_err(), "{refused}");
    }
}

#[test]
fn same_text_is_kept_apart_by_access() {
    let guard = guard(Dialect::Postgres);
    assert!(guard.control("SELECT slug FROM tenants").is_ok());
    assert!(guard.tenant("SELECT slug FROM tenants").is_err());
    assert!(guard.control("SELECT slug FROM tenants").is_ok());
}
