//! One budget of connections for all tenants and both the control database and theirs.

use std::{pin::Pin, time::Duration};

use futures_util::{FutureExt, poll};
use nadia_tenant_sqlx::{
    ConnectionLimits, Error,
    portable::{Conn, Tenants},
};
use nadia_tests::{Bed, Place, at_both_places, pool_of_one};
use sqlx::{Connection, PgConnection};

type Opening<'t> = Pin<Box<dyn Future<Output = Result<Conn, Error>> + Send + 't>>;

async fn bed(place: Place, limits: ConnectionLimits) -> Bed {
    match place {
        Place::Postgres => Bed::postgres_with(limits).await,
        Place::Sqlite => Bed::sqlite_with(limits).await,
    }
}

fn waiting<'t>(tenants: &'t Tenants, bed: &'t Bed, tenant: usize, count: usize) -> Vec<(usize, Opening<'t>)> {
    (0..count).map(|_| (tenant, Box::pin(tenants.conn(&bed.tenants[tenant])) as Opening<'t>)).collect()
}

/// Returns whose scope opens next, and closes it.
async fn next(waiting: &mut Vec<(usize, Opening<'_>)>) -> usize {
    loop {
        for at in 0..waiting.len() {
            if let Some(opened) = (&mut waiting[at].1).now_or_never() {
                opened.unwrap();
                return waiting.remove(at).0;
            }
        }
        tokio::task::yield_now().await;
    }
}

at_both_places! {
    async fn the_control_database_has_a_budget_of_its_own(place) {
        let bed = bed(place, pool_of_one()).await;
        let control = bed.installation.control();
        // Whoever holds a control scope and asks for a tenant's waits for nobody who does the same.
        let held = control.begin().await.unwrap();
        assert!(bed.names(0).await.is_empty());
        assert_eq!((bed.installation.connections().open, bed.installation.connections().parked), (1, 1));
        held.rollback().await.unwrap();
    }

    async fn a_tenant_with_a_thousand_waiters_keeps_another_waiting_for_one_turn(place) {
        let bed = bed(place, pool_of_one()).await;
        let tenants = bed.installation.tenants();
        let held = bed.conn(0).await;
        let mut all = waiting(tenants, &bed, 0, 1_000);
        all.extend(waiting(tenants, &bed, 1, 2));
        for (_, opening) in &mut all {
            assert!(poll!(opening).is_pending());
        }
        drop(held);
        let mut order = Vec::new();
        for _ in 0..6 {
            order.push(next(&mut all).await);
        }
        assert_eq!(order, [0, 1, 0, 1, 0, 0]);
    }

    async fn a_tenant_leaves_some_connections_to_others(place) {
        let bed = bed(place, ConnectionLimits { max_connections: 5, ..ConnectionLimits::default() }).await;
        let tenants = bed.installation.tenants();
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(bed.conn(0).await);
        }
        let mut fifth = Box::pin(tenants.conn(&bed.tenants[0]));
        assert!(poll!(&mut fifth).is_pending());
        assert!(bed.names(1).await.is_empty());
        assert!(poll!(&mut fifth).is_pending());
        held.pop();
        fifth.await.unwrap();
    }

    async fn who_gives_up_waiting_takes_nothing_along(place) {
        let limits = ConnectionLimits { max_connections: 3, max_per_tenant: Some(3), ..ConnectionLimits::default() };
        let bed = bed(place, limits).await;
        let tenants = bed.installation.tenants();
        for round in 0..5 {
            let held = [bed.conn(0).await, bed.conn(1).await, bed.conn(2).await];
            let mut all = Vec::new();
            for tenant in 0..3 {
                all.extend(waiting(tenants, &bed, tenant, 100));
            }
            for (_, opening) in &mut all {
                assert!(poll!(opening).is_pending());
            }
            assert_eq!(bed.installation.connections().waiting, 300);
            // Some are granted and not looked at any more, some are waiting, some are on the way.
            drop(held);
            for (_, opening) in all.iter_mut().skip(round * 7).step_by(13) {
                let _ = poll!(opening);
            }
            drop(all);
            let stats = bed.installation.connections();
            assert_eq!((stats.in_use, stats.waiting), (0, 0), "round {round}");
        }
        let all = [bed.conn(0).await, bed.conn(0).await, bed.conn(0).await];
        drop(all);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_the_server() {
    let limits = ConnectionLimits { idle_timeout: Duration::from_millis(300), ..ConnectionLimits::default() };
    let bed = Bed::postgres_with(limits).await;
    drop([bed.conn(0).await, bed.conn(1).await, bed.conn(2).await]);
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let open: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nadia' AND datname = current_database()",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        if open == 0 {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{open} are still open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(bed.installation.connections().open, 0);
    assert!(bed.names(0).await.is_empty());
}
