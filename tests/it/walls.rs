//! Each wall stands alone: a test takes the others away.

use nadia_tenant_sqlx::{ConnectionLimits, Error, Installation, InstallationConfig, TenantDb};
use nadia_tests::{Bed, context, execute_as_superuser, fresh_database, postgres_url};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, postgres::PgConnectOptions};
use uuid::Uuid;

/// Connects as the application role, the way the scopes do, but by hand and without a tenant.
async fn as_application(bed: &Bed) -> PgConnection {
    let privileged: PgConnectOptions = bed.url.parse().unwrap();
    let mut admin = PgConnection::connect_with(&privileged).await.unwrap();
    let (role, password): (String, String) =
        sqlx::query_as("SELECT role, password FROM nadia_control.role_secrets WHERE role LIKE 'nadia\\_app\\_%'")
            .fetch_one(&mut admin)
            .await
            .unwrap();
    admin.close().await.unwrap();
    PgConnection::connect_with(&privileged.username(&role).password(&password)).await.unwrap()
}

async fn two_patients(bed: &Bed) -> (Uuid, Uuid) {
    (bed.add_patient(0, "Ann of north").await, bed.add_patient(1, "Ben of south").await)
}

#[tokio::test]
async fn row_level_security_holds_without_the_guard() {
    let bed = Bed::postgres().await;
    let (_, ben) = two_patients(&bed).await;
    let tenants = bed.without_guard();
    let mut north = tenants.conn(&bed.tenants[0]).await.unwrap();

    let rows = north.query("SELECT name FROM patients").fetch_all().await.unwrap();
    let names: Vec<String> = rows.iter().map(|row| row.get("name").unwrap()).collect();
    assert_eq!(names, ["Ann of north"]);
    let read = north.query("SELECT name FROM patients WHERE id = $1").bind(ben).fetch_optional().await.unwrap();
    assert!(read.is_none());
    assert_eq!(north.query("UPDATE patients SET name = 'x' WHERE true").execute().await.unwrap(), 1);
    let joined = north.query("SELECT 1 AS one FROM patients a FULL JOIN patients b ON true").fetch_all().await.unwrap();
    assert_eq!(joined.len(), 1);
    assert_eq!(north.query("DELETE FROM patients").execute().await.unwrap(), 1);
    assert_eq!(bed.names(1).await, ["Ben of south"]);
}

#[tokio::test]
async fn row_level_security_refuses_to_write_or_move_rows_to_another_tenant() {
    let bed = Bed::postgres().await;
    two_patients(&bed).await;
    let south = bed.tenants[1].tenant().id().as_uuid();
    let tenants = bed.without_guard();
    for sql in [
        "INSERT INTO patients (tenant_id, id, name, created_at) VALUES ($1, '00000000-0000-7000-8000-000000000001', 'x', now())",
        "UPDATE patients SET tenant_id = $1",
    ] {
        let mut north = tenants.conn(&bed.tenants[0]).await.unwrap();
        let written = north.query(sql).bind(south).execute().await;
        assert!(written.is_err(), "{sql}");
    }
    assert_eq!(bed.names(1).await, ["Ben of south"]);
}

#[tokio::test]
async fn a_connection_without_a_tenant_sees_and_writes_nothing() {
    let bed = Bed::postgres().await;
    two_patients(&bed).await;
    let mut bare = as_application(&bed).await;
    let count = "SELECT count(*) FROM patients";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut bare).await.unwrap(), 0);
    // A transaction-local value leaves an empty text behind, which is no tenant, either.
    sqlx::raw_sql("BEGIN; SELECT set_config('nadia.tenant_id', '', true); COMMIT").execute(&mut bare).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut bare).await.unwrap(), 0);

    let tenant = bed.tenants[0].tenant().id();
    for sql in [
        "INSERT INTO patients (id, name, created_at) VALUES (gen_random_uuid(), 'x', now())".to_owned(),
        format!("INSERT INTO patients VALUES ('{tenant}', gen_random_uuid(), 'x', null, null, now())"),
    ] {
        assert!(sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut bare).await.is_err(), "{sql}");
    }
    assert_eq!(sqlx::raw_sql("DELETE FROM patients").execute(&mut bare).await.unwrap().rows_affected(), 0);
}

#[tokio::test]
async fn the_application_role_owns_nothing_and_may_not_truncate_create_or_switch_roles() {
    let bed = Bed::postgres().await;
    two_patients(&bed).await;
    let mut bare = as_application(&bed).await;
    let roles = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'nadia\\_owner\\_%' AND pg_has_role(current_user, oid, 'MEMBER')";
    let owners: Vec<String> = sqlx::query_scalar(roles).fetch_all(&mut bare).await.unwrap();
    assert!(owners.is_empty());
    for sql in [
        "TRUNCATE patients",
        "CREATE TABLE public.mine (x int)",
        "CREATE TEMPORARY TABLE patients (x int)",
        "CREATE TABLE nadia_control.mine (x int)",
        "ALTER TABLE patients DISABLE ROW LEVEL SECURITY",
        "DROP POLICY nadia_tenant ON patients",
        "SELECT * FROM nadia_control.role_secrets",
        "SELECT * FROM nadia_control.tenants",
        "DELETE FROM nadia_control.tenants",
        "DELETE FROM nadia_reference.countries",
        "SET ROLE postgres",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        let done = sqlx::raw_sql(sql).execute(&mut bare).await;
        let code = done.unwrap_err().into_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}");
    }
}

#[tokio::test]
async fn the_guard_holds_without_row_level_security() {
    let bed = Bed::postgres().await;
    two_patients(&bed).await;
    // The superuser passes every policy.
    let db = TenantDb::<Postgres>::new(
        bed.url.parse().unwrap(),
        bed.installation.catalog().clone(),
        ConnectionLimits::default(),
    )
    .unwrap();
    let mut north = db.conn(&bed.tenants[0]).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM patients").fetch_all(&mut north).await.unwrap();
    assert_eq!(names, ["Ann of north"]);
    let deleted = sqlx::query("DELETE FROM patients").execute(&mut north).await.unwrap();
    assert_eq!(deleted.rows_affected(), 1);
    for sql in [
        "SELECT set_config('nadia.tenant_id', '', false)",
        "SET nadia.tenant_id = ''",
        "SELECT relname FROM pg_class",
        "SELECT name FROM nadia_control.tenants",
        "TRUNCATE patients",
        "SELECT 1; SELECT 2",
    ] {
        let refused = sqlx::query(sql).execute(&mut north).await;
        assert!(matches!(refused, Err(sqlx::Error::Configuration(_))), "{sql}: {refused:?}");
    }
    assert_eq!(bed.names(1).await, ["Ben of south"]);
}

#[tokio::test]
async fn a_catalog_of_another_database_is_refused() {
    let bed = Bed::sqlite().await;
    let catalog = bed.installation.catalog().clone();
    let refused = TenantDb::<Postgres>::new(PgConnectOptions::new(), catalog, ConnectionLimits::default());
    assert!(matches!(refused, Err(Error::Config(_))), "{refused:?}");
}

#[tokio::test]
async fn the_guard_is_all_that_stands_on_sqlite() {
    let bed = Bed::sqlite().await;
    two_patients(&bed).await;
    assert_eq!(bed.names(0).await, ["Ann of north"]);
    let mut open = bed.without_guard().conn(&bed.tenants[0]).await.unwrap();
    assert_eq!(open.query("SELECT name FROM patients").fetch_all().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_start_puts_back_the_policies_that_were_taken_down() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann of north").await;
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    sqlx::raw_sql("ALTER TABLE patients DISABLE ROW LEVEL SECURITY; DROP POLICY nadia_tenant ON patients")
        .execute(&mut admin)
        .await
        .unwrap();
    let tenants = bed.second().await.tenants().dangerous_without_guard();
    let mut south = tenants.conn(&bed.tenants[1]).await.unwrap();
    assert!(south.query("SELECT name FROM patients").fetch_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_start_puts_back_a_policy_whose_condition_was_changed() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann of north").await;
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    let open = "ALTER POLICY nadia_tenant ON patients USING (true) WITH CHECK (true)";
    sqlx::raw_sql(open).execute(&mut admin).await.unwrap();
    let tenants = bed.second().await.tenants().dangerous_without_guard();
    let mut south = tenants.conn(&bed.tenants[1]).await.unwrap();
    assert!(south.query("SELECT name FROM patients").fetch_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn serving_is_refused_when_another_policy_lets_rows_pass() {
    let bed = Bed::postgres().await;
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    let open = "CREATE POLICY support ON patients FOR SELECT USING (true)";
    sqlx::raw_sql(open).execute(&mut admin).await.unwrap();
    let refused = bed.try_open_at(&bed.url, ConnectionLimits::default()).await;
    assert!(matches!(refused, Err(Error::Wall(_))), "{refused:?}");
}

#[tokio::test]
async fn a_user_who_may_make_roles_and_owns_the_database_can_provision() {
    let (user, database) = (format!("lowly_{}", std::process::id()), format!("nadia_lowly_{}", std::process::id()));
    for sql in [
        format!("DROP DATABASE IF EXISTS {database}"),
        format!("DROP ROLE IF EXISTS {user}"),
        format!("CREATE ROLE {user} LOGIN CREATEROLE PASSWORD 'synthetic'"),
        format!("CREATE DATABASE {database} OWNER {user}"),
    ] {
        execute_as_superuser(sql).await;
    }
    let options: PgConnectOptions = postgres_url(&database).parse().unwrap();
    let url = format!("postgres://{user}:synthetic@{}:{}/{database}", options.get_host(), options.get_port());
    for _ in 0..2 {
        let config = InstallationConfig::new(url.parse().unwrap(), &sqlx::migrate!("migrations/place"));
        let installation = Installation::provision(config).await.unwrap();
        installation.control().conn().await.unwrap().query("SELECT slug FROM tenants").fetch_all().await.unwrap();
    }
}

#[tokio::test]
async fn a_database_restored_where_its_roles_are_new_is_served_again() {
    let database = format!("nadia_restored_{}", std::process::id());
    fresh_database(&database).await;
    Installation::provision(config(&database)).await.unwrap().close().await;
    let mut admin = PgConnection::connect(&postgres_url(&database)).await.unwrap();
    for role in ["app", "control"] {
        let sql = format!("DROP OWNED BY nadia_{role}_{database}; DROP ROLE nadia_{role}_{database}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    }
    let installation = Installation::provision(config(&database)).await.unwrap();
    installation.control().conn().await.unwrap().query("SELECT slug FROM tenants").fetch_all().await.unwrap();
    installation
        .tenants()
        .conn(&context("north"))
        .await
        .unwrap()
        .query("SELECT id FROM patients")
        .fetch_all()
        .await
        .unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn sqlite_files_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("open");
    std::fs::DirBuilder::new().mode(0o755).create(&folder).unwrap();
    let url = format!("sqlite:{}", folder.display()).parse().unwrap();
    let config = InstallationConfig::new(url, &sqlx::migrate!("migrations/place"));
    let installation = Installation::provision(config).await.unwrap();
    installation.control().create(context("north").tenant()).await.unwrap();
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().contains(".sqlite") {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
        }
    }
}

#[tokio::test]
async fn serving_is_refused_when_the_application_role_passes_every_policy() {
    let database = format!("nadia_bypass_{}", std::process::id());
    fresh_database(&database).await;
    Installation::provision(config(&database)).await.unwrap();
    execute_as_superuser(format!("ALTER ROLE nadia_app_{database} BYPASSRLS")).await;
    let refused = Installation::provision(config(&database)).await;
    assert!(matches!(refused, Err(Error::Wall(_))), "{refused:?}");
}

#[tokio::test]
async fn two_installations_on_one_server_share_neither_roles_nor_passwords() {
    let databases = ["a", "b"].map(|name| format!("nadia_pair_{}_{name}", std::process::id()));
    for database in &databases {
        fresh_database(database).await;
        Installation::provision(config(database)).await.unwrap();
    }
    // The second was provisioned after the first: the first's role and password still work.
    for database in &databases {
        let installation = Installation::provision(config(database)).await.unwrap();
        let mut scope = installation.control().conn().await.unwrap();
        scope.query("SELECT slug FROM tenants").fetch_all().await.unwrap();
    }
    let mut admin = PgConnection::connect(&postgres_url("postgres")).await.unwrap();
    let allowed: bool = sqlx::query_scalar("SELECT has_database_privilege($1, $2, 'CONNECT')")
        .bind(format!("nadia_app_{}", databases[0]))
        .bind(&databases[1])
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert!(!allowed, "one installation's role can't connect to the other's database");
}

fn config(database: &str) -> InstallationConfig {
    InstallationConfig::new(postgres_url(database).parse().unwrap(), &sqlx::migrate!("migrations/place"))
}
