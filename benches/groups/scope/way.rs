use nadia_benches::{Cases, Error};
use nadia_tenant_sqlx::{Backend, TenantDb};
use sqlx::{ConnectOptions, Connection, Encode, Executor, FromRow, IntoArguments, Type, pool::PoolOptions};
use uuid::Uuid;

use super::{EXPLICIT, EXPLICIT_PAGE, Rows, SCOPED, SCOPED_PAGE};

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
    /// Returns a case's name, which ends with the number of rows.
    pub(super) fn case(&self, kind: &str, what: &str) -> String {
        format!("{kind}: {}, {what}, {}", self.name, self.rows.size())
    }

    /// Adds the floor of scopes and pools, and sqlx's pool.
    pub(super) fn plain(&self, cases: &mut Cases, floor: &str) -> Result<(), Error> {
        let (mut connection, mut patients) = (cases.block_on(self.options.connect())?, self.rows.of(1));
        cases.add_async(floor, floor, async move || {
            let (context, id) = patients.turn();
            let tenant = context.tenant().id().as_uuid();
            Ok(sqlx::query_as::<_, (String,)>(EXPLICIT).bind(tenant).bind(id).fetch_one(&mut connection).await?)
        });
        let one = PoolOptions::<DB>::new().max_connections(1);
        let pool = cases.block_on(async { one.connect_lazy_with(self.options.clone()) });
        let mut patients = self.rows.of(1);
        cases.add_async(self.case("peer", "pool"), floor, async move || {
            let (context, id) = patients.turn();
            let tenant = context.tenant().id().as_uuid();
            Ok(sqlx::query_as::<_, (String,)>(EXPLICIT).bind(tenant).bind(id).fetch_one(&pool).await?)
        });
        Ok(())
    }

    /// Adds the scopes, compared with the floor of [`Self::plain`], and transactions and pages with floors of theirs.
    pub(super) fn scoped(&self, cases: &mut Cases, floor: &str) -> Result<(), Error> {
        for (what, tenants) in [("same tenant", 1), ("other tenant", 2)] {
            let (db, mut patients) = ((self.tenant_db)(cases)?, self.rows.of(tenants));
            cases.add_async(self.case("nadia", &format!("scope, {what}")), floor, async move || {
                let (context, id) = patients.turn();
                let mut scope = db.conn(context).await?;
                Ok(sqlx::query_as::<_, (String,)>(SCOPED).bind(id).fetch_one(&mut scope).await?)
            });
        }
        self.transactions(cases)?;
        self.pages(cases)
    }

    fn transactions(&self, cases: &mut Cases) -> Result<(), Error> {
        let floor = self.case("floor", "transaction");
        let (mut connection, mut patients) = (cases.block_on(self.options.connect())?, self.rows.of(1));
        let begin = self.begin;
        cases.add_async(&floor, &floor, async move || {
            let (context, id) = patients.turn();
            let tenant = context.tenant().id().as_uuid();
            let mut tx = connection.begin_with(begin).await?;
            let row: (String,) = sqlx::query_as(EXPLICIT).bind(tenant).bind(id).fetch_one(&mut *tx).await?;
            tx.commit().await?;
            Ok(row)
        });
        let (db, mut patients) = ((self.tenant_db)(cases)?, self.rows.of(1));
        cases.add_async(self.case("nadia", "transaction, same tenant"), &floor, async move || {
            let (context, id) = patients.turn();
            let mut tx = db.begin(context).await?;
            let row: (String,) = sqlx::query_as(SCOPED).bind(id).fetch_one(&mut tx).await?;
            tx.commit().await?;
            Ok(row)
        });
        Ok(())
    }

    fn pages(&self, cases: &mut Cases) -> Result<(), Error> {
        let floor = self.case("floor", "page, one connection");
        let (mut connection, mut patients) = (cases.block_on(self.options.connect())?, self.rows.of(1));
        cases.add_async(&floor, &floor, async move || {
            let tenant = patients.turn().0.tenant().id().as_uuid();
            Ok(sqlx::query_as::<_, (Uuid, String)>(EXPLICIT_PAGE).bind(tenant).fetch_all(&mut connection).await?)
        });
        let (db, mut patients) = ((self.tenant_db)(cases)?, self.rows.of(1));
        cases.add_async(self.case("nadia", "page, scope, same tenant"), &floor, async move || {
            let mut scope = db.conn(&patients.turn().0).await?;
            Ok(sqlx::query_as::<_, (Uuid, String)>(SCOPED_PAGE).fetch_all(&mut scope).await?)
        });
        Ok(())
    }
}
