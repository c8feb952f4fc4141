use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// The name of what a tenant bought, as limits are looked up by it.
///
/// Shape: 1 to 63 characters of `a-z`, `0-9`, `-` and `_`, the first a letter. Clones share the text.
///
/// ```
/// use nadia_tenant_core::PlanName;
///
/// assert_eq!("pro".parse::<PlanName>()?.as_str(), "pro");
/// assert!("Pro plan".parse::<PlanName>().is_err());
/// # Ok::<(), nadia_tenant_core::ParsePlanNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanName(Arc<str>);

impl PlanName {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlanName {
    type Err = ParsePlanNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let well_formed = (1..=63).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if well_formed { Ok(Self(Arc::from(text))) } else { Err(ParsePlanNameError(())) }
    }
}

impl TryFrom<String> for PlanName {
    type Error = ParsePlanNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PlanName> for String {
    fn from(name: PlanName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says that a text is no [`PlanName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plan name is malformed; use 1 to 63 of a-z, 0-9, - and _, the first a letter")]
pub struct ParsePlanNameError(());
