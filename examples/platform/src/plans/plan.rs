use nadia_tenant_core::{Isolation, PlanName};

use super::{Feature, Resource};

/// What a clinic can buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Requests of all its people together, as `REQUESTS/WINDOW`.
    pub(crate) rate: &'static str,
    seats: i64,
    patients: i64,
    storage: i64,
    features: &'static [Feature],
    /// How the rows of a clinic that signs up with it are kept apart on PostgreSQL.
    isolation: Isolation,
}

const MB: i64 = 1 << 20;

/// All plans, the smallest first.
pub(crate) const PLANS: [Plan; 3] = [
    Plan {
        name: "starter",
        title: "Starter",
        rate: "1500/5s",
        seats: 5,
        patients: 250,
        storage: 100 * MB,
        features: &[Feature::Documents],
        isolation: Isolation::Shared,
    },
    Plan {
        name: "group",
        title: "Group",
        rate: "6000/5s",
        seats: 50,
        patients: 25_000,
        storage: 10_240 * MB,
        features: &[Feature::Documents, Feature::Branding, Feature::ApiKeys],
        isolation: Isolation::Schema,
    },
    Plan {
        name: "enterprise",
        title: "Enterprise",
        rate: "30000/5s",
        seats: 5_000,
        patients: 2_000_000,
        storage: 1_024 * 1_024 * MB,
        features: &[Feature::Documents, Feature::Branding, Feature::ApiKeys],
        isolation: Isolation::Database,
    },
];

/// Finds a plan by its name. One that is unknown has the limits of the smallest.
pub(crate) fn plan(name: &PlanName) -> &'static Plan {
    PLANS.iter().find(|plan| plan.name == name.as_str()).unwrap_or(&PLANS[0])
}

impl Plan {
    pub(crate) const fn limit(&self, resource: Resource) -> i64 {
        match resource {
            Resource::Seats => self.seats,
            Resource::Patients => self.patients,
            Resource::Storage => self.storage,
        }
    }

    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Returns the name as the registry keeps it.
    pub(crate) fn plan_name(&self) -> PlanName {
        self.name.parse().expect("a lower-case word is a plan's name")
    }

    /// Returns how the rows of its clinics are kept apart.
    ///
    /// In SQLite no policy stands behind the guard, so that each clinic has a file of its own whatever it bought.
    pub(crate) fn isolation(&self, is_sqlite: bool) -> Isolation {
        if is_sqlite { Isolation::Database } else { self.isolation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_plan_gives_no_less() {
        for pair in PLANS.windows(2) {
            let [small, large] = pair else { unreachable!() };
            for resource in Resource::ALL {
                assert!(small.limit(resource) <= large.limit(resource), "{resource:?}");
            }
            assert!(small.features.iter().all(|feature| large.has(*feature)));
        }
    }

    #[test]
    fn names_and_rates_are_well_formed() {
        for plan in PLANS {
            assert_eq!(plan.plan_name().as_str(), plan.name);
            plan.rate.parse::<nadia_quota::RateLimit>().unwrap();
        }
    }
}
