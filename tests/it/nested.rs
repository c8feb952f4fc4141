//! Transactions inside of transactions, the same on both databases.

use nadia_tenant_sqlx::{Error, TenantDb, TenantScope};
use nadia_tests::{Bed, on_both_databases};
use sqlx::{Sqlite, types::time::OffsetDateTime};
use uuid::Uuid;

/// Adds a patient by anything that has `query`.
macro_rules! add {
    ($scope:expr, $name:expr) => {
        add!($scope, $name, Uuid::now_v7())
    };
    ($scope:expr, $name:expr, $id:expr) => {
        $scope
            .query("INSERT INTO patients (id, name, created_at) VALUES ($1, $2, $3)")
            .bind($id)
            .bind(String::from($name))
            .bind(OffsetDateTime::now_utc())
            .execute()
            .await
    };
}

on_both_databases! {
    async fn what_is_committed_inside_lasts_if_the_outside_commits(bed: Bed) {
        let tenants = bed.installation.tenants();
        for keep in [false, true] {
            let mut tx = tenants.begin(&bed.tenants[0]).await.unwrap();
            add!(tx, "outer").unwrap();
            let mut nested = tx.begin().await.unwrap();
            assert_eq!(nested.tenant(), bed.tenants[0].tenant().id());
            add!(nested, "nested").unwrap();
            let mut deeper = nested.begin().await.unwrap();
            add!(deeper, "deeper").unwrap();
            deeper.commit().await.unwrap();
            nested.commit().await.unwrap();
            if keep { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
            let expected: &[&str] = if keep { &["deeper", "nested", "outer"] } else { &[] };
            assert_eq!(bed.names(0).await, expected);
        }
    }

    async fn what_is_rolled_back_inside_leaves_the_outside_as_it_was(bed: Bed) {
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        add!(tx, "outer").unwrap();
        let mut nested = tx.begin().await.unwrap();
        add!(nested, "lost").unwrap();
        let mut deeper = nested.begin().await.unwrap();
        add!(deeper, "lost with it").unwrap();
        deeper.commit().await.unwrap();
        nested.rollback().await.unwrap();
        // The next one at the same depth is another.
        let mut second = tx.begin().await.unwrap();
        add!(second, "second").unwrap();
        second.commit().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(bed.names(0).await, ["outer", "second"]);
    }

    async fn what_is_dropped_is_rolled_back_before_anything_else(bed: Bed) {
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        add!(tx, "outer").unwrap();
        let mut nested = tx.begin().await.unwrap();
        add!(nested, "dropped").unwrap();
        let mut deeper = nested.begin().await.unwrap();
        add!(deeper, "dropped deeper").unwrap();
        // No destructor runs: that the outer one goes on says that these are over.
        let left = tx.query("SELECT name FROM patients").fetch_all().await.unwrap();
        assert_eq!(left.len(), 1);
        let mut nested = tx.begin().await.unwrap();
        add!(nested, "kept").unwrap();
        let mut deeper = nested.begin().await.unwrap();
        add!(deeper, "dropped again").unwrap();
        nested.commit().await.unwrap();
        let mut last = tx.begin().await.unwrap();
        add!(last, "dropped last").unwrap();
        tx.commit().await.unwrap();
        assert_eq!(bed.names(0).await, ["kept", "outer"]);
    }

    async fn an_error_inside_does_not_fail_the_outside(bed: Bed) {
        let id = bed.add_patient(0, "first").await;
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        add!(tx, "outer").unwrap();

        let mut rolled_back = tx.begin().await.unwrap();
        assert!(add!(rolled_back, "twin", id).unwrap_err().is_unique_violation());
        // As in any transaction, nothing goes on after an error.
        let next = rolled_back.query("SELECT name FROM patients").fetch_all().await;
        assert!(matches!(next, Err(Error::RolledBack)), "{next:?}");
        let deeper = rolled_back.begin().await.map(drop);
        assert!(matches!(deeper, Err(Error::RolledBack)), "{deeper:?}");
        rolled_back.rollback().await.unwrap();

        let mut committed = tx.begin().await.unwrap();
        add!(committed, "lost").unwrap();
        assert!(add!(committed, "twin", id).unwrap_err().is_unique_violation());
        assert!(matches!(committed.commit().await, Err(Error::RolledBack)));

        let mut dropped = tx.begin().await.unwrap();
        let mut deeper = dropped.begin().await.unwrap();
        assert!(add!(deeper, "twin", id).unwrap_err().is_unique_violation());
        add!(dropped, "after an error further in").unwrap();
        dropped.commit().await.unwrap();

        add!(tx, "outer again").unwrap();
        tx.commit().await.unwrap();
        assert_eq!(bed.names(0).await, ["after an error further in", "first", "outer", "outer again"]);
    }

    async fn an_error_outside_lets_nothing_begin_inside(bed: Bed) {
        let id = bed.add_patient(0, "first").await;
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        add!(tx, "twin", id).unwrap_err();
        let nested = tx.begin().await.map(drop);
        assert!(matches!(nested, Err(Error::RolledBack)), "{nested:?}");
        assert!(matches!(tx.commit().await, Err(Error::RolledBack)));
        assert_eq!(bed.names(0).await, ["first"]);
    }

    async fn other_tenants_stay_out_of_sight_inside(bed: Bed) {
        bed.add_patient(1, "Ben of south").await;
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        let mut nested = tx.begin().await.unwrap();
        assert!(nested.query("SELECT name FROM patients").fetch_all().await.unwrap().is_empty());
        let refused = nested.query("ROLLBACK").execute().await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        nested.commit().await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_given_up_in_a_transaction_fails_it() {
    let bed = Bed::postgres().await;
    let tenants = bed.without_guard();
    let mut tx = tenants.begin(&bed.tenants[0]).await.unwrap();
    add!(tx, "lost").unwrap();
    let mut sleep = Box::pin(tx.query("SELECT pg_sleep(0.05)").fetch_all());
    assert!(futures_util::poll!(&mut sleep).is_pending());
    drop(sleep);
    // Whether it failed, and the transaction with it, nobody was told.
    let next = add!(tx, "lost");
    assert!(matches!(next, Err(Error::RolledBack)), "{next:?}");
    assert!(matches!(tx.commit().await, Err(Error::RolledBack)));
    assert!(bed.names(0).await.is_empty());

    // Inside, it fails no more than that.
    let mut tx = tenants.begin(&bed.tenants[0]).await.unwrap();
    add!(tx, "kept").unwrap();
    let mut nested = tx.begin().await.unwrap();
    add!(nested, "lost").unwrap();
    let mut sleep = Box::pin(nested.query("SELECT pg_sleep(0.05)").fetch_all());
    assert!(futures_util::poll!(&mut sleep).is_pending());
    drop(sleep);
    assert!(matches!(nested.commit().await, Err(Error::RolledBack)));
    tx.commit().await.unwrap();
    assert_eq!(bed.names(0).await, ["kept"]);
}

async fn count<'c>(scope: impl TenantScope<'c, Sqlite>) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM patients").fetch_one(scope).await.unwrap()
}

#[tokio::test]
async fn plain_sqlx_runs_in_a_nested_transaction() {
    let bed = Bed::sqlite().await;
    bed.add_patient(0, "first").await;
    bed.add_patient(1, "of another").await;
    let db: &TenantDb<Sqlite> = bed.installation.sqlite().unwrap();
    let mut tx = db.begin(&bed.tenants[0]).await.unwrap();
    let mut nested = tx.begin().await.unwrap();
    sqlx::query("DELETE FROM patients").execute(&mut nested).await.unwrap();
    assert_eq!(count(&mut nested).await, 0);
    let mut deeper = nested.begin().await.unwrap();
    assert_eq!(deeper.tenant(), bed.tenants[0].tenant().id());
    assert_eq!(count(&mut deeper).await, 0);
    // A stream, too, begins with what was dropped.
    let names: Vec<String> = {
        use futures_util::TryStreamExt;
        sqlx::query_scalar("SELECT name FROM patients").fetch(&mut tx).try_collect().await.unwrap()
    };
    assert_eq!(names, ["first"]);
    tx.commit().await.unwrap();
    assert_eq!(bed.names(0).await, ["first"]);
}
