//! Errors end at the user's terminal, so they are sentences.

use std::{fmt, path::Path};

/// What a chore answers.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// One sentence, or more, for the terminal.
#[derive(Debug)]
pub(crate) struct Failure(String);

/// Says what was being done when an operation failed.
pub(crate) trait Context<T> {
    /// Puts `doing` in front of the error.
    fn doing(self, doing: impl fmt::Display) -> Result<T>;

    /// The same for an operation on a file or folder.
    fn at(self, doing: &str, path: &Path) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn doing(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Failure(format!("{doing}: {error}")))
    }

    fn at(self, doing: &str, path: &Path) -> Result<T> {
        self.doing(format_args!("{doing} {}", path.display()))
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
