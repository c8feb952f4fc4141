use std::{error::Error, fmt, sync::Arc};

/// Says why a [`TenantStore`](crate::TenantStore) could not answer.
///
/// Cheap to clone, since all requests that wait for one look-up receive it. The cause is in
/// [`source`](Error::source); it is for the log, not for the client.
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Arc<dyn Error + Send + Sync>,
}

/// The kinds of [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The source did not answer; the same question may succeed later.
    Unavailable,
    /// The source holds a record that is no tenant; it needs mending.
    Corrupt,
}

impl StoreError {
    /// Makes an error for a source that did not answer.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Unavailable, source: Arc::from(source.into()) }
    }

    /// Makes an error for a record that is no tenant.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Corrupt, source: Arc::from(source.into()) }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Unavailable => "the tenant store is unavailable; try again",
            StoreErrorKind::Corrupt => "the tenant store holds a malformed record; mend it at its source",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
