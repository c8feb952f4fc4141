use super::{Bed, Case, case};

pub(super) const CASES: &[Case] = &[
    case("ALTER ROLE {app} SUPERUSER", &[("role_superuser", "{app}")]),
    case("ALTER ROLE {owner} SUPERUSER", &[("role_superuser", "{owner}")]),
    case("ALTER ROLE {app} BYPASSRLS", &[("role_bypasses_rls", "{app}")]),
    case("ALTER ROLE {control} CREATEROLE", &[("role_creates_roles", "{control}")]),
    case("ALTER ROLE {report} REPLICATION", &[("role_replicates", "{report}")]),
    case("ALTER ROLE {app} CREATEDB", &[("role_creates_databases", "{app}")]),
    case("GRANT {report} TO {app}", &[("role_member", "{app}")]),
    case("GRANT pg_read_all_data TO {app}", &[("role_member", "{app}")]),
    case("ALTER ROLE {app} SET nadia.tenant_id = '00000000-0000-0000-0000-000000000001'", &[("role_setting", "{app}")]),
    case("ALTER DATABASE {database} SET nadia.migrating = 'on'", &[("role_setting", "database {database}")]),
    case("ALTER ROLE {app} IN DATABASE {database} SET row_security = off", &[("role_setting", "{app}")]),
    case("ALTER TABLE public.labels OWNER TO {app}", &[("role_owns", "{app}")]),
    case(
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION public.f() OWNER TO {app}",
        &[("role_owns", "{app}")],
    ),
    case("ALTER SCHEMA nadia_reference OWNER TO {app}", &[("role_owns", "{app}")]),
    case("ALTER DATABASE {database} OWNER TO {app}", &[("role_owns", "{app}")]),
    case("ALTER ROLE {owner} LOGIN", &[("owner_logs_in", "{owner}")]),
    case("ALTER TABLE public.labels OWNER TO CURRENT_USER", &[("table_owner", "public.labels")]),
    case("DROP OWNED BY {control}; DROP ROLE {control}", &[("role_missing", "{control}")]),
];

#[tokio::test]
async fn finds_what_roles_must_not_be() {
    Bed::new("roles").await.check(CASES).await;
}
