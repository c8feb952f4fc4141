use axum::http::StatusCode;
use nadia_tenant_core::Tenant;
use nadia_tenant_sqlx::{ControlDb, Error};

use super::plan;
use crate::problem::Problem;

/// What a clinic has or hasn't, by its plan or by an operator's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Feature {
    /// Files beside patients.
    Documents,
    /// A logo and colours of the clinic's own.
    Branding,
    /// Keys for programs.
    ApiKeys,
}

impl Feature {
    pub(crate) const ALL: [Self; 3] = [Self::Documents, Self::Branding, Self::ApiKeys];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Branding => "branding",
            Self::ApiKeys => "api_keys",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Documents => "Documents",
            Self::Branding => "Branding",
            Self::ApiKeys => "API keys",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == name)
    }
}

/// What a clinic has, and by whose decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Features(Vec<(Feature, bool, bool)>);

impl Features {
    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.0.iter().any(|(known, enabled, _)| *known == feature && *enabled)
    }

    /// Each feature, whether the clinic has it, and whether an operator decided that.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Feature, bool, bool)> {
        self.0.iter().copied()
    }
}

/// Finds out what a clinic has: an operator's decision goes before the plan.
pub(crate) async fn features(control: &ControlDb, tenant: &Tenant) -> Result<Features, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT feature, enabled FROM feature_overrides WHERE tenant_id = $1");
    let rows = rows.bind(tenant.id().as_uuid()).fetch_all().await?;
    let decided: Vec<(String, bool)> =
        rows.iter().map(|row| Ok((row.get("feature")?, row.get("enabled")?))).collect::<Result<_, Error>>()?;
    let plan = plan(tenant.plan());
    let feature = |feature: Feature| {
        let decision = decided.iter().find(|(name, _)| name == feature.as_str()).map(|(_, enabled)| *enabled);
        (feature, decision.unwrap_or(plan.has(feature)), decision.is_some())
    };
    Ok(Features(Feature::ALL.into_iter().map(feature).collect()))
}

/// Refuses what the clinic hasn't.
pub(crate) async fn require(control: &ControlDb, tenant: &Tenant, feature: Feature) -> Result<(), Problem> {
    if features(control, tenant).await?.has(feature) {
        return Ok(());
    }
    let plan = plan(tenant.plan()).title;
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "feature_missing",
        format!("the {plan} plan does not include {}", feature.title()),
        "ask the platform's operator for a larger plan",
    ))
}
