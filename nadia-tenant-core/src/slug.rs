use std::{
    collections::HashSet,
    fmt,
    str::FromStr,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};

/// The name of a tenant in host names and headers: one lower-case DNS label.
///
/// Shape: 3 to 63 characters of `a-z`, `0-9` and `-`; it begins with a letter and ends with a letter
/// or digit; no two hyphens stand together (which also refuses punycode, `xn--`); reserved names,
/// and names that look like one (`4dmin`, `ap1`, `adrnin`, `web-mail`), are refused.
/// It follows [RFC 1035 §2.3.1], narrowed. Clones share the text.
///
/// ```
/// use nadia_tenant_core::{SlugFault, TenantSlug};
///
/// let slug: TenantSlug = "north-clinic".parse()?;
/// assert_eq!(slug.as_str(), "north-clinic");
/// let refused = TenantSlug::parse("North_Clinic").unwrap_err();
/// assert_eq!(refused.fault(), SlugFault::Character);
/// assert_eq!(TenantSlug::parse("admin").unwrap_err().fault(), SlugFault::Reserved);
/// # Ok::<(), nadia_tenant_core::ParseTenantSlugError>(())
/// ```
///
/// [RFC 1035 §2.3.1]: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.1
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantSlug(Arc<str>);

/// Names that hosts of the platform, mail and certificates need, or that would let a tenant pose as
/// the platform. [RFC 2142] names the mailboxes among them.
///
/// [RFC 2142]: https://www.rfc-editor.org/rfc/rfc2142
const RESERVED: &[&str] = &[
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "api",
    "app",
    "apps",
    "assets",
    "auth",
    "autoconfig",
    "autodiscover",
    "billing",
    "blog",
    "broadcasthost",
    "cdn",
    "console",
    "control",
    "dashboard",
    "demo-admin",
    "dev",
    "dns",
    "docs",
    "email",
    "files",
    "ftp",
    "grpc",
    "health",
    "help",
    "hostmaster",
    "imap",
    "info",
    "internal",
    "invalid",
    "isatap",
    "live",
    "local",
    "localdomain",
    "localhost",
    "login",
    "logout",
    "mail",
    "media",
    "metrics",
    "nadia",
    "news",
    "noc",
    "ns1",
    "ns2",
    "ns3",
    "ns4",
    "oauth",
    "official",
    "operator",
    "operators",
    "ops",
    "owner",
    "platform",
    "pop",
    "pop3",
    "portal",
    "postmaster",
    "private",
    "prod",
    "production",
    "proxy",
    "public",
    "register",
    "root",
    "security",
    "shop",
    "signin",
    "signup",
    "smtp",
    "sso",
    "staff",
    "staging",
    "static",
    "status",
    "store",
    "support",
    "sys",
    "system",
    "team",
    "test",
    "tls",
    "usenet",
    "uucp",
    "vpn",
    "webmail",
    "webmaster",
    "wpad",
    "www",
    "www1",
    "www2",
];

impl TenantSlug {
    /// The fewest characters a slug has.
    pub const MIN_LEN: usize = 3;
    /// The most characters a slug has: a DNS label's limit.
    pub const MAX_LEN: usize = 63;

    /// Parses a slug; see the type for its shape.
    ///
    /// Upper case is refused, not folded: who folds is the caller that knows its source (host names
    /// are case-insensitive, slugs in a form are not).
    ///
    /// # Errors
    /// [`ParseTenantSlugError`] with the first [`SlugFault`] found.
    pub fn parse(text: &str) -> Result<Self, ParseTenantSlugError> {
        match fault(text) {
            None => Ok(Self(Arc::from(text))),
            Some(fault) => Err(ParseTenantSlugError { fault }),
        }
    }

    /// Returns the slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn fault(text: &str) -> Option<SlugFault> {
    let bytes = text.as_bytes();
    if !(TenantSlug::MIN_LEN..=TenantSlug::MAX_LEN).contains(&bytes.len()) {
        return Some(SlugFault::Length);
    }
    if !bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-') {
        return Some(SlugFault::Character);
    }
    if bytes.starts_with(b"-") || bytes.ends_with(b"-") || text.contains("--") {
        return Some(SlugFault::Hyphen);
    }
    if !bytes[0].is_ascii_lowercase() {
        // A leading digit is either a look-alike or on the way to an address literal.
        return Some(if is_reserved(text) { SlugFault::Reserved } else { SlugFault::Leading });
    }
    is_reserved(text).then_some(SlugFault::Reserved)
}

fn is_reserved(text: &str) -> bool {
    // Host names that nobody signed up come here too, as fast as clients can make them up.
    static LOOKS: LazyLock<HashSet<String>> = LazyLock::new(|| {
        // A digit of a name is one, so a name with digits is reserved as it is spelt: "pope" is a surname, not "pop3".
        let spelt = |name: &&&str| !name.bytes().any(|b| b.is_ascii_digit());
        RESERVED.iter().filter(spelt).map(|name| skeleton(name)).collect()
    });
    let joined: String = text.chars().filter(|c| *c != '-').collect();
    RESERVED.contains(&text)
        || RESERVED.contains(&&*joined)
        || (LOOKS.contains(&skeleton(text)) && !ORDINARY.contains(&&*joined))
}

/// Words in their own right that look like a reserved name.
const ORDINARY: &[&str] = &["mall"];

/// Folds characters that are taken for one another, in the manner of [UTS 39] skeletons, within the
/// few characters a label has.
///
/// [UTS 39]: https://www.unicode.org/reports/tr39/#Confusable_Detection
fn skeleton(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        let pair = match (byte, rest.peek()) {
            (b'r' | b'n', Some(b'n')) => Some('m'),
            (b'v', Some(b'v')) => Some('w'),
            (b'c', Some(b'l' | b'1')) => Some('d'),
            _ => None,
        };
        if let Some(letter) = pair {
            rest.next();
            folded.push(letter);
        } else if byte != b'-' {
            folded.push(match byte {
                b'0' => 'o',
                b'1' | b'i' => 'l',
                b'2' => 'z',
                b'3' => 'e',
                b'4' => 'a',
                b'5' => 's',
                b'7' => 't',
                b'6' | b'8' => 'b',
                b'9' => 'g',
                other => char::from(other),
            });
        }
    }
    folded
}

impl FromStr for TenantSlug {
    type Err = ParseTenantSlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for TenantSlug {
    type Error = ParseTenantSlugError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<TenantSlug> for String {
    fn from(slug: TenantSlug) -> Self {
        slug.0.as_ref().to_owned()
    }
}

impl AsRef<str> for TenantSlug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantSlug({:?})", &*self.0)
    }
}

/// Says that a text is no [`TenantSlug`], and by [`fault`](Self::fault) why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("slug is refused: {}", fault.remedy())]
pub struct ParseTenantSlugError {
    fault: SlugFault,
}

impl ParseTenantSlugError {
    /// Returns what is wrong with the text.
    #[must_use]
    pub const fn fault(&self) -> SlugFault {
        self.fault
    }
}

/// What keeps a text from being a [`TenantSlug`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlugFault {
    /// Shorter than 3 or longer than 63 bytes.
    Length,
    /// A character other than `a-z`, `0-9` and `-`.
    Character,
    /// A hyphen at an end, or two together.
    Hyphen,
    /// A first character that is no letter.
    Leading,
    /// A reserved name, or one that looks like it.
    Reserved,
}

impl SlugFault {
    const fn remedy(self) -> &'static str {
        match self {
            Self::Length => "use 3 to 63 characters",
            Self::Character => "use lower-case letters a-z, digits and hyphens only",
            Self::Hyphen => "begin and end with a letter or digit, and put no two hyphens together",
            Self::Leading => "begin with a letter",
            Self::Reserved => "this name is reserved, or looks like one that is; choose another",
        }
    }
}
