use std::{fmt, str::FromStr, sync::Arc};

/// Why rows of all tenants are read: text of 10 to 500 characters, on one line, that a reader of the audit understands.
///
/// White space around it is left out. Control characters are refused, and so is whatever breaks a line or turns the
/// direction of the text, since the audit would then show something else than it holds.
///
/// ```
/// use nadia_tenant_sqlx::Reason;
///
/// assert_eq!(" monthly invoices ".parse::<Reason>()?.as_str(), "monthly invoices");
/// assert!("because".parse::<Reason>().is_err());
/// # Ok::<(), nadia_tenant_sqlx::InvalidAuditText>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason(Arc<str>);

/// Says what is wrong with a text that was meant for the audit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidAuditText {
    message: String,
}

impl Reason {
    /// Checks a text.
    ///
    /// # Errors
    /// [`InvalidAuditText`] when it is too short, too long, or holds a character that the audit doesn't take.
    pub fn parse(text: &str) -> Result<Self, InvalidAuditText> {
        checked("the reason", text, 10, 500).map(|text| Self(text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = InvalidAuditText;

    fn from_str(text: &str) -> Result<Self, InvalidAuditText> {
        Self::parse(text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns the text without white space around it, if it is one line of `least` to `most` characters.
pub(super) fn checked<'t>(what: &str, text: &'t str, least: usize, most: usize) -> Result<&'t str, InvalidAuditText> {
    let text = text.trim();
    let length = text.chars().count();
    if !(least..=most).contains(&length) {
        let message = format!("{what} has {length} characters; write {least} to {most}");
        return Err(InvalidAuditText { message });
    }
    if let Some(misleading) = text.chars().find(|c| is_misleading(*c)) {
        let message = format!("{what} holds {misleading:?}; write one line of plain text");
        return Err(InvalidAuditText { message });
    }
    Ok(text)
}

/// Control characters, line and paragraph separators, and the marks that turn the direction of a text.
fn is_misleading(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_line_of_ten_to_five_hundred_characters() {
        for text in ["0123456789", "invoices of März", &"x".repeat(500), &"é".repeat(500)] {
            assert_eq!(Reason::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(Reason::parse("\t invoices of May \n").unwrap().to_string(), "invoices of May");
    }

    #[test]
    fn refuses_what_says_too_little_or_too_much_or_misleads() {
        let long = "x".repeat(501);
        for text in [
            "",
            "012345678",
            "          ",
            "  because            ",
            &long,
            "invoices\nof May",
            "invoices\0of May",
            "invoices\u{1b}[2Jof May",
            "invoices\u{85}of May",
            "invoices\u{2028}of May",
            "invoices \u{202e}yaM fo",
            "invoices \u{2066}of May",
        ] {
            let refused = Reason::parse(text).unwrap_err().to_string();
            assert!(refused.starts_with("the reason h"), "{refused}");
            assert!(!refused.contains(char::is_control), "{refused}");
        }
    }
}
