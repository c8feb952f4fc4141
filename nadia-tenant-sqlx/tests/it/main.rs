//! Tests of `nadia-tenant-sqlx` through its public interface.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should end it")]

mod catalog;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod compile_fail;
mod grammar;
mod guard_attacks;
mod guard_cases;
mod guard_cross_tenant;
mod guard_differential;
mod guard_generated;
mod guard_hits;
mod guard_limits;
mod guard_order;
mod guard_plans;
mod guard_shapes;
mod guard_snapshot;
mod introspect;
mod oracle;
mod predicates;
