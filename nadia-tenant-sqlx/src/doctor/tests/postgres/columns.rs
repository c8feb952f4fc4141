use super::{Bed, Case, case};

pub(super) const CASES: &[Case] = &[
    case("ALTER TABLE public.labels DROP COLUMN tenant_id CASCADE", &[("tenant_column_missing", "public.labels")]),
    case(
        "DROP POLICY nadia_tenant ON public.labels; ALTER TABLE public.labels ALTER COLUMN tenant_id DROP DEFAULT;
         ALTER TABLE public.labels ALTER COLUMN tenant_id TYPE text",
        &[("tenant_column_type", "public.labels.tenant_id"), ("policy_missing", "public.labels")],
    ),
    case(
        "ALTER TABLE public.labels DROP CONSTRAINT labels_pkey; ALTER TABLE public.labels ALTER COLUMN tenant_id DROP NOT NULL",
        &[("tenant_column_nullable", "public.labels.tenant_id")],
    ),
    case(
        "ALTER TABLE public.labels ALTER COLUMN tenant_id DROP DEFAULT",
        &[("tenant_column_default", "public.labels.tenant_id")],
    ),
    case(
        "ALTER TABLE public.labels ALTER COLUMN tenant_id SET DEFAULT '00000000-0000-0000-0000-000000000001'",
        &[("tenant_column_default", "public.labels.tenant_id")],
    ),
    case("ALTER TABLE public.labels DROP COLUMN label", &[("column_missing", "public.labels.label")]),
    case("ALTER TABLE public.labels ADD COLUMN extra text", &[("column_unknown", "public.labels.extra")]),
    case("ALTER TABLE public.labels ALTER COLUMN label DROP NOT NULL", &[("column_differs", "public.labels.label")]),
    case("ALTER TABLE public.patients ALTER COLUMN email SET NOT NULL", &[("column_differs", "public.patients.email")]),
    case("ALTER TABLE public.visits ALTER COLUMN reason DROP DEFAULT", &[("column_differs", "public.visits.reason")]),
    case(
        "ALTER TABLE nadia_reference.countries ALTER COLUMN name TYPE varchar(9)",
        &[("column_differs", "nadia_reference.countries.name")],
    ),
];

#[tokio::test]
async fn finds_columns_that_differ() {
    Bed::new("columns").await.check(CASES).await;
}
