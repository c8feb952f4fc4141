#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod backend;
mod catalog;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod control;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod cross;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod db;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod doctor;
mod error;
mod guard;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod install;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod migrate;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod park;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub mod portable;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod provision;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod router;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod schema;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod scope;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod server;
#[cfg(all(feature = "test-kit", any(feature = "postgres", feature = "sqlite")))]
pub mod test_kit;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use self::{
    backend::Backend,
    control::{Changes, ControlDb, ControlScope, ControlTx, RegistryChanges, Revision, SqlTenantStore, TenantRecord},
    cross::{AuditHook, CrossConn, CrossTenant, CrossTenantAccess, InvalidAuditText, PlaceName, Reason},
    db::TenantDb,
    doctor::{Diagnosis, Finding, Severity},
    install::{DatabaseUrl, Installation, InstallationConfig, PoolerMode},
    migrate::{FleetStatus, MigrateObserver, MigrateOptions, MigrateReport, MigratedPlace},
    park::{ConnectionLimits, ConnectionStats, FreshConnection, OnConnect},
    provision::{Seed, TenantWork, WorkKind},
    scope::{Autocommit, NestedTx, Scope, TenantConn, TenantScope, TenantTx, Transaction},
};
pub use self::{
    catalog::{Catalog, CatalogBuilder, CatalogError, Column, Table, TableKind, Unique},
    error::Error,
    guard::{Guard, GuardLimits, Guarded, Refusal, RefusalKind},
};
