//! What clinics buy: limits, features, and how their rows are kept apart.

mod feature;
mod limit;
mod plan;

pub(crate) use self::{
    feature::{Feature, features, require as require_feature},
    limit::{Resource, Usage, check_seats, hold, limit, recount, release, reserve, usages},
    plan::{PLANS, Plan, plan},
};
