use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard, RefusalKind};

use crate::guard_cases::{SCHEMA, cross_tenant, guard};

#[test]
fn statements_over_all_tenants_get_their_answers() {
    let mut wrong = Vec::new();
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let guard = guard(dialect);
        for asked in cross_tenant().iter().filter(|asked| asked.case.is_for(dialect)) {
            let sql = asked.case.sql;
            let answer = match guard.cross_tenant(sql) {
                Ok(guarded) if guarded.is_write() => "writes".to_owned(),
                Ok(guarded) if guarded.tenant_param().is_some() => "binds the tenant".to_owned(),
                Ok(_) => "reads".to_owned(),
                Err(refusal) => format!("{:?}", refusal.kind()),
            };
            if answer != asked.answer {
                wrong.push(format!("{dialect:?}: {sql}: {answer} instead of {}", asked.answer));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One text has three meanings, and none is remembered for another.
#[test]
fn answers_are_kept_apart_by_access() {
    let guard = guard(Dialect::Postgres);
    let (patients, tenants) = ("SELECT name FROM patients", "SELECT slug FROM tenants");
    for _ in 0..2 {
        assert_eq!(&**guard.cross_tenant(patients).unwrap().sql(), patients);
        assert_eq!(guard.tenant(patients).unwrap().tenant_param(), Some(1));
        assert_eq!(guard.control(patients).unwrap_err().kind(), RefusalKind::NotControl);
        assert_eq!(&**guard.control(tenants).unwrap().sql(), tenants);
        assert_eq!(guard.cross_tenant(tenants).unwrap_err().kind(), RefusalKind::ControlTable);
        assert_eq!(guard.tenant(tenants).unwrap_err().kind(), RefusalKind::ControlTable);
    }
}

#[test]
fn schema_that_the_ddl_names_is_kept() {
    let ddl = "CREATE TABLE clinic.beds (tenant_id uuid NOT NULL, id bigint NOT NULL, PRIMARY KEY (tenant_id, id))";
    let catalog = Catalog::builder(Dialect::Postgres).ddl(ddl).and_then(|builder| builder.build()).unwrap();
    let guard = Guard::new(catalog);
    let sql = "SELECT clinic.beds.id FROM clinic.beds";
    assert_eq!(&**guard.cross_tenant(sql).unwrap().sql(), sql);
    assert_eq!(&**guard.tenant(sql).unwrap().sql(), format!("{sql} WHERE beds.tenant_id = $1"));
    let shadowed = format!("WITH beds AS (SELECT 1 AS id) {sql}");
    assert!(guard.tenant(&shadowed).unwrap().sql().ends_with("FROM clinic.beds WHERE beds.tenant_id = $1"));
    assert_eq!(guard.tenant("SELECT id FROM public.beds").unwrap_err().kind(), RefusalKind::UnknownTable);
}

/// The control database has a schema of its own, so what is written before a control table stays as it is.
#[test]
fn schema_of_a_control_table_is_kept() {
    let guard = guard(Dialect::Sqlite);
    let sql = "SELECT main.tenants.slug FROM main.tenants";
    assert_eq!(&**guard.control(sql).unwrap().sql(), sql);
}

/// Array elements are the one place where a qualified column is not one node of the tree.
#[test]
fn schema_before_an_element_of_an_array_is_left_out() {
    let ddl = SCHEMA.replace("email text,", "email text, tags text[],");
    let catalog = Catalog::builder(Dialect::Postgres).ddl(&ddl).and_then(|builder| builder.build()).unwrap();
    let guarded = Guard::new(catalog).tenant("SELECT public.patients.tags[1], patients.tags[1:$1] FROM patients");
    assert_eq!(
        &**guarded.unwrap().sql(),
        "SELECT patients.tags[1], patients.tags[1:$1] FROM patients WHERE patients.tenant_id = $2"
    );
}
