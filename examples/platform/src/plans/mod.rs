//! What clinics buy: limits, features, and how their rows are kept apart.

mod feature;
mod limit;
mod plan;

pub(crate) use self::{
    feature::{Feature, Features, features, require as require_feature},
    limit::{Limit, Resource, Usage, check_seats, hold, limit, reached, recount, release, reserve, seats, usages},
    plan::{PLANS, Plan, plan},
};
