use nadia_tenant_core::Dialect;

use super::*;
use crate::guard::{lex, parse};

const DDL: &str = "CREATE TABLE patients (tenant_id uuid NOT NULL, id bigint NOT NULL, tags text[]);
                   CREATE TABLE countries (code text PRIMARY KEY)";

const SQLITE_DDL: &str = "CREATE TABLE patients (tenant_id uuid NOT NULL, id bigint NOT NULL, UNIQUE (id, tenant_id));
                          CREATE TABLE rooms (id bigint PRIMARY KEY, tenant_id uuid NOT NULL)";

/// Looks at a text as if a walk had written it that found `tables` tables of the catalog.
fn look(access: Access, tables: usize, sql: &str) -> Result<(), String> {
    look_in(Dialect::Postgres, access, tables, sql)
}

fn look_in(dialect: Dialect, access: Access, tables: usize, sql: &str) -> Result<(), String> {
    let catalog = Catalog::builder(dialect)
        .ddl(if dialect == Dialect::Sqlite { SQLITE_DDL } else { DDL })
        .and_then(|builder| builder.control_ddl("CREATE TABLE tenants (id uuid PRIMARY KEY)"))
        .and_then(|builder| builder.build())
        .unwrap();
    let flavor = Flavor::of(dialect).unwrap();
    let tokens = lex::lex(flavor, sql, crate::GuardLimits::default()).unwrap().tokens;
    let statement = parse::parse(flavor, tokens).unwrap();
    verify(flavor, &catalog, access, &flavor.placeholder(1), tables, &statement).map_err(|fault| fault.message)
}

#[test]
fn finds_writes_locks_and_control_tables_among_statements_over_all_tenants() {
    let read = |sql| look(Access::CrossTenant, 1, sql);
    assert_eq!(read("SELECT id FROM patients"), Ok(()));
    assert_eq!(read("SELECT code FROM countries"), Ok(()));
    for (sql, fault) in [
        ("DELETE FROM patients", "a write"),
        ("INSERT INTO patients (id) VALUES (1)", "a write"),
        ("UPDATE patients SET id = 2 WHERE patients.tenant_id = $1", "a write"),
        ("WITH gone AS (DELETE FROM patients RETURNING id) SELECT id FROM gone", "a write"),
        ("SELECT id FROM patients FOR UPDATE", "a row lock"),
        ("SELECT * FROM (SELECT id FROM patients FOR SHARE) AS p", "a row lock"),
        ("SELECT id FROM tenants", "a table that may not be used so"),
    ] {
        assert!(read(sql).unwrap_err().ends_with(&format!("{fault} remained in it")), "{sql}: {:?}", read(sql));
    }
}

#[test]
fn finds_what_a_merge_lacks() {
    let merge = |tables, on: &str, source: &str, clauses: &str| {
        look(Access::Tenant, tables, &format!("MERGE INTO patients p USING {source} ON {on} {clauses}"))
    };
    let (own, all) =
        ("p.tenant_id = $1 AND (s.id = p.id)", "(SELECT * FROM patients WHERE patients.tenant_id = $1) AS s");
    let insert = "WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES (s.id, $1::UUID)";
    assert_eq!(merge(2, own, all, insert), Ok(()));
    assert_eq!(merge(2, own, all, "WHEN MATCHED THEN UPDATE SET id = 2 WHEN MATCHED THEN DELETE"), Ok(()));
    for (on, source, clauses) in [
        ("s.id = p.id", all, insert),
        ("p.tenant_id = $1 OR (s.id = p.id)", all, insert),
        ("s.tenant_id = $1 AND (s.id = p.id)", all, insert),
        (own, "patients AS s", insert),
        ("p.tenant_id = $1 AND s.tenant_id = $1 AND (s.id = p.id)", "patients AS s", insert),
        (own, "tenants AS s", insert),
        (own, "(patients AS s LEFT JOIN countries ON s.tenant_id = $1)", insert),
        (own, all, "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)"),
        (own, all, "WHEN NOT MATCHED THEN INSERT (id, tenant_id) VALUES ($1::UUID, s.tenant_id)"),
        (own, all, "WHEN NOT MATCHED THEN INSERT (tenant_id, tenant_id) VALUES ($1::UUID, s.tenant_id)"),
        (own, all, "WHEN NOT MATCHED THEN INSERT VALUES ($1::UUID, s.id)"),
        (own, all, "WHEN NOT MATCHED THEN INSERT *"),
        (own, all, "WHEN MATCHED THEN DO NOTHING WHEN MATCHED THEN UPDATE SET tenant_id = s.tenant_id"),
        (own, all, "WHEN MATCHED THEN UPDATE SET *"),
        (own, all, "WHEN NOT MATCHED BY SOURCE AND p.tenant_id = $1 THEN DELETE"),
    ] {
        let found = merge(2, on, source, clauses);
        assert!(
            found.as_ref().is_err_and(|fault| fault.ends_with("remained in it")),
            "{on} {source} {clauses}: {found:?}"
        );
    }
    let control =
        look(Access::Tenant, 2, &format!("MERGE INTO tenants p USING {all} ON {own} WHEN MATCHED THEN DELETE"));
    assert!(control.unwrap_err().contains("may not be used so"));
}

#[test]
fn finds_what_a_conflict_could_meet() {
    let look = |sql: &str| look_in(Dialect::Sqlite, Access::Tenant, 1, sql);
    for (verb, fits) in [
        ("INSERT", true),
        ("INSERT OR ABORT", true),
        ("INSERT OR REPLACE", false),
        ("INSERT OR IGNORE", false),
        ("INSERT OR FAIL", false),
        ("REPLACE", false),
    ] {
        for (table, scoped) in [("rooms", false), ("patients", true)] {
            let found = look(&format!("{verb} INTO {table} (id, tenant_id) VALUES (1, ?1)"));
            assert_eq!(found.is_ok(), fits || scoped && !verb.ends_with("FAIL"), "{verb} {table}: {found:?}");
        }
    }
    let update = |or: &str, table: &str| look(&format!("UPDATE {or} {table} SET id = 1 WHERE {table}.tenant_id = ?1"));
    assert_eq!(update("OR REPLACE", "patients"), Ok(()));
    assert_eq!(update("OR IGNORE", "patients"), Ok(()));
    for (or, table) in
        [("OR REPLACE", "rooms"), ("OR IGNORE", "rooms"), ("OR ROLLBACK", "patients"), ("OR FAIL", "patients")]
    {
        assert!(update(or, table).unwrap_err().contains("another tenant's row could meet"), "{or} {table}");
    }
}

#[test]
fn finds_a_schema_that_was_left_before_a_name() {
    let read = |sql| look(Access::Tenant, 1, sql);
    assert_eq!(read("SELECT patients.id FROM patients WHERE patients.tenant_id = $1"), Ok(()));
    for sql in [
        "SELECT id FROM public.patients WHERE patients.tenant_id = $1",
        "SELECT public.patients.id FROM patients WHERE patients.tenant_id = $1",
        "SELECT public.patients.tags[1] FROM patients WHERE patients.tenant_id = $1",
        "SELECT public.patients.* FROM patients WHERE patients.tenant_id = $1",
        "SELECT count(public.patients.*) FROM patients WHERE patients.tenant_id = $1",
        "SELECT id FROM patients WHERE patients.tenant_id = $1 ORDER BY public.patients.id",
        "DELETE FROM patients WHERE patients.tenant_id = $1 RETURNING public.patients.*",
    ] {
        assert!(read(sql).unwrap_err().contains("a schema remained before"), "{sql}: {:?}", read(sql));
    }
}

#[test]
fn finds_a_table_that_a_common_table_expression_captured() {
    let sql = "WITH countries AS (SELECT 1 AS code) SELECT code FROM countries";
    assert_eq!(look(Access::Tenant, 0, sql), Ok(()));
    assert!(look(Access::Tenant, 1, sql).unwrap_err().ends_with("come to mean something else"));
}
