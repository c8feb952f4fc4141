//! Statement text once for both databases.
//!
//! sqlx's generics don't carry value bounds through a trait, and its `Any` has neither UUIDs nor times. So
//! the bounds are turned around: a [`PortableValue`] is a type that every enabled database can store, and the
//! database is behind an object. Statements are `&'static str` in the subset both databases read: `$1`
//! placeholders, `ON CONFLICT`, `RETURNING`, ids and times bound from Rust. What they may touch is decided by the
//! guard, as in every scope.
//!
//! ```no_run
//! # use nadia_tenant_sqlx::{Error, portable::Tenants};
//! # use nadia_tenant_core::TenantContext;
//! async fn email(tenants: &Tenants, ctx: &TenantContext, id: uuid::Uuid) -> Result<Option<String>, Error> {
//!     let mut scope = tenants.conn(ctx).await?;
//!     let row = scope.query("SELECT email FROM patients WHERE id = $1").bind(id).fetch_optional().await?;
//!     row.map(|row| row.get("email")).transpose()
//! }
//! ```

mod cross;
mod nested;
mod query;
mod router;
mod session;
mod tenants;
mod value;

pub use self::{
    cross::CrossConn,
    nested::NestedTx,
    query::Query,
    tenants::{Conn, Tenants, Tx},
    value::{OnPostgres, OnSqlite, PortableValue, Row},
};
pub(crate) use self::{
    router::SharedRouter,
    session::AnySession,
    value::{AnyRow, Param},
};
