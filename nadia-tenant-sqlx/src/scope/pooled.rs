//! Behind a pooler that shares sessions: each statement in a transaction of its own, which is bound to the tenant.
//!
//! One whose future or stream is dropped before its end leaves the transaction open; the lease then closes the
//! connection, and the pooler the server's, so that nothing of it is kept.

use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::SqlStr;
use sqlx_core::ext::async_stream::TryAsyncStream;

use crate::{
    backend::{Backend, Rewritten, Step},
    error::refused,
    park::Lease,
};

/// Streams the steps of a statement. The commit is behind the last, and its error is the stream's.
pub(super) fn fetch_many<'e, DB: Backend>(
    lease: &'e mut Lease<DB>,
    statement: Rewritten<DB>,
) -> BoxStream<'e, sqlx::Result<Step<DB>>> {
    TryAsyncStream::new(move |steps| async move {
        open(lease).await?;
        let outcome = {
            let (connection, _) = lease.operate();
            let mut answer = DB::fetch_many(connection, statement);
            loop {
                match answer.try_next().await {
                    Ok(Some(step)) => steps.r#yield(step).await,
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        };
        close(lease, outcome).await
    })
    .boxed()
}

pub(super) async fn fetch_optional<DB: Backend>(
    lease: &mut Lease<DB>,
    statement: Rewritten<DB>,
) -> sqlx::Result<Option<DB::Row>> {
    open(lease).await?;
    let (connection, _) = lease.operate();
    let outcome = DB::fetch_optional(connection, statement).await;
    close(lease, outcome).await
}

pub(super) async fn prepare_with<DB: Backend>(
    lease: &mut Lease<DB>,
    sql: SqlStr,
    parameters: &[DB::TypeInfo],
) -> sqlx::Result<DB::Statement> {
    open(lease).await?;
    let (connection, _) = lease.operate();
    let outcome = DB::prepare_with(connection, sql, parameters).await;
    close(lease, outcome).await
}

pub(super) async fn describe<DB: Backend>(
    lease: &mut Lease<DB>,
    sql: SqlStr,
) -> sqlx::Result<sqlx_core::describe::Describe<DB>> {
    open(lease).await?;
    let (connection, _) = lease.operate();
    let outcome = DB::describe(connection, sql).await;
    close(lease, outcome).await
}

async fn open<DB: Backend>(lease: &mut Lease<DB>) -> sqlx::Result<()> {
    // Left by a statement that was given up on this same scope; what it did is not kept, as if the scope had ended.
    if lease.in_transaction() {
        lease.rollback().await?;
    }
    lease.begin_in_time().await.map_err(|error| match error {
        crate::Error::Sqlx(error) => error,
        other => refused(other),
    })
}

async fn close<DB: Backend, T>(lease: &mut Lease<DB>, outcome: sqlx::Result<T>) -> sqlx::Result<T> {
    let goes_on = lease.settle(&outcome);
    match outcome {
        Ok(_) => lease.commit().await?,
        // The statement's error is the one to tell; the lease remembers how the rollback went.
        Err(_) if goes_on => drop(lease.rollback().await),
        Err(_) => {}
    }
    outcome
}
