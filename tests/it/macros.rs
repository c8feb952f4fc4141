//! sqlx's own queries and checked macros, unchanged inside a scope.
//!
//! The checked ones are compiled from `tests/.sqlx`. To renew it, point `DATABASE_URL` at a database with the tables of
//! `tests/migrations/place`, and run `SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$PWD/tests/.sqlx cargo check -p nadia-tests --tests`.

use nadia_tenant_sqlx::{Error, TenantScope};
use nadia_tests::Bed;
use sqlx::{Executor, FromRow, Postgres, SqlSafeStr, Statement, types::time::OffsetDateTime};
use uuid::Uuid;

#[derive(Debug, FromRow)]
struct Patient {
    id: Uuid,
    name: String,
}

/// A repository function, as users write them.
async fn count<'c>(scope: impl TenantScope<'c, Postgres>) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM patients").fetch_one(scope).await?)
}

#[tokio::test]
async fn query_query_as_and_checked_queries_stay_inside_the_tenant() {
    let bed = Bed::postgres().await;
    let ann = bed.add_patient(0, "Ann").await;
    bed.add_patient(1, "Ben").await;
    let mut scope = bed.installation.postgres().unwrap().conn(&bed.tenants[0]).await.unwrap();

    let patients: Vec<Patient> = sqlx::query_as("SELECT * FROM patients").fetch_all(&mut scope).await.unwrap();
    assert_eq!(patients.len(), 1);
    assert_eq!((patients[0].id, patients[0].name.as_str()), (ann, "Ann"));

    let checked =
        sqlx::query!("SELECT id, name FROM patients WHERE name LIKE $1", "%").fetch_all(&mut scope).await.unwrap();
    assert_eq!(checked.len(), 1);
    assert_eq!(checked[0].id, ann);

    let typed = sqlx::query_as!(Patient, "SELECT id, name FROM patients ORDER BY name LIMIT $1", 10_i64)
        .fetch_all(&mut scope)
        .await
        .unwrap();
    assert_eq!(typed.len(), 1);
    let total = sqlx::query_scalar!("SELECT count(*) FROM patients").fetch_one(&mut scope).await.unwrap();
    assert_eq!(total, Some(1));
    assert_eq!(count(&mut scope).await.unwrap(), 1);
}

#[tokio::test]
async fn a_checked_insert_is_given_its_tenant() {
    let bed = Bed::postgres().await;
    let mut tx = bed.installation.postgres().unwrap().begin(&bed.tenants[0]).await.unwrap();
    let id = Uuid::now_v7();
    // `tenant_id` isn't named: the table has a default for it, and the guard fills it in.
    let row = sqlx::query!(
        "INSERT INTO patients (id, name, created_at) VALUES ($1, $2, $3) RETURNING tenant_id",
        id,
        "Ann",
        OffsetDateTime::now_utc(),
    )
    .fetch_one(&mut tx)
    .await
    .unwrap();
    assert_eq!(row.tenant_id, bed.tenants[0].tenant().id().as_uuid());
    assert_eq!(count(&mut tx).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(bed.names(0).await, ["Ann"]);
    assert!(bed.names(1).await.is_empty());
}

#[tokio::test]
async fn a_statement_can_be_prepared_and_run_inside_the_tenant() {
    let bed = Bed::postgres().await;
    let ann = bed.add_patient(0, "Ann").await;
    let mut scope = bed.installation.postgres().unwrap().conn(&bed.tenants[1]).await.unwrap();
    let text = "SELECT name FROM patients WHERE id = $1";
    let statement = (&mut scope).prepare(text.into_sql_str()).await.unwrap();
    assert_eq!(statement.parameters().map(|p| p.either(|types| types.len(), |count| count)), Some(1));
    assert!(statement.query().bind(ann).fetch_optional(&mut scope).await.unwrap().is_none());
    drop(scope);
    let mut scope = bed.installation.postgres().unwrap().conn(&bed.tenants[0]).await.unwrap();
    assert!(statement.query().bind(ann).fetch_optional(&mut scope).await.unwrap().is_some());
    assert!((&mut scope).prepare("SELECT * FROM pg_class".into_sql_str()).await.is_err());
}

#[tokio::test]
async fn plain_queries_run_on_sqlite_too() {
    let bed = Bed::sqlite().await;
    bed.add_patient(0, "Ann").await;
    bed.add_patient(1, "Ben").await;
    let mut scope = bed.installation.sqlite().unwrap().conn(&bed.tenants[1]).await.unwrap();
    let patients: Vec<Patient> = sqlx::query_as("SELECT id, name FROM patients WHERE name <> ?")
        .bind("Zoe")
        .fetch_all(&mut scope)
        .await
        .unwrap();
    assert_eq!(patients.len(), 1);
    assert_eq!(patients[0].name, "Ben");
}
