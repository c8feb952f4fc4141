use std::fmt;

/// An e-mail address as identities are looked up by: trimmed and in lower case.
///
/// Shape: at most 254 ASCII characters, one `@` with 1 to 64 characters before it and a host name after
/// it. `Debug` shows nothing of it, so that it can't end in a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, host) = text.rsplit_once('@')?;
        let well_formed = text.len() <= 254
            && (1..=64).contains(&local.len())
            && local.bytes().all(|b| b.is_ascii_graphic() && !b"@\"(),:;<>[\\]".contains(&b))
            && host.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            });
        well_formed.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Takes an address that was parsed before it was stored.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// What to do instead, for a refusal.
pub(crate) const FIX: &str = "send an address like name@example.org, in ASCII, of at most 254 characters";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_spelling() {
        assert_eq!(Email::parse(" Ana@Example.ORG ").unwrap().as_str(), "ana@example.org");
        assert_eq!(format!("{:?}", Email::parse("ana@example.org")), "Some(Email(…))");
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in
            ["", "ana", "@example.org", "ana@", "ana@-x.org", "ana@x..org", "a b@x.org", "ana@x.org\n.", "a@b@c"]
        {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.org", "a".repeat(65))).is_none());
    }
}
