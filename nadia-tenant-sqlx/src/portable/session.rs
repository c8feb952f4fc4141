use std::fmt::Debug;

use futures_core::future::BoxFuture;
use futures_util::TryStreamExt;
use sqlx::{Either, SqlStr};

use super::value::{Param, Row};
use crate::{
    Error,
    backend::Backend,
    scope::{Level, Session},
};

/// A session of either database.
pub(crate) trait AnySession: Send + Debug {
    fn execute(&mut self, level: Level, sql: SqlStr, params: Vec<Param>) -> BoxFuture<'_, Result<u64, Error>>;
    fn fetch_optional(
        &mut self,
        level: Level,
        sql: SqlStr,
        params: Vec<Param>,
    ) -> BoxFuture<'_, Result<Option<Row>, Error>>;
    fn fetch_all(&mut self, level: Level, sql: SqlStr, params: Vec<Param>) -> BoxFuture<'_, Result<Vec<Row>, Error>>;
    fn begin_nested(&mut self, level: Level) -> BoxFuture<'_, Result<Level, Error>>;
    fn commit_nested(&mut self, level: Level) -> BoxFuture<'_, Result<(), Error>>;
    fn rollback_nested(&mut self, level: Level) -> BoxFuture<'_, Result<(), Error>>;
    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<(), Error>>;
    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<(), Error>>;
}

impl<DB: Backend> AnySession for Session<DB> {
    fn execute(&mut self, level: Level, sql: SqlStr, params: Vec<Param>) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(async move {
            let mut steps = self.fetch_many(level, statement::<DB>(sql, params)?);
            let mut affected = 0;
            while let Some(step) = steps.try_next().await? {
                if let Either::Left(result) = step {
                    affected += DB::rows_affected(&result);
                }
            }
            Ok(affected)
        })
    }

    fn fetch_optional(
        &mut self,
        level: Level,
        sql: SqlStr,
        params: Vec<Param>,
    ) -> BoxFuture<'_, Result<Option<Row>, Error>> {
        Box::pin(async move {
            let row = Session::fetch_optional(self, level, statement::<DB>(sql, params)?).await?;
            Ok(row.map(DB::portable))
        })
    }

    fn fetch_all(&mut self, level: Level, sql: SqlStr, params: Vec<Param>) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(async move {
            let mut steps = self.fetch_many(level, statement::<DB>(sql, params)?);
            let mut rows = Vec::new();
            while let Some(step) = steps.try_next().await? {
                if let Either::Right(row) = step {
                    rows.push(DB::portable(row));
                }
            }
            Ok(rows)
        })
    }

    fn begin_nested(&mut self, level: Level) -> BoxFuture<'_, Result<Level, Error>> {
        Box::pin(Self::begin_nested(self, level))
    }

    fn commit_nested(&mut self, level: Level) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(Self::commit_nested(self, level))
    }

    fn rollback_nested(&mut self, level: Level) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(Self::rollback_nested(self, level))
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(Session::commit(*self))
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(Session::rollback(*self))
    }
}

/// Makes what sqlx can execute, for the session to admit.
fn statement<DB: Backend>(sql: SqlStr, params: Vec<Param>) -> Result<(SqlStr, Option<DB::Arguments>), Error> {
    let mut arguments = DB::Arguments::default();
    for param in params {
        DB::bind(&mut arguments, param).map_err(sqlx::Error::Encode)?;
    }
    Ok((sql, Some(arguments)))
}
