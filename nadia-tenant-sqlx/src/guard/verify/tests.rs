use nadia_tenant_core::Dialect;

use super::*;
use crate::guard::{lex, parse};

const DDL: &str = "CREATE TABLE patients (tenant_id uuid NOT NULL, id bigint NOT NULL, tags text[]);
                   CREATE TABLE countries (code text PRIMARY KEY)";

/// Looks at a text as if a walk had written it that found `tables` tables of the catalog.
fn look(access: Access, tables: usize, sql: &str) -> Result<(), String> {
    let catalog = Catalog::builder(Dialect::Postgres)
        .ddl(DDL)
        .and_then(|builder| builder.control_ddl("CREATE TABLE tenants (id uuid PRIMARY KEY)"))
        .and_then(|builder| builder.build())
        .unwrap();
    let tokens = lex::lex(Flavor::Postgres, sql).unwrap().tokens;
    let statement = parse::parse(Flavor::Postgres, tokens).unwrap();
    verify(Flavor::Postgres, &catalog, access, "$1", tables, &statement).map_err(|fault| fault.message)
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
