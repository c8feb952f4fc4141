use std::hint::black_box;

use nadia_benches::{Cases, Error};
use nadia_tenant_sqlx::{Backend, TenantDb};
use sqlx::{ConnectOptions, Connection, Encode, Executor, FromRow, IntoArguments, Type, pool::PoolOptions};
use uuid::Uuid;

use super::rows::Rows;

/// What a case asks for.
#[derive(Clone, Copy)]
pub(super) enum Read {
    LookUp,
    Latest,
}

impl Read {
    pub(super) const ALL: [Self; 2] = [Self::LookUp, Self::Latest];

    const fn name(self) -> &'static str {
        match self {
            Self::LookUp => "look-up",
            Self::Latest => "latest 20",
        }
    }
}

/// A way to the rows of a database, and the cases that are the same on every one.
pub(super) struct Way<'a, DB: Backend> {
    /// What the cases are called after.
    pub(super) name: &'a str,
    pub(super) rows: &'a Rows,
    /// Plain sqlx's way.
    pub(super) options: <DB::Connection as Connection>::Options,
    /// Opens a transaction as a scope does.
    pub(super) begin: &'static str,
    pub(super) tenant_db: &'a dyn Fn(&Cases) -> Result<TenantDb<DB>, Error>,
}

impl<DB> Way<'_, DB>
where
    DB: Backend<Arguments: IntoArguments<DB>>,
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    (String,): for<'r> FromRow<'r, DB::Row>,
    (Uuid, String): for<'r> FromRow<'r, DB::Row>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// Returns a case's name, which ends with the number of rows and tenants.
    pub(super) fn case(&self, kind: &str, read: Read, what: &str) -> String {
        format!("{kind}: {}, {}, {what}, {}", self.name, read.name(), self.rows.size())
    }

    /// Adds the floor of scopes and pools, and returns its name.
    pub(super) fn floor(&self, cases: &mut Cases, read: Read) -> Result<String, Error> {
        let floor = self.case("floor", read, "one connection");
        let (mut connection, mut patients) = (cases.block_on(self.options.connect())?, self.rows.of(1));
        cases.add_async(&floor, &floor, async move || {
            let (context, id) = patients.turn();
            Self::explicit(&mut connection, read, context.tenant().id().as_uuid(), *id).await
        });
        Ok(floor)
    }

    /// Adds sqlx's pool.
    pub(super) fn pool(&self, cases: &mut Cases, read: Read, floor: &str) {
        let one = PoolOptions::<DB>::new().max_connections(1);
        let pool = cases.block_on(async { one.connect_lazy_with(self.options.clone()) });
        let mut patients = self.rows.of(1);
        cases.add_async(self.case("peer", read, "pool"), floor, async move || {
            let (context, id) = patients.turn();
            Self::explicit(&pool, read, context.tenant().id().as_uuid(), *id).await
        });
    }

    /// Adds the scopes, after the same tenant and after another.
    pub(super) fn scopes(&self, cases: &mut Cases, read: Read, floor: &str) -> Result<(), Error> {
        for (what, mut patients) in [("same tenant", self.rows.of(1)), ("other tenant", self.rows.of_many())] {
            let db = (self.tenant_db)(cases)?;
            cases.add_async(self.case("nadia", read, &format!("scope, {what}")), floor, async move || {
                let (context, id) = patients.turn();
                let mut scope = db.conn(context).await?;
                Self::scoped(&mut scope, read, *id).await
            });
        }
        Ok(())
    }

    /// Adds a transaction with a floor of its own.
    pub(super) fn transactions(&self, cases: &mut Cases) -> Result<(), Error> {
        let read = Read::LookUp;
        let floor = self.case("floor", read, "transaction");
        let (mut connection, mut patients) = (cases.block_on(self.options.connect())?, self.rows.of(1));
        let begin = self.begin;
        cases.add_async(&floor, &floor, async move || {
            let (context, id) = patients.turn();
            let mut tx = connection.begin_with(begin).await?;
            Self::explicit(&mut *tx, read, context.tenant().id().as_uuid(), *id).await?;
            Ok(tx.commit().await?)
        });
        let (db, mut patients) = ((self.tenant_db)(cases)?, self.rows.of(1));
        cases.add_async(self.case("nadia", read, "transaction, same tenant"), &floor, async move || {
            let (context, id) = patients.turn();
            let mut tx = db.begin(context).await?;
            Self::scoped(&mut tx, read, *id).await?;
            Ok(tx.commit().await?)
        });
        Ok(())
    }

    /// Reads with the tenant written out.
    async fn explicit<'c, E>(executor: E, read: Read, tenant: Uuid, id: Uuid) -> Result<(), Error>
    where
        E: Executor<'c, Database = DB>,
    {
        match read {
            Read::LookUp => {
                let query = sqlx::query_as("SELECT name FROM patients WHERE tenant_id = $1 AND id = $2");
                let row: (String,) = query.bind(tenant).bind(id).fetch_one(executor).await?;
                black_box(row);
                Ok(())
            }
            Read::Latest => {
                let sql = "SELECT id, name FROM patients WHERE tenant_id = $1 ORDER BY id DESC LIMIT 20";
                latest(sqlx::query_as(sql).bind(tenant).fetch_all(executor).await?)
            }
        }
    }

    /// Reads without a word of tenants.
    pub(super) async fn scoped<'c, E>(executor: E, read: Read, id: Uuid) -> Result<(), Error>
    where
        E: Executor<'c, Database = DB>,
    {
        match read {
            Read::LookUp => {
                let query = sqlx::query_as("SELECT name FROM patients WHERE id = $1");
                let row: (String,) = query.bind(id).fetch_one(executor).await?;
                black_box(row);
                Ok(())
            }
            Read::Latest => {
                let sql = "SELECT id, name FROM patients ORDER BY id DESC LIMIT 20";
                latest(sqlx::query_as(sql).fetch_all(executor).await?)
            }
        }
    }
}

fn latest(rows: Vec<(Uuid, String)>) -> Result<(), Error> {
    match black_box(rows).len() {
        20 => Ok(()),
        count => Err(format!("{count} rows came where 20 are").into()),
    }
}
