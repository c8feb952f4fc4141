#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod backend;
mod catalog;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod control;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod db;
mod error;
mod guard;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod install;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod park;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod place;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub mod portable;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod scope;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use self::{
    backend::Backend,
    control::{ControlDb, ControlScope, ControlTx, SqlTenantStore},
    db::TenantDb,
    install::{DatabaseUrl, Installation, InstallationConfig, PoolerMode},
    park::ConnectionLimits,
    scope::{Autocommit, Scope, TenantConn, TenantScope, TenantTx, Transaction},
};
pub use self::{
    catalog::{Catalog, CatalogBuilder, CatalogError, Column, Table, TableKind, Unique},
    error::Error,
    guard::{Guard, Guarded, Refusal, RefusalKind},
};
