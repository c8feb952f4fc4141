use std::fmt;

use super::check::Check;

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing: nothing leaks by it, something may be slow or was forgotten.
    Notice,
    /// Leaks together with another fault or a later change, or could not be judged by the catalog alone.
    Warning,
    /// One tenant can reach, change or learn of another's rows. Don't serve before it is mended.
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub(super) const ALL: [Self; 3] = [Self::Critical, Self::Warning, Self::Notice];

    /// Returns the name in lower case, as the JSON and the text have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that the doctor found: what, why it matters, and what mends it.
#[derive(Clone, Debug)]
pub struct Finding {
    check: &'static Check,
    object: String,
    detail: Option<String>,
    fix: Option<String>,
}

impl Finding {
    pub(super) fn new(
        code: &str,
        object: impl Into<String>,
        detail: impl Into<Option<String>>,
        fix: impl Into<Option<String>>,
    ) -> Self {
        Self { check: Check::named(code), object: object.into(), detail: detail.into(), fix: fix.into() }
    }

    /// Returns how bad it is; the check decides.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.check.severity
    }

    /// Returns the check's code, such as `rls_not_forced`. Codes stay the same from release to release.
    #[must_use]
    pub const fn check(&self) -> &'static str {
        self.check.code
    }

    /// Returns the name of what is at fault, quoted as the database quotes names.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Returns what exactly was found, if the code and the object don't say it all.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Returns why it matters, in one sentence.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        self.check.why
    }

    /// Returns in words what mends it.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        self.check.mend
    }

    /// Returns the SQL that mends it, one or more statements that can run in a transaction; `None` if somebody must decide.
    #[must_use]
    pub fn fix(&self) -> Option<&str> {
        self.fix.as_deref()
    }

    /// Returns the check's place in the order of mending.
    pub(super) fn rank(&self) -> usize {
        self.check.rank()
    }
}
