use super::{Bed, Case, case};

pub(super) const CASES: &[Case] = &[
    case("GRANT SELECT ON nadia_control.tenants TO {app}", &[("grant_control", "nadia_control.tenants")]),
    case("GRANT SELECT ON nadia_ledger.steps TO PUBLIC", &[("grant_control", "nadia_ledger.steps")]),
    case("GRANT USAGE ON SCHEMA nadia_control TO {app}", &[("grant_control", "nadia_control")]),
    case("GRANT USAGE ON SCHEMA nadia_ledger TO PUBLIC", &[("grant_control", "nadia_ledger")]),
    case("GRANT SELECT ON public.patients TO PUBLIC", &[("grant_public", "public.patients")]),
    case("GRANT USAGE ON SCHEMA nadia_reference TO PUBLIC", &[("grant_public", "nadia_reference")]),
    case(
        "GRANT TRUNCATE, REFERENCES, TRIGGER ON t_00000000000000000000000000000002.visits TO {app}",
        &[("grant_app_excess", "t_00000000000000000000000000000002.visits")],
    ),
    case("GRANT SELECT ON public._place_migrations TO {app}", &[("grant_app_excess", "public._place_migrations")]),
    case(
        "GRANT INSERT, UPDATE ON nadia_reference.countries TO {app}",
        &[("grant_reference_write", "nadia_reference.countries")],
    ),
    case("GRANT INSERT ON public.patients TO {report}", &[("grant_report_excess", "public.patients")]),
    case("GRANT SELECT ON nadia_control.tenants TO {report}", &[("grant_report_excess", "nadia_control.tenants")]),
    case("GRANT USAGE ON SCHEMA nadia_control TO {report}", &[("grant_report_excess", "nadia_control")]),
    case("GRANT SELECT ON public.patients TO {control}", &[("grant_control_role", "public.patients")]),
    case(
        "GRANT SELECT ON nadia_control.role_secrets TO {control}",
        &[("grant_control_role", "nadia_control.role_secrets")],
    ),
    case(
        "GRANT USAGE ON SCHEMA t_00000000000000000000000000000001 TO {control}",
        &[("grant_control_role", "t_00000000000000000000000000000001")],
    ),
    case(
        "CREATE ROLE guest_{database}; GRANT SELECT ON public.patients TO guest_{database}",
        &[("grant_other_role", "public.patients")],
    ),
    case("GRANT SELECT ON public.patients TO {app} WITH GRANT OPTION", &[("grant_option", "public.patients")]),
    case(
        "GRANT SELECT, UPDATE ON SEQUENCE public.labels_id_seq TO {app}",
        &[("grant_sequence", "public.labels_id_seq")],
    ),
    case(
        "GRANT UPDATE (tenant_id), SELECT (id) ON public.labels TO {app}",
        &[("grant_column", "public.labels"), ("grant_column", "public.labels")],
    ),
    case(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {app}",
        &[("default_privileges", "public")],
    ),
    case(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO PUBLIC",
        &[("default_privileges", "every schema")],
    ),
    case("GRANT CREATE ON SCHEMA public TO {app}", &[("schema_create", "public")]),
    case("GRANT TEMPORARY ON DATABASE {database} TO PUBLIC", &[("database_rights", "{database}")]),
    case("GRANT CREATE ON DATABASE {database} TO {app}", &[("database_rights", "{database}")]),
];

#[tokio::test]
async fn finds_rights_that_are_too_wide() {
    Bed::new("grants").await.check(CASES).await;
}
