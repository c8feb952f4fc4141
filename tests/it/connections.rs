//! Connections carry nothing from one tenant to the next.

use std::time::Duration;

use futures_util::StreamExt;
use nadia_tenant_sqlx::{ConnectionLimits, Error};
use nadia_tests::{Bed, pool_of_one};
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn one_connection_serves_two_tenants_in_turn_and_each_sees_its_own() {
    let bed = Bed::postgres_with(pool_of_one()).await;
    bed.add_patient(0, "Ann of north").await;
    bed.add_patient(1, "Ben of south").await;
    // Without the guard the session's setting decides alone, so a stale label shows.
    let tenants = bed.without_guard();
    for turn in [0, 1, 1, 0, 2, 0, 1, 0, 2, 2, 1] {
        let mut scope = tenants.conn(&bed.tenants[turn]).await.unwrap();
        let rows = scope.query("SELECT name FROM patients").fetch_all().await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get("name").unwrap()).collect();
        let expected: &[&str] = [&["Ann of north"][..], &["Ben of south"], &[]][turn];
        assert_eq!(names, expected, "turn of tenant {turn}");
    }
}

#[tokio::test]
async fn fifty_tasks_over_three_tenants_never_see_a_foreign_row() {
    for bed in [Bed::postgres().await, Bed::sqlite().await] {
        for tenant in 0..3 {
            bed.add_patient(tenant, &format!("of {tenant}")).await;
        }
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..50 {
            let (tenants, ctx) = (bed.installation.tenants().clone(), bed.tenants[task % 3].clone());
            tasks.spawn(async move {
                for _ in 0..10 {
                    let mut scope = tenants.conn(&ctx).await.unwrap();
                    let row = scope.query("SELECT name FROM patients").fetch_all().await.unwrap();
                    assert_eq!(row.len(), 1);
                    assert_eq!(row[0].get::<String>("name").unwrap(), format!("of {}", task % 3));
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    }
}

#[tokio::test]
async fn a_scope_waits_for_a_connection_only_so_long() {
    let limits = ConnectionLimits { acquire_timeout: Duration::from_millis(50), ..pool_of_one() };
    let bed = Bed::sqlite_with(limits).await;
    let held = bed.conn(0).await;
    let refused = bed.installation.tenants().conn(&bed.tenants[1]).await;
    assert!(matches!(refused, Err(Error::Timeout(_))), "{refused:?}");
    drop(held);
    bed.conn(1).await;
}

/// Ends all connections of the bed's scopes from the server's side.
async fn kill_all(bed: &Bed) {
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'nadia' AND datname = current_database()";
    sqlx::raw_sql(kill).execute(&mut admin).await.unwrap();
}

#[tokio::test]
async fn a_parked_connection_that_died_is_replaced_when_another_tenant_is_next() {
    let bed = Bed::postgres_with(pool_of_one()).await;
    bed.add_patient(0, "Ann").await;
    kill_all(&bed).await;
    assert!(bed.names(1).await.is_empty());
    assert_eq!(bed.names(0).await, ["Ann"]);
}

#[tokio::test]
async fn a_connection_that_died_in_a_scope_is_not_parked_and_the_others_are_looked_at() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann").await;
    // Several parked connections of one tenant, all dead.
    let scopes = [bed.conn(0).await, bed.conn(0).await, bed.conn(0).await];
    drop(scopes);
    kill_all(&bed).await;
    // The first statement after that fails, on a connection that nothing told us of.
    let mut scope = bed.conn(0).await;
    assert!(scope.query("SELECT name FROM patients").fetch_all().await.is_err());
    drop(scope);
    // None of the others is handed out as it is.
    for _ in 0..3 {
        assert_eq!(bed.names(0).await, ["Ann"]);
    }
}

#[tokio::test]
async fn a_stream_polled_past_a_fatal_error_does_not_park_its_connection() {
    let bed = Bed::postgres_with(pool_of_one()).await;
    let db = bed.installation.postgres().unwrap();
    let mut scope = db.conn(&bed.tenants[0]).await.unwrap();
    kill_all(&bed).await;
    let steps: Vec<_> = sqlx::query("SELECT name FROM patients").fetch(&mut scope).collect().await;
    assert!(steps.iter().any(Result::is_err));
    drop(scope);
    assert!(bed.names(0).await.is_empty());
}

#[tokio::test]
async fn a_connection_whose_operation_was_given_up_is_closed() {
    let bed = Bed::postgres_with(pool_of_one()).await;
    let tenants = bed.without_guard();
    let mut scope = tenants.conn(&bed.tenants[0]).await.unwrap();
    let before: i32 = scope.query("SELECT pg_backend_pid() AS pid").fetch_one().await.unwrap().get("pid").unwrap();
    let mut sleep = Box::pin(scope.query("SELECT pg_sleep(60)").fetch_all());
    assert!(futures_util::poll!(&mut sleep).is_pending());
    drop(sleep);
    drop(scope);
    // Parked, it would be handed to the same tenant again, who would wait for the sleep to end.
    let mut scope = tenants.conn(&bed.tenants[0]).await.unwrap();
    let after: i32 = scope.query("SELECT pg_backend_pid() AS pid").fetch_one().await.unwrap().get("pid").unwrap();
    assert_ne!(before, after);
}

#[tokio::test]
async fn waiting_to_write_keeps_no_connection_from_those_who_read() {
    let limits = ConnectionLimits { max_connections: 2, ..ConnectionLimits::default() };
    let bed = Bed::sqlite_with(limits).await;
    let tenants = bed.installation.tenants();
    let writer = tenants.begin(&bed.tenants[0]).await.unwrap();
    let mut waiting: Vec<_> = (0..5).map(|_| Box::pin(tenants.begin(&bed.tenants[1]))).collect();
    for begin in &mut waiting {
        assert!(futures_util::poll!(begin).is_pending());
    }
    assert!(bed.names(2).await.is_empty());
    drop(writer);
}

#[tokio::test]
async fn an_open_transaction_is_never_parked() {
    for bed in [Bed::postgres_with(pool_of_one()).await, Bed::sqlite_with(pool_of_one()).await] {
        bed.add_patient(0, "Ann").await;
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        tx.query("DELETE FROM patients").execute().await.unwrap();
        drop(tx);
        assert_eq!(bed.names(0).await, ["Ann"]);
        // And a write after it is not swallowed by that transaction.
        bed.add_patient(1, "Ben").await;
        assert_eq!(
            bed.second()
                .await
                .tenants()
                .conn(&bed.tenants[1])
                .await
                .unwrap()
                .query("SELECT id FROM patients")
                .fetch_all()
                .await
                .unwrap()
                .len(),
            1
        );
    }
}

#[tokio::test]
async fn a_panic_inside_a_scope_leaves_the_next_one_clean() {
    for bed in [Bed::postgres_with(pool_of_one()).await, Bed::sqlite_with(pool_of_one()).await] {
        let (tenants, ctx) = (bed.installation.tenants().clone(), bed.tenants[0].clone());
        let panicked = tokio::spawn(async move {
            let mut tx = tenants.begin(&ctx).await.unwrap();
            tx.query("DELETE FROM patients").execute().await.unwrap();
            panic!("on purpose");
        });
        assert!(panicked.await.unwrap_err().is_panic());
        bed.add_patient(1, "Ben").await;
        assert_eq!(bed.names(1).await, ["Ben"]);
    }
}
