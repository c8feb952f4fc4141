use super::{Bed, Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "DROP SCHEMA t_00000000000000000000000000000002 CASCADE",
        &[("schema_missing", "t_00000000000000000000000000000002")],
    ),
    case(
        "SET LOCAL ROLE {owner}; CREATE SCHEMA t_00000000000000000000000000000003; RESET ROLE",
        &[("schema_unknown", "t_00000000000000000000000000000003")],
    ),
    case(
        "DROP TABLE t_00000000000000000000000000000001.labels",
        &[("table_missing", "t_00000000000000000000000000000001.labels")],
    ),
    case("DROP TABLE nadia_control.memberships", &[("table_missing", "nadia_control.memberships")]),
    case(
        "SET LOCAL ROLE {owner}; CREATE TABLE public.\"Scratch\" (x int); RESET ROLE",
        &[("table_not_in_catalog", "public.\"Scratch\"")],
    ),
    case(
        "SET LOCAL ROLE {owner}; CREATE TABLE public.scratch (tenant_id uuid NOT NULL); RESET ROLE",
        &[
            ("table_not_in_catalog", "public.scratch"),
            ("rls_missing", "public.scratch"),
            ("policy_missing", "public.scratch"),
            ("tenant_column_default", "public.scratch.tenant_id"),
        ],
    ),
    case(
        "SET LOCAL ROLE {owner}; CREATE TABLE public.countries (code text); RESET ROLE",
        &[("table_misplaced", "public.countries")],
    ),
    case("ALTER TABLE public.labels DISABLE ROW LEVEL SECURITY", &[("rls_missing", "public.labels")]),
    case(
        "ALTER TABLE t_00000000000000000000000000000002.patients NO FORCE ROW LEVEL SECURITY",
        &[("rls_not_forced", "t_00000000000000000000000000000002.patients")],
    ),
    case(
        "SET LOCAL ROLE {owner}; CREATE TABLE public.labels_old () INHERITS (public.labels); RESET ROLE",
        &[("child_without_policies", "public.labels_old")],
    ),
    case(
        // A child of a child, out of sight of the place's schemas.
        "SET LOCAL ROLE {owner}; CREATE SCHEMA attic; CREATE TABLE attic.a () INHERITS (public.labels);
         CREATE TABLE attic.b () INHERITS (attic.a); RESET ROLE",
        &[("child_without_policies", "attic.a"), ("child_without_policies", "attic.b")],
    ),
    case("DROP POLICY nadia_tenant ON public.visits", &[("policy_missing", "public.visits")]),
];

#[tokio::test]
async fn finds_tables_that_differ_or_stand_open() {
    Bed::new("tables").await.check(CASES).await;
}

#[tokio::test]
async fn takes_every_schema_that_looks_like_a_tenants_when_there_is_no_list() {
    let mut bed = Bed::new("nolist").await;
    bed.execute("ALTER TABLE t_00000000000000000000000000000002.labels DISABLE ROW LEVEL SECURITY").await;
    let (admin, expected) = bed.parts();
    let expected = crate::doctor::Expected { tenant_schemas: None, ..expected };
    let found = crate::doctor::examine_postgres(admin, &expected).await.unwrap();
    assert_eq!(found.iter().map(|found| found.check()).collect::<Vec<_>>(), ["rls_missing"]);
    bed.remove().await;
}

#[tokio::test]
async fn leaves_the_control_tables_out_where_they_are_elsewhere() {
    let mut bed = Bed::new("nocontrol").await;
    bed.execute("DROP TABLE nadia_control.tenants, nadia_control.memberships").await;
    let (admin, expected) = bed.parts();
    let expected = crate::doctor::Expected { serves_control: false, ..expected };
    let found = crate::doctor::examine_postgres(admin, &expected).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    bed.remove().await;
}
