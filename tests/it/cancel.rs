//! A future dropped anywhere leaves no connection with state.

use nadia_tenant_core::{Dialect, TenantContext};
use nadia_tenant_sqlx::{
    Error,
    portable::{Tenants, Tx},
};
use nadia_tests::{Bed, GiveUpAfter, pool_of_one, slow_line};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// Reads, writes and commits as the first tenant.
async fn work(tenants: &Tenants, ctx: &TenantContext) -> Result<(), Error> {
    let mut conn = tenants.conn(ctx).await?;
    conn.query("SELECT name FROM patients").fetch_all().await?;
    drop(conn);
    let mut tx = tenants.begin(ctx).await?;
    let insert = tx.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'of north', $2)");
    insert.bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await?;
    tx.query("SELECT name FROM patients").fetch_optional().await?;
    tx.query("SELECT id FROM patients").fetch_all().await?;
    nested_work(&mut tx).await?;
    tx.commit().await
}

/// Adds two patients in nested transactions, one of them in one that lies deeper, and tries a third.
async fn nested_work(tx: &mut Tx) -> Result<(), Error> {
    const INSERT: &str = "INSERT INTO patients (id, name, created_at) VALUES ($1, 'of inner north', $2)";
    let mut nested = tx.begin().await?;
    nested.query(INSERT).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await?;
    let mut deeper = nested.begin().await?;
    deeper.query(INSERT).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await?;
    deeper.commit().await?;
    let mut third = nested.begin().await?;
    third.query(INSERT).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await?;
    third.rollback().await?;
    // This one is left at that, and so rolled back by the next statement.
    let mut fourth = nested.begin().await?;
    fourth.query("DELETE FROM patients").execute().await?;
    nested.query("SELECT id FROM patients").fetch_all().await?;
    nested.commit().await
}

/// How far apart the points are at which work is given up. Every point takes about a minute; `NADIA_THOROUGH=1` asks for it.
pub(crate) fn step(otherwise: usize) -> usize {
    if std::env::var_os("NADIA_THOROUGH").is_some() { 1 } else { otherwise }
}

/// Gives the first tenant's work up after one pending poll, after `step` more, …, until it gets through; each time the other
/// tenant goes on with whatever connection was parked. Returns how often the work was pending.
pub(crate) async fn give_up_everywhere(bed: &Bed, tenants: &Tenants, step: usize) -> usize {
    // On PostgreSQL the session alone decides what the other tenant sees, so that a stale one shows.
    let bare = match bed.dialect() {
        Dialect::Postgres => tenants.dangerous_without_guard(),
        _ => tenants.clone(),
    };
    let south = &bed.tenants[1];
    for left in (0..).step_by(step) {
        let done = GiveUpAfter::new(work(tenants, &bed.tenants[0]), left).await;

        let read = "SELECT name FROM patients";
        let seen = if left % 2 == 0 {
            bare.conn(south).await.unwrap().query(read).fetch_all().await.unwrap()
        } else {
            let mut tx = bare.begin(south).await.unwrap();
            let seen = tx.query(read).fetch_all().await.unwrap();
            tx.commit().await.unwrap();
            seen
        };
        assert_eq!(seen.len(), 0, "given up after {left} pending polls");
        let mut scope = tenants.conn(south).await.unwrap();
        let insert = scope.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'of south', $2)");
        insert.bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
        drop(scope);
        // Seen from another connection: not swallowed by a transaction that was left open.
        let mut other = bed.conn(1).await;
        let deleted = other.query("DELETE FROM patients").execute().await.unwrap();
        assert_eq!(deleted, 1, "given up after {left} pending polls");
        if let Some(done) = done {
            done.unwrap();
            return left;
        }
    }
    unreachable!("the work gets through")
}

/// Gives nested work up everywhere while the transaction around it lives on. Returns how often that one committed without
/// the nested work.
pub(crate) async fn give_nested_up_everywhere(bed: &Bed, tenants: &Tenants) -> usize {
    const INSERT: &str = "INSERT INTO patients (id, name, created_at) VALUES ($1, 'of outer north', $2)";
    let north = &bed.tenants[0];
    let mut without = 0;
    for left in 0.. {
        let mut tx = tenants.begin(north).await.unwrap();
        tx.query(INSERT).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
        let done = GiveUpAfter::new(nested_work(&mut tx), left).await;
        let went_on = tx.query(INSERT).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await;
        let committed = tx.commit().await;
        let names = bed.names(0).await;
        let inner = names.iter().filter(|name| *name == "of inner north").count();
        match (&done, went_on, committed) {
            (Some(_), Ok(_), Ok(())) => assert_eq!((names.len(), inner), (4, 2)),
            (None, Ok(_), Ok(())) => {
                assert_eq!((names.len(), inner), (2, 0), "given up after {left} pending polls");
                without += 1;
            }
            // Nobody knows which transaction the connection was in.
            (None, Err(Error::RolledBack), Err(Error::RolledBack)) => {
                assert_eq!(names.len(), 0, "given up after {left} pending polls");
            }
            outcome => panic!("given up after {left} pending polls: {outcome:?}"),
        }
        bed.conn(0).await.query("DELETE FROM patients").execute().await.unwrap();
        if let Some(done) = done {
            done.unwrap();
            return without;
        }
    }
    unreachable!("the work gets through")
}

#[tokio::test]
async fn nested_work_given_up_at_every_await_point_leaves_the_rest_whole_on_postgres() {
    let bed = Bed::postgres().await;
    let slow = bed.open_at(&slow_line(&bed.url, 40).await, pool_of_one()).await;
    let without = give_nested_up_everywhere(&bed, slow.tenants()).await;
    assert!(without > 5, "{without} times");
}

#[tokio::test]
async fn nested_work_given_up_at_every_await_point_leaves_the_rest_whole_on_sqlite() {
    let bed = Bed::sqlite().await;
    let second = bed.open_at(&bed.url, pool_of_one()).await;
    give_nested_up_everywhere(&bed, second.tenants()).await;
}

#[tokio::test]
async fn given_up_at_points_all_over_on_postgres() {
    let bed = Bed::postgres().await;
    let slow = bed.open_at(&slow_line(&bed.url, 40).await, pool_of_one()).await;
    let points = give_up_everywhere(&bed, slow.tenants(), step(13)).await;
    assert!(points > 20, "{points} points");
}

#[tokio::test]
async fn given_up_at_every_await_point_on_sqlite() {
    let bed = Bed::sqlite().await;
    let second = bed.open_at(&bed.url, pool_of_one()).await;
    let points = give_up_everywhere(&bed, second.tenants(), 1).await;
    // SQLite works on a thread of its own, so how often it is waited for varies.
    assert!(points > 0, "{points} points");
}

#[tokio::test]
async fn a_stream_dropped_half_way_leaves_nothing_for_the_next_tenant() {
    use futures_util::StreamExt;
    let bed = Bed::postgres_with(pool_of_one()).await;
    for n in 0..20 {
        bed.add_patient(0, &format!("of north {n}")).await;
    }
    let db = bed.installation.postgres().unwrap();
    let mut scope = db.conn(&bed.tenants[0]).await.unwrap();
    let first = sqlx::query("SELECT name FROM patients").fetch(&mut scope).next().await;
    assert!(first.unwrap().is_ok());
    drop(scope);
    assert!(bed.names(1).await.is_empty());
    assert_eq!(bed.names(0).await.len(), 20);
}
