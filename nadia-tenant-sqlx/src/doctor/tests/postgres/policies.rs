use super::{Bed, Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "ALTER POLICY nadia_tenant ON public.labels USING (
             tenant_id = (SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid)
             OR (SELECT current_setting('nadia.admin', true)) = 'on')",
        &[("policy_or_bypass", "public.labels")],
    ),
    case(
        "ALTER POLICY nadia_tenant ON public.labels
             USING (tenant_id = nullif(current_setting('nadia.tenant_id', true), '')::uuid)",
        &[("policy_setting_per_row", "public.labels")],
    ),
    case(
        "ALTER POLICY nadia_tenant ON public.labels USING (tenant_id = current_setting('nadia.tenant_id')::uuid)
             WITH CHECK (tenant_id = current_setting('nadia.tenant_id')::uuid)",
        &[("policy_setting_per_row", "public.labels")],
    ),
    case("ALTER POLICY nadia_tenant ON public.labels USING (true)", &[("policy_condition", "public.labels")]),
    case(
        "ALTER POLICY nadia_tenant ON public.labels WITH CHECK (tenant_id IS NOT NULL)",
        &[("policy_condition", "public.labels")],
    ),
    case(
        "ALTER POLICY nadia_tenant ON public.labels USING (tenant_id =
             (SELECT coalesce(nullif(current_setting('nadia.tenant_id', true), '')::uuid, labels.tenant_id)))",
        &[("policy_condition", "public.labels")],
    ),
    case(
        "DROP POLICY nadia_tenant ON public.labels; CREATE POLICY nadia_tenant ON public.labels TO {app}
             WITH CHECK (tenant_id = (SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid))",
        &[("policy_without_using", "public.labels")],
    ),
    case(
        "DROP POLICY nadia_tenant ON public.labels; CREATE POLICY nadia_tenant ON public.labels TO {app}
             USING (tenant_id = (SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid))",
        &[("policy_without_check", "public.labels")],
    ),
    case(
        "DROP POLICY nadia_tenant ON public.labels; CREATE POLICY nadia_tenant ON public.labels FOR SELECT TO {app}
             USING (tenant_id = (SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid))",
        &[("policy_partial", "public.labels")],
    ),
    case("CREATE POLICY \"Extra\" ON public.labels TO {app} USING (true)", &[("policy_second", "public.labels")]),
    case("CREATE POLICY extra ON public.labels FOR SELECT USING (true)", &[("policy_second", "public.labels")]),
    // A restrictive one only takes away.
    case("CREATE POLICY extra ON public.labels AS RESTRICTIVE TO {app} USING (id > 0)", &[]),
    case(
        "DROP POLICY nadia_report ON public.labels; CREATE POLICY nadia_report ON public.labels TO {report} USING (true)",
        &[("policy_report_writes", "public.labels")],
    ),
    case("ALTER POLICY nadia_migrate ON public.labels USING (true)", &[("policy_owner", "public.labels")]),
    case("CREATE POLICY extra ON public.labels TO {control} USING (true)", &[("policy_other_role", "public.labels")]),
    case("ALTER POLICY nadia_tenant ON public.labels TO PUBLIC", &[("policy_other_role", "public.labels")]),
];

#[tokio::test]
async fn finds_policies_that_let_rows_pass() {
    Bed::new("policies").await.check(CASES).await;
}
