use nadia_tenant_core::PlanName;

use crate::RateLimit;

/// The limit of each plan.
///
/// A tenant whose plan is not among them gets the default plan's limit; without a default, that of the
/// strictest plan: the one whose requests come back slowest, and of those the one with the smallest burst.
///
/// ```
/// use nadia_quota::{Plans, RateLimit};
///
/// let plans = Plans::builder()
///     .plan("starter".parse()?, RateLimit::per_minute(600)?)
///     .plan("pro".parse()?, RateLimit::per_second(100)?)
///     .build()?;
/// assert_eq!(plans.limit(&"pro".parse()?), RateLimit::per_second(100)?);
/// assert_eq!(plans.limit(&"lost".parse()?), RateLimit::per_minute(600)?);
/// assert!(Plans::builder().build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plans {
    limits: Vec<(PlanName, RateLimit)>,
    fallback: usize,
}

/// Collects limits for [`Plans`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PlansBuilder {
    limits: Vec<(PlanName, RateLimit)>,
    default: Option<PlanName>,
}

/// Says why limits make no [`Plans`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlansError {
    /// There is no plan.
    #[error("no plan has a limit; add one with plan()")]
    Empty,
    /// A plan was added twice.
    #[error("plan \"{0}\" has two limits; keep one")]
    Duplicate(PlanName),
    /// The default plan has no limit.
    #[error("default plan \"{0}\" has no limit; add it with plan()")]
    UnknownDefault(PlanName),
}

impl Plans {
    /// Starts without plans.
    pub fn builder() -> PlansBuilder {
        PlansBuilder::default()
    }

    /// Returns the limit of `plan`, or the fall-back's if it is unknown; see the type.
    #[must_use]
    pub fn limit(&self, plan: &PlanName) -> RateLimit {
        self.at(self.index(plan))
    }

    pub(crate) fn len(&self) -> usize {
        self.limits.len()
    }

    pub(crate) fn index(&self, plan: &PlanName) -> usize {
        position(&self.limits, plan).unwrap_or(self.fallback)
    }

    pub(crate) fn is(&self, index: usize, plan: &PlanName) -> bool {
        self.limits[index].0 == *plan
    }

    pub(crate) fn at(&self, index: usize) -> RateLimit {
        self.limits[index].1
    }
}

impl PlansBuilder {
    /// Adds a plan.
    pub fn plan(mut self, name: PlanName, limit: RateLimit) -> Self {
        self.limits.push((name, limit));
        self
    }

    /// Names the plan whose limit tenants with an unknown plan get, instead of the strictest.
    pub fn default_plan(mut self, name: PlanName) -> Self {
        self.default = Some(name);
        self
    }

    /// Fixes the plans.
    ///
    /// # Errors
    /// [`PlansError`] when there is no plan, one was added twice, or the default one was not added.
    pub fn build(self) -> Result<Plans, PlansError> {
        for (index, (name, _)) in self.limits.iter().enumerate() {
            if position(&self.limits[..index], name).is_some() {
                return Err(PlansError::Duplicate(name.clone()));
            }
        }
        let strictest = (0..self.limits.len()).min_by_key(|index| {
            let limit = self.limits[*index].1;
            (std::cmp::Reverse(limit.interval()), limit.burst())
        });
        let fallback = match self.default {
            Some(name) => position(&self.limits, &name).ok_or(PlansError::UnknownDefault(name))?,
            None => strictest.ok_or(PlansError::Empty)?,
        };
        Ok(Plans { limits: self.limits, fallback })
    }
}

/// A service has few plans, and a plan is looked up only when a tenant's changes.
fn position(limits: &[(PlanName, RateLimit)], plan: &PlanName) -> Option<usize> {
    limits.iter().position(|(name, _)| name == plan)
}
