use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// The name of the server that a tenant's rows are on.
///
/// Shape: 1 to 63 characters of `a-z`, `0-9` and `-`, the first a letter. [`Placement::MAIN`] is the server that the
/// installation began with, and the default. Clones share the text.
///
/// ```
/// use nadia_tenant_core::Placement;
///
/// assert_eq!(Placement::default().as_str(), Placement::MAIN);
/// assert_eq!("eu-2".parse::<Placement>()?.as_str(), "eu-2");
/// assert!("EU 2".parse::<Placement>().is_err());
/// # Ok::<(), nadia_tenant_core::ParsePlacementError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
// Most tenants are on the first server, so that one takes no allocation.
pub struct Placement(Option<Arc<str>>);

impl Placement {
    /// The name of the server that the installation began with.
    pub const MAIN: &'static str = "main";

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or(Self::MAIN)
    }

    /// Tells whether it is the server that the installation began with.
    #[must_use]
    pub const fn is_main(&self) -> bool {
        self.0.is_none()
    }
}

impl FromStr for Placement {
    type Err = ParsePlacementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let well_formed = (1..=63).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        match text {
            Self::MAIN => Ok(Self(None)),
            _ if well_formed => Ok(Self(Some(Arc::from(text)))),
            _ => Err(ParsePlacementError(())),
        }
    }
}

impl TryFrom<String> for Placement {
    type Error = ParsePlacementError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Placement> for String {
    fn from(placement: Placement) -> Self {
        placement.as_str().to_owned()
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says that a text is no [`Placement`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("placement is malformed; use 1 to 63 of a-z, 0-9 and -, the first a letter")]
pub struct ParsePlacementError(());
