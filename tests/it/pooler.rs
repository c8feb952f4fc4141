//! Through a PgBouncer that gives each transaction whichever session of the server is free.

use std::time::Duration;

use futures_util::StreamExt;
use nadia_tenant_core::{CellLayout, Isolation, ResolvedBy, Tenant, TenantCells, TenantContext};
use nadia_tenant_sqlx::{
    ConnectionLimits, Error, FreshConnection, Installation, InstallationConfig, OnConnect, PoolerMode, Reason,
    portable::Tenants,
};
use nadia_tests::{Bed, context, fresh_database, pool_of_one, pooler_url, slow_line};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Row, SqlSafeStr, Statement, postgres::PgConnectOptions,
    types::time::OffsetDateTime,
};
use uuid::Uuid;

use crate::cancel::{give_nested_up_everywhere, give_up_everywhere, step};

const INSERT: &str = "INSERT INTO patients (id, name, created_at) VALUES ($1, $2, $3)";

async fn add(tenants: &Tenants, ctx: &TenantContext, name: &str) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    let mut scope = tenants.conn(ctx).await?;
    scope.query(INSERT).bind(id).bind(name.to_owned()).bind(OffsetDateTime::now_utc()).execute().await?;
    Ok(id)
}

/// Returns the patients' names and the server's process that told them.
async fn names(tenants: &Tenants, ctx: &TenantContext) -> (Vec<String>, i32) {
    let mut scope = tenants.conn(ctx).await.unwrap();
    let rows = scope.query("SELECT name FROM patients ORDER BY name").fetch_all().await.unwrap();
    drop(scope);
    let bare = tenants.dangerous_without_guard();
    let mut scope = bare.conn(ctx).await.unwrap();
    let pid = scope.query("SELECT pg_backend_pid() AS pid").fetch_one().await.unwrap().get("pid").unwrap();
    (rows.iter().map(|row| row.get("name").unwrap()).collect(), pid)
}

/// Connects as a serving role through the pooler, by hand.
async fn by_hand(bed: &Bed, role: &str) -> PgConnection {
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    let (role, password): (String, String) =
        sqlx::query_as("SELECT role, password FROM nadia_control.role_secrets WHERE starts_with(role, 'nadia_' || $1)")
            .bind(role)
            .fetch_one(&mut admin)
            .await
            .unwrap();
    admin.close().await.unwrap();
    let options: PgConnectOptions = bed.pooler_url().parse().unwrap();
    PgConnection::connect_with(&options.username(&role).password(&password)).await.unwrap()
}

#[tokio::test]
async fn rows_are_made_read_changed_and_deleted_in_both_kinds_of_scope() {
    let bed = Bed::postgres().await;
    let pooled = bed.pooled(ConnectionLimits::default()).await;
    let (tenants, ctx) = (pooled.tenants(), &bed.tenants[0]);
    let id = add(tenants, ctx, "Ann").await.unwrap();
    let mut scope = tenants.conn(ctx).await.unwrap();
    let update = scope.query("UPDATE patients SET name = $1 WHERE id = $2").bind("Bea".to_owned()).bind(id);
    assert_eq!(update.execute().await.unwrap(), 1);
    assert_eq!(bed.names(0).await, ["Bea"]);

    let mut tx = tenants.begin(ctx).await.unwrap();
    let insert = tx.query(INSERT).bind(Uuid::now_v7()).bind("Cem".to_owned()).bind(OffsetDateTime::now_utc());
    assert_eq!(insert.execute().await.unwrap(), 1);
    assert_eq!(tx.query("SELECT name FROM patients").fetch_all().await.unwrap().len(), 2);
    assert_eq!(bed.names(0).await, ["Bea"], "nothing is seen before the commit");
    tx.commit().await.unwrap();
    assert_eq!(bed.names(0).await, ["Bea", "Cem"]);

    let mut tx = tenants.begin(ctx).await.unwrap();
    assert_eq!(tx.query("DELETE FROM patients").execute().await.unwrap(), 2);
    tx.rollback().await.unwrap();
    drop(tenants.begin(ctx).await.unwrap());
    assert_eq!(scope.query("DELETE FROM patients").execute().await.unwrap(), 2);
    assert!(scope.query("SELECT name FROM patients").fetch_optional().await.unwrap().is_none());
    assert!(bed.names(0).await.is_empty());
}

#[tokio::test]
async fn the_control_database_is_served_through_the_pooler() {
    let bed = Bed::postgres().await;
    let pooled = bed.pooled(ConnectionLimits::default()).await;
    let ctx = context("west");
    pooled.control().create(ctx.tenant()).await.unwrap();
    let again =
        Tenant::new(nadia_tenant_core::TenantId::new(), ctx.tenant().slug().clone(), ctx.tenant().plan().clone());
    assert!(pooled.control().create(&again).await.unwrap_err().is_slug_taken());
    let mut scope = bed.installation.control().conn().await.unwrap();
    assert_eq!(scope.query("SELECT slug FROM tenants").fetch_all().await.unwrap().len(), 4);
}

#[tokio::test]
async fn two_tenants_in_turn_on_one_session_of_the_server_see_their_own() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann of north").await;
    bed.add_patient(1, "Ben of south").await;
    // Two clients of the pooler, so that neither's own connection can be what keeps the tenants apart.
    let clients = [bed.pooled(pool_of_one()).await, bed.pooled(pool_of_one()).await];
    let mut pids = Vec::new();
    for (step, turn) in [0, 1, 1, 0, 2, 0, 1, 0, 2, 2, 1].into_iter().enumerate() {
        let tenants = clients[step % 2].tenants().dangerous_without_guard();
        let (seen, pid) = names(&tenants, &bed.tenants[turn]).await;
        let expected: &[&str] = [&["Ann of north"][..], &["Ben of south"], &[]][turn];
        assert_eq!(seen, expected, "turn of tenant {turn}");
        pids.push(pid);
        let mut tx = tenants.begin(&bed.tenants[turn]).await.unwrap();
        assert_eq!(tx.query("UPDATE patients SET country = 'de'").execute().await.unwrap(), expected.len() as u64);
        tx.commit().await.unwrap();
    }
    pids.dedup();
    assert_eq!(pids.len(), 1, "the pooler was to give all turns the same session");
}

#[tokio::test]
async fn what_others_left_on_the_servers_session_counts_for_nothing() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann of north").await;
    bed.add_patient(1, "Ben of south").await;
    let north = bed.tenants[0].tenant().id();
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    let decoy = "CREATE SCHEMA decoy; CREATE TABLE decoy.patients AS SELECT 'planted' AS name;
                 GRANT USAGE ON SCHEMA decoy TO PUBLIC; GRANT SELECT ON decoy.patients TO PUBLIC";
    sqlx::raw_sql(decoy).execute(&mut admin).await.unwrap();
    let mut hand = by_hand(&bed, "app").await;
    let left = format!(
        "SELECT set_config('nadia.tenant_id', '{north}', false); SET search_path = decoy;
         PREPARE sqlx_s_1 AS SELECT 1; PREPARE sqlx_s_2 AS SELECT 1"
    );
    sqlx::raw_sql(AssertSqlSafe(left)).execute(&mut hand).await.unwrap();

    let pooled = bed.pooled(pool_of_one()).await;
    let tenants = pooled.tenants().dangerous_without_guard();
    for _ in 0..2 {
        assert_eq!(names(&tenants, &bed.tenants[1]).await.0, ["Ben of south"]);
    }
    let mut scope = pooled.postgres().unwrap().conn(&bed.tenants[1]).await.unwrap();
    (&mut scope).prepare("SELECT name FROM patients".into_sql_str()).await.unwrap();
    let still = sqlx::raw_sql("SELECT name FROM patients").fetch_all(&mut hand).await.unwrap();
    assert_eq!(still[0].get::<&str, _>(0), "planted", "it was the same session");
}

#[tokio::test]
async fn scopes_leave_nothing_on_the_servers_session() {
    let bed = Bed::postgres().await;
    let ann = bed.add_patient(0, "Ann of north").await;
    let pooled = bed.pooled(pool_of_one()).await;
    let mut hand = by_hand(&bed, "app").await;
    let own = made(&pooled, "own-schema", Isolation::Schema).await;
    let bare = pooled.tenants().dangerous_without_guard();
    let by_id = "SELECT name FROM patients WHERE id = $1";
    for fails in [false, true] {
        let mut scope = bare.conn(&bed.tenants[0]).await.unwrap();
        assert!(scope.query(by_id).bind(ann).fetch_one().await.is_ok());
        assert_eq!(scope.query("SELECT 1 / $1 AS one").bind(i64::from(!fails)).fetch_all().await.is_err(), fails);
        drop(scope);
        let mut tx = bare.begin(&bed.tenants[0]).await.unwrap();
        assert!(tx.query(by_id).bind(ann).fetch_one().await.is_ok());
        assert_eq!(tx.query("SELECT 1 / $1 AS one").bind(i64::from(!fails)).fetch_all().await.is_err(), fails);
        if fails {
            tx.rollback().await.unwrap()
        } else {
            tx.commit().await.unwrap()
        }
        let (_, pid) = names(&bare, if fails { &own } else { &bed.tenants[0] }).await;

        let left = "SELECT pg_backend_pid()::text, current_setting('nadia.tenant_id', true),
                           current_setting('search_path'), (SELECT count(*) FROM pg_prepared_statements)::text,
                           (SELECT count(*) FROM public.patients)::text";
        let row = sqlx::raw_sql(left).fetch_one(&mut hand).await.unwrap();
        let found: Vec<&str> = (0..5).map(|column| row.get(column)).collect();
        assert_eq!(found, [&pid.to_string(), "", "public, nadia_reference, pg_temp", "0", "0"]);
    }
}

#[tokio::test]
async fn a_statement_that_fails_leaves_nothing_behind() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann of north").await;
    let pooled = bed.pooled(pool_of_one()).await;
    let (tenants, bare) = (pooled.tenants(), pooled.tenants().dangerous_without_guard());
    let (_, before) = names(tenants, &bed.tenants[0]).await;

    let mut scope = bare.conn(&bed.tenants[0]).await.unwrap();
    assert!(scope.query("SELECT 1 / 0 AS boom").fetch_all().await.is_err());
    assert!(scope.query("SELECT FROM no_such_table").fetch_all().await.is_err());
    // The same scope goes on, as one without a pooler does.
    assert_eq!(scope.query("SELECT name FROM patients").fetch_all().await.unwrap().len(), 1);
    // A deferred constraint speaks at the commit, which is part of the statement.
    let orphan = scope.query("INSERT INTO notes (id, visit_id) VALUES (1, 7)");
    assert!(orphan.execute().await.is_err());
    assert!(scope.query("SELECT 1 / 0 AS boom").fetch_optional().await.is_err());
    drop(scope);
    assert_eq!(names(&bare, &bed.tenants[1]).await, (vec![], before));
    assert_eq!(names(&bare, &bed.tenants[0]).await.0, ["Ann of north"]);

    let mut tx = bare.begin(&bed.tenants[0]).await.unwrap();
    assert!(tx.query("SELECT 1 / 0 AS boom").fetch_all().await.is_err());
    assert!(matches!(tx.commit().await, Err(Error::RolledBack)));
    let mut tx = bare.begin(&bed.tenants[0]).await.unwrap();
    tx.query("INSERT INTO notes (id, visit_id) VALUES (1, 7)").execute().await.unwrap();
    assert!(tx.commit().await.is_err());
    assert_eq!(names(&bare, &bed.tenants[1]).await.0, [""; 0]);
    let mut notes = tenants.conn(&bed.tenants[0]).await.unwrap();
    assert!(notes.query("SELECT id FROM notes").fetch_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn given_up_at_points_all_over() {
    let bed = Bed::postgres().await;
    // PgBouncer wants each message of the log-in whole.
    let slow = slow_line(&bed.pooler_url(), 8192).await;
    let slow = bed.try_open_through(&slow, PoolerMode::Transaction, pool_of_one()).await.unwrap();
    let points = give_up_everywhere(&bed, slow.tenants(), step(5)).await;
    assert!(points > 20, "{points} points");
}

#[tokio::test]
async fn a_stream_given_up_half_way_keeps_nothing() {
    let bed = Bed::postgres().await;
    let pooled = bed.pooled(pool_of_one()).await;
    for n in 0..20 {
        bed.add_patient(0, &format!("of north {n}")).await;
    }
    let db = pooled.postgres().unwrap();
    let mut scope = db.conn(&bed.tenants[0]).await.unwrap();
    let delete = "DELETE FROM patients RETURNING name";
    assert!(sqlx::query(delete).fetch(&mut scope).next().await.unwrap().is_ok());
    // The scope goes on, and what it was doing is undone.
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM patients").fetch_one(&mut scope).await.unwrap();
    assert_eq!(count, 20);
    assert!(sqlx::query(delete).fetch(&mut scope).next().await.unwrap().is_ok());
    drop(scope);
    assert!(names(pooled.tenants(), &bed.tenants[1]).await.0.is_empty());
    assert_eq!(bed.names(0).await.len(), 20);
}

#[tokio::test]
async fn fifty_tasks_over_twenty_tenants_never_see_a_foreign_row() {
    let bed = Bed::postgres().await;
    // More clients than the pooler has connections.
    let limits =
        ConnectionLimits { max_connections: 20, acquire_timeout: Duration::from_secs(60), ..Default::default() };
    let pooled = bed.pooled(limits).await;
    let bare = pooled.tenants().dangerous_without_guard();
    let contexts: Vec<_> = (0..20).map(|n| context(&format!("tenant-{n}"))).collect();
    for ctx in &contexts {
        add(pooled.tenants(), ctx, ctx.tenant().slug().as_str()).await.unwrap();
    }
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..50 {
        let (bare, ctx) = (bare.clone(), contexts[task % 20].clone());
        tasks.spawn(async move {
            for turn in 0..10 {
                let read = "SELECT name FROM patients";
                let rows = if turn % 2 == 0 {
                    bare.conn(&ctx).await.unwrap().query(read).fetch_all().await.unwrap()
                } else {
                    let mut tx = bare.begin(&ctx).await.unwrap();
                    let written = tx.query("UPDATE patients SET country = 'fr'").execute().await.unwrap();
                    assert_eq!(written, 1);
                    let rows = tx.query(read).fetch_all().await.unwrap();
                    tx.commit().await.unwrap();
                    rows
                };
                assert_eq!(rows.len(), 1);
                assert_eq!(rows[0].get::<String>("name").unwrap(), ctx.tenant().slug().as_str());
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn checked_and_prepared_statements_work_from_several_clients_on_one_session() {
    let bed = Bed::postgres().await;
    let ann = bed.add_patient(0, "Ann").await;
    let clients = [bed.pooled(pool_of_one()).await, bed.pooled(pool_of_one()).await];
    for turn in 0..6 {
        let db = clients[turn % 2].postgres().unwrap();
        let mut conn = db.conn(&bed.tenants[0]).await.unwrap();
        let checked =
            sqlx::query!("SELECT id, name FROM patients WHERE name LIKE $1", "%").fetch_all(&mut conn).await.unwrap();
        assert_eq!(checked[0].id, ann);
        let prepared = (&mut conn).prepare("SELECT name FROM patients".into_sql_str()).await.unwrap();
        assert_eq!(prepared.query().fetch_all(&mut conn).await.unwrap().len(), 1);
        let described = (&mut conn).describe("SELECT id, name FROM patients".into_sql_str()).await.unwrap();
        assert_eq!(described.columns().len(), 2);
        assert!((&mut conn).prepare("SELECT no_such_column FROM patients".into_sql_str()).await.is_err());
        drop(conn);

        let mut tx = db.begin(&bed.tenants[0]).await.unwrap();
        let prepared = (&mut tx).prepare("SELECT name FROM patients".into_sql_str()).await.unwrap();
        assert_eq!(prepared.query().fetch_all(&mut tx).await.unwrap().len(), 1);
        let described = (&mut tx).describe("SELECT name FROM patients WHERE id = $1".into_sql_str()).await.unwrap();
        assert_eq!(described.columns().len(), 1);
        let total = sqlx::query_scalar!("SELECT count(*) FROM patients").fetch_one(&mut tx).await.unwrap();
        assert_eq!(total, Some(1));
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_parked_connection_is_asked_through_the_pooler_whether_it_lives() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann").await;
    let pooled = bed.pooled(ConnectionLimits { ping_after: Duration::ZERO, ..pool_of_one() }).await;
    for _ in 0..3 {
        assert_eq!(names(pooled.tenants(), &bed.tenants[0]).await.0, ["Ann"]);
    }
}

#[track_caller]
fn is_refused_as_a_shared_session(opened: Result<Installation, Error>) {
    match opened {
        Err(Error::Wall(why)) => assert!(why.contains("PoolerMode::Transaction"), "{why}"),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn sessions_that_the_pooler_shares_are_refused_at_the_start() {
    let bed = Bed::postgres().await;
    for _ in 0..5 {
        let opened = bed.try_open_through(&bed.pooler_url(), PoolerMode::Session, ConnectionLimits::default()).await;
        is_refused_as_a_shared_session(opened);
        // As the privileged URL, where nobody told of a pooler at all.
        is_refused_as_a_shared_session(bed.try_open_at(&bed.pooler_url(), ConnectionLimits::default()).await);
    }
    // With other clients busy on several of the pooler's connections.
    let pooled = bed.pooled(ConnectionLimits::default()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (tenants, ctx) = (pooled.tenants().clone(), bed.tenants[0].clone());
        tasks.spawn(async move {
            loop {
                names(&tenants, &ctx).await;
            }
        });
    }
    for _ in 0..5 {
        let opened = bed.try_open_through(&bed.pooler_url(), PoolerMode::Session, ConnectionLimits::default()).await;
        is_refused_as_a_shared_session(opened);
    }
}

#[tokio::test]
async fn sessions_of_their_own_are_served_at_the_poolers_place() {
    // The server itself stands where a pooler of sessions would.
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann").await;
    for mode in [PoolerMode::Session, PoolerMode::Transaction] {
        let opened = bed.try_open_through(&bed.url, mode, pool_of_one()).await.unwrap();
        assert_eq!(names(opened.tenants(), &bed.tenants[0]).await.0, ["Ann"]);
        assert!(names(opened.tenants(), &bed.tenants[1]).await.0.is_empty());
    }
}

#[tokio::test]
async fn a_pooler_that_leads_to_another_database_is_refused() {
    let (bed, other) = (Bed::postgres().await, Bed::postgres().await);
    for elsewhere in [other.pooler_url(), other.url.clone()] {
        let opened = bed.try_open_through(&elsewhere, PoolerMode::Transaction, ConnectionLimits::default()).await;
        assert!(matches!(opened, Err(Error::Config(_))), "{opened:?}");
    }
    let opened = bed.try_open_through("sqlite:nowhere", PoolerMode::Transaction, ConnectionLimits::default()).await;
    assert!(matches!(opened, Err(Error::Config(_))), "{opened:?}");
    let files = Bed::sqlite().await;
    let opened = files.try_open_through(&bed.pooler_url(), PoolerMode::Transaction, ConnectionLimits::default()).await;
    assert!(matches!(opened, Err(Error::Config(_))), "{opened:?}");
}

#[tokio::test]
async fn the_search_path_of_the_roles_needs_no_option_at_the_start_of_a_session() {
    let database = format!("nadia_pooler_path_{}", std::process::id());
    let url = fresh_database(&database).await;
    let place = sqlx::migrate!("migrations/place");
    let config = InstallationConfig::new(url.parse().unwrap(), &place)
        .with_pooler(pooler_url(&database).parse().unwrap(), PoolerMode::Transaction);
    let made = Installation::provision(config).await.unwrap();
    made.close().await;
    let mut admin = PgConnection::connect(&url).await.unwrap();
    let settings: Vec<Vec<String>> = sqlx::query_scalar(
        "SELECT setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
         WHERE s.setdatabase = 0 AND rolname LIKE 'nadia\\_%\\_' || current_database() ORDER BY rolname",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let place = "search_path=public, nadia_reference, pg_temp";
    let expected: [&[&str]; 3] =
        [&[place], &["search_path=nadia_control, pg_temp"], &[place, "default_transaction_read_only=on"]];
    assert_eq!(settings, expected);
}

/// Makes a tenant with a place of its own through the pooler, with a patient named like its slug.
async fn made(pooled: &Installation, slug: &str, isolation: Isolation) -> TenantContext {
    let tenant = context(slug).tenant().clone().with_isolation(isolation);
    let tenant = pooled.create_tenant(&tenant, None).await.unwrap();
    let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
    let ctx = TenantContext::new(tenant, cell, ResolvedBy::Job);
    add(pooled.tenants(), &ctx, slug).await.unwrap();
    ctx
}

#[tokio::test]
async fn tenants_with_places_of_their_own_are_made_served_and_removed_through_the_pooler() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "north").await;
    let clients = [bed.pooled(pool_of_one()).await, bed.pooled(pool_of_one()).await];
    let all = [
        bed.tenants[0].clone(),
        made(&clients[0], "schema-a", Isolation::Schema).await,
        made(&clients[1], "schema-b", Isolation::Schema).await,
        made(&clients[0], "own", Isolation::Database).await,
        made(&clients[1], "own-too", Isolation::Database).await,
    ];
    let mut pids = Vec::new();
    for (step, turn) in [0, 1, 2, 0, 3, 1, 1, 4, 2, 3, 3, 2, 1, 0].into_iter().enumerate() {
        let (ctx, tenants) = (&all[turn], clients[step % 2].tenants().dangerous_without_guard());
        let (seen, pid) = names(&tenants, ctx).await;
        assert_eq!(seen, [ctx.tenant().slug().as_str()], "turn of tenant {turn}");
        if ctx.tenant().isolation() != Isolation::Database {
            pids.push(pid);
        }
        let mut tx = tenants.begin(ctx).await.unwrap();
        let mut nested = tx.begin().await.unwrap();
        assert_eq!(nested.query("UPDATE patients SET country = 'de'").execute().await.unwrap(), 1);
        nested.commit().await.unwrap();
        let read = "SELECT current_database()::text AS database FROM countries WHERE code = 'fr'";
        let database: String = tx.query(read).fetch_one().await.unwrap().get("database").unwrap();
        assert_eq!(database.starts_with("nadia_t_"), ctx.tenant().isolation() == Isolation::Database);
        tx.commit().await.unwrap();
    }
    pids.dedup();
    assert_eq!(pids.len(), 1, "shared and schema tenants were to be served by the same session");

    let sql = "SELECT name FROM patients";
    let reason = Reason::parse("figures for the yearly report").unwrap();
    let read = clients[0].cross_tenant(reason).await.unwrap();
    let counts = read.each(sql).await.into_iter().map(|(_, rows)| rows.unwrap().len()).collect::<Vec<_>>();
    assert_eq!(counts, [1; 5]);
    for ctx in &all[1..] {
        clients[0].close_tenant(ctx.tenant().id()).await.unwrap();
        clients[0].purge_tenant(ctx.tenant().id()).await.unwrap();
    }
    assert!(bed.installation.unfinished_work().await.unwrap().is_empty());
    assert_eq!(names(clients[1].tenants(), &all[0]).await.0, ["north"]);
}

#[tokio::test]
async fn reads_over_all_tenants_are_read_only_whatever_the_session_was_set_to() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann of north").await;
    bed.add_patient(1, "Ben of south").await;
    let pooled = bed.pooled(pool_of_one()).await;
    let mut hand = by_hand(&bed, "report").await;
    let left = "SET default_transaction_read_only = off; SELECT pg_backend_pid()";
    let pid: i32 = sqlx::raw_sql(left).fetch_one(&mut hand).await.unwrap().get(0);

    let reason = Reason::parse("figures for the yearly report").unwrap();
    let read = pooled.cross_tenant(reason).await.unwrap().dangerous_without_guard();
    let mut open = read.portable().await.unwrap();
    let ask = "SELECT pg_backend_pid() AS pid, current_setting('transaction_read_only') AS setting, name FROM patients";
    let rows = open.query(ask).fetch_all().await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get::<i32>("pid").unwrap(), pid, "it was the same session");
    assert_eq!(rows[0].get::<String>("setting").unwrap(), "on");
}

#[tokio::test]
async fn a_hook_that_sets_up_sessions_is_refused_where_they_are_shared() {
    #[derive(Debug)]
    struct Hook;

    #[async_trait::async_trait]
    impl OnConnect for Hook {
        async fn on_connect(&self, _: &mut FreshConnection<'_>) -> Result<(), Error> {
            Ok(())
        }
    }

    let bed = Bed::postgres().await;
    let through =
        |url: &str, mode| bed.config(pool_of_one()).with_pooler(url.parse().unwrap(), mode).add_on_connect(Hook);
    let opened = Installation::provision(through(&bed.pooler_url(), PoolerMode::Transaction)).await;
    assert!(matches!(&opened, Err(Error::Config(why)) if why.contains("hook")), "{opened:?}");
    let opened = Installation::open_control(through(&bed.pooler_url(), PoolerMode::Transaction)).await;
    assert!(matches!(&opened, Err(Error::Config(why)) if why.contains("hook")), "{opened:?}");
    Installation::provision(through(&bed.url, PoolerMode::Session)).await.unwrap();
}

#[tokio::test]
async fn an_operators_commands_go_through_the_pooler() {
    let bed = Bed::postgres().await;
    let config = || bed.config(pool_of_one());
    let pooler = bed.pooler_url().parse().unwrap();
    let control = Installation::open_control(config().with_pooler(pooler, PoolerMode::Transaction)).await.unwrap();
    assert_eq!(control.conn().await.unwrap().query("SELECT slug FROM tenants").fetch_all().await.unwrap().len(), 3);
}

#[tokio::test]
async fn nested_work_given_up_at_every_await_point_leaves_the_rest_whole() {
    let bed = Bed::postgres().await;
    let slow = slow_line(&bed.pooler_url(), 8192).await;
    let slow = bed.try_open_through(&slow, PoolerMode::Transaction, pool_of_one()).await.unwrap();
    let without = give_nested_up_everywhere(&bed, slow.tenants()).await;
    assert!(without > 5, "{without} times");
}
