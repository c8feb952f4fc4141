//! Migrations of the places: what there is to apply, where, and what was applied.

mod bring;
mod fleet;
pub(crate) mod ledger;
mod set;

pub use self::fleet::{FleetStatus, MigrateObserver, MigrateOptions, MigrateReport, MigratedPlace};
pub(crate) use self::{
    bring::{Brought, bring, check},
    fleet::{Fleet, Servers, migrated, server},
    set::{PlaceMigration, PlaceMigrations},
};
