use nadia_tenant_core::{Dialect, TenantAware, TenantId};
use nadia_tenant_sqlx::{Catalog, CatalogError, TableKind};

fn catalog(ddl: &str) -> Result<Catalog, CatalogError> {
    Catalog::builder(Dialect::Postgres).ddl(ddl)?.build()
}

#[derive(TenantAware)]
#[tenant(table = "patients")]
struct Patient {
    tenant_id: TenantId,
}

#[derive(TenantAware)]
#[tenant(table = "countries")]
struct Country {
    tenant_id: TenantId,
}

const TABLES: &str = "CREATE TABLE patients (
        tenant_id uuid NOT NULL, id bigint NOT NULL, name varchar(80) NOT NULL DEFAULT '', email text UNIQUE,
        PRIMARY KEY (tenant_id, id), CONSTRAINT patients_name UNIQUE (tenant_id, name));
    CREATE TABLE countries (code text PRIMARY KEY, name text)";

#[test]
fn reads_columns_keys_and_kinds() {
    let catalog = catalog(TABLES).unwrap();
    let patients = catalog.table("patients").unwrap();
    assert_eq!((patients.kind(), patients.tenant_column()), (TableKind::Tenant, Some("tenant_id")));
    assert_eq!(patients.primary_key(), ["tenant_id", "id"]);
    let uniques: Vec<_> = patients.uniques().iter().map(|unique| (unique.name(), unique.columns().join(" "))).collect();
    assert_eq!(
        uniques,
        [(Some("patients_email_key"), "email".to_owned()), (Some("patients_name"), "tenant_id name".to_owned())]
    );
    let name = &patients.columns()[2];
    assert_eq!(
        (name.name(), name.declared_type(), name.not_null(), name.has_default()),
        ("name", "varchar(80)", true, true)
    );
    let countries = catalog.table("countries").unwrap();
    assert_eq!((countries.kind(), countries.tenant_column()), (TableKind::Reference, None));
    assert!(countries.columns()[0].not_null());
    assert!(catalog.table("elsewhere").is_none());
    assert_eq!(catalog.tables().count(), 2);
}

#[test]
fn control_tables_are_control_whatever_their_columns() {
    let catalog = Catalog::builder(Dialect::Sqlite)
        .control_ddl("CREATE TABLE members (tenant_id uuid NOT NULL, person text)")
        .and_then(|builder| builder.build())
        .unwrap();
    let members = catalog.table("members").unwrap();
    assert_eq!((members.kind(), members.tenant_column()), (TableKind::Control, None));
}

#[test]
fn later_migrations_change_earlier_tables() {
    let catalog = catalog(
        "CREATE TABLE a (tenant_id uuid NOT NULL, old text, gone text, UNIQUE (old));
         CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE hidden (a int); END $$;
         CREATE POLICY p ON a USING (true);
         INSERT INTO a (old) VALUES ('CREATE TABLE; also_hidden');
         CREATE VIEW v AS SELECT * FROM a;
         ALTER TABLE a RENAME COLUMN old TO fresh;
         ALTER TABLE a DROP COLUMN gone;
         ALTER TABLE a ADD COLUMN extra bigint NOT NULL DEFAULT 0;
         ALTER TABLE a ENABLE ROW LEVEL SECURITY;
         CREATE UNIQUE INDEX a_extra ON a (tenant_id, extra) WHERE extra > 0;
         CREATE INDEX a_fresh ON a (fresh);
         CREATE TABLE b (id int); DROP TABLE b;
         ALTER TABLE a RENAME TO c;",
    )
    .unwrap();
    let names: Vec<_> = catalog.tables().map(|table| table.name()).collect();
    assert_eq!(names, ["c"]);
    let table = catalog.table("c").unwrap();
    let columns: Vec<_> = table.columns().iter().map(|column| column.name()).collect();
    assert_eq!(columns, ["tenant_id", "fresh", "extra"]);
    let uniques: Vec<_> = table
        .uniques()
        .iter()
        .map(|unique| (unique.columns().join(" "), unique.is_whole(), unique.is_partial()))
        .collect();
    assert_eq!(uniques, [("fresh".to_owned(), true, false), ("tenant_id extra".to_owned(), false, true)]);
}

#[test]
fn quoted_names_keep_their_case_in_postgres_only() {
    let ddl = r#"CREATE TABLE "Odd" ("TENANT" uuid NOT NULL, "Id" int); CREATE TABLE Plain (ID int)"#;
    let postgres = Catalog::builder(Dialect::Postgres).ddl(ddl).unwrap().build().unwrap();
    assert!(postgres.table("Odd").is_some() && postgres.table("odd").is_none() && postgres.table("plain").is_some());
    let sqlite = Catalog::builder(Dialect::Sqlite).tenant_column("tenant").ddl(ddl).unwrap().build().unwrap();
    assert_eq!(sqlite.table("odd").unwrap().tenant_column(), Some("tenant"));
}

#[test]
fn refuses_what_it_cannot_rely_on() {
    for (ddl, part) in [
        ("CREATE TABLE a (tenant_id text NOT NULL)", "make it uuid"),
        ("CREATE TABLE a (tenant_id uuid)", "add NOT NULL"),
        ("CREATE TABLE a (x int); CREATE TABLE a (y int)", "made twice"),
        ("CREATE TABLE a (tenant_id uuid NOT NULL); ALTER TABLE a DROP COLUMN tenant_id", "keep the column"),
        ("CREATE TABLE a (tenant_id uuid NOT NULL); ALTER TABLE a RENAME tenant_id TO t", "keep the column"),
        ("CREATE TABLE x.a (x int); CREATE TABLE IF NOT EXISTS y.a (y int)", "made twice"),
        ("CREATE TABLE a (x int); CREATE TABLE b (y int); ALTER TABLE b RENAME TO a", "which another has"),
        ("CREATE TABLE a (\"Tenant_Id\" uuid NOT NULL)", "capital letters"),
        ("CREATE TABLE a AS SELECT 1", "write its columns out"),
        ("CREATE TABLE a (x int) INHERITS (b)", "write its columns out"),
        ("CREATE TABLE pg_mine (x int)", "choose another"),
        ("ALTER TABLE a ADD COLUMN x int", "before it is made"),
        ("CREATE TABLE a (x int", "not understood"),
        ("\n\nCREATE TABLE a (x int);\nCREATE TABLE a (y int)", "line 4"),
    ] {
        let error = catalog(ddl).expect_err(ddl).to_string();
        assert!(error.contains(part), "{ddl}: {error}");
    }
    assert!(catalog("CREATE TABLE IF NOT EXISTS a (x int); CREATE TABLE IF NOT EXISTS a (x int)").is_ok());
}

#[test]
fn checks_what_a_derive_says() {
    let catalog = catalog(TABLES).unwrap();
    let country = Country { tenant_id: TenantId::new() };
    let patient = Patient { tenant_id: TenantId::new() };
    assert_ne!(country.tenant_id(), patient.tenant_id());
    assert_eq!(catalog.check::<Patient>(), Ok(()));
    let error = catalog.check::<Country>().unwrap_err().to_string();
    assert!(error.contains("has no tenant column"), "{error}");
    let empty = Catalog::builder(Dialect::Postgres).build().unwrap();
    assert!(empty.check::<Patient>().unwrap_err().to_string().contains("not in the catalog"));
}

#[test]
fn reference_table_may_have_the_tenant_column_if_it_is_said_so() {
    let ddl =
        "CREATE TABLE News (tenant_id uuid, title text); CREATE TABLE patients (tenant_id uuid NOT NULL, id bigint)";
    for (dialect, name) in [(Dialect::Postgres, "news"), (Dialect::Sqlite, "NEWS")] {
        let builder = Catalog::builder(dialect).ddl(ddl).unwrap();
        assert!(builder.clone().build().is_err(), "its tenant column allows NULL");
        let catalog = builder.reference(name).build().unwrap();
        assert_eq!(catalog.table("news").unwrap().kind(), TableKind::Reference);
        assert_eq!(catalog.table("news").unwrap().tenant_column(), None);
        assert_eq!(catalog.table("patients").unwrap().kind(), TableKind::Tenant);
    }
}
