use nadia_tenant_core::{Dialect, TenantAware, TenantId};

struct Row;

impl TenantAware for Row {
    const TABLE: &'static str = "rows";

    fn tenant_id(&self) -> TenantId {
        TenantId::new()
    }
}

struct Odd;

impl TenantAware for Odd {
    const TABLE: &'static str = "Odd \"name\"";
    const TENANT_COLUMN: &'static str = "clinic";

    fn tenant_id(&self) -> TenantId {
        TenantId::new()
    }
}

#[test]
fn the_column_holds_a_uuid_and_is_never_null() {
    assert_eq!(Row::DDL.column(Dialect::Postgres), r#"ALTER TABLE "rows" ADD COLUMN "tenant_id" uuid NOT NULL"#);
    assert_eq!(Row::DDL.column(Dialect::Sqlite), r#"ALTER TABLE "rows" ADD COLUMN "tenant_id" BLOB NOT NULL"#);
    assert_eq!(Odd::DDL.column_definition(Dialect::Postgres), r#""clinic" uuid NOT NULL"#);
}

#[test]
fn the_index_is_led_by_the_tenant_and_names_are_quoted() {
    assert_eq!(
        Row::DDL.index(&["family_name", "id"]),
        r#"CREATE INDEX "rows_tenant_id_family_name_id_idx" ON "rows" ("tenant_id", "family_name", "id")"#
    );
    assert_eq!(Row::DDL.index(&[]), r#"CREATE INDEX "rows_tenant_id_idx" ON "rows" ("tenant_id")"#);
    assert_eq!(
        Odd::DDL.index(&["id"]),
        r#"CREATE INDEX "Odd ""name""_clinic_id_idx" ON "Odd ""name""" ("clinic", "id")"#
    );
}

#[test]
fn the_name_of_an_index_is_cut_between_characters() {
    for column in ["x".repeat(100), "ä".repeat(50), format!("x{}", "ä".repeat(50))] {
        let sql = Row::DDL.index(&[&column]);
        let name = sql.split('"').nth(1).unwrap();
        assert!(name.ends_with("_idx") && (61..=63).contains(&name.len()), "{name}");
    }
}
