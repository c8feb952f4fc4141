use std::fmt::{self, Write as _};

use aws_lc_rs::{constant_time, digest};

/// What stands around each page: whose it is, where one can go, who is logged in.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The page's own title.
    pub(crate) title: String,
    pub(crate) brand: Brand,
    pub(crate) nav: Vec<NavItem>,
    /// Who is logged in; nobody on public pages.
    pub(crate) person: Option<String>,
    /// The ways that stand beside who is logged in.
    pub(crate) own: Vec<NavItem>,
    /// The token for the page's forms; empty where nobody is logged in.
    pub(crate) csrf: String,
    pub(crate) notice: Option<Notice>,
}

/// Whose page it is.
#[derive(Clone, Debug)]
pub(crate) struct Brand {
    pub(crate) name: String,
    /// The path of the logo; without one, the name's first letter stands for it.
    pub(crate) logo: Option<String>,
    /// Whether `/assets/brand.css` has colours of the clinic's own.
    pub(crate) styled: bool,
    /// What it says to whom is about to log in.
    pub(crate) welcome: Option<String>,
}

impl Brand {
    /// The platform's own.
    pub(crate) fn platform(name: &str) -> Self {
        Self { name: name.to_owned(), logo: None, styled: false, welcome: None }
    }

    /// Returns what stands for a logo.
    pub(crate) fn initial(&self) -> String {
        self.name.chars().find(|c| c.is_alphanumeric()).unwrap_or('N').to_uppercase().collect()
    }
}

/// A way to another page.
#[derive(Clone, Debug)]
pub(crate) struct NavItem {
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
    pub(crate) current: bool,
}

/// What was done, told on the page that follows. The texts are a closed set: a link can't put words in our mouth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Notice(pub(crate) &'static str);

impl Notice {
    const ALL: [(&'static str, &'static str); 10] = [
        ("saved", "Saved."),
        ("added", "Added."),
        ("removed", "Removed."),
        ("welcome", "Welcome. Your clinic is ready."),
        ("started", "Started; this page shows how far it is."),
        ("changed", "Changed."),
        ("revoked", "Revoked."),
        ("ended", "Ended."),
        ("joined", "Welcome. You are a member of this clinic now."),
        ("logged-out", "You are logged out."),
    ];

    /// Reads `?notice=` of a page's query.
    pub(crate) fn of(query: Option<&str>) -> Option<Self> {
        let (_, named) = form_urlencoded::parse(query?.as_bytes()).find(|(name, _)| name == "notice")?;
        Self::ALL.into_iter().find(|(name, _)| *name == named).map(|(_, text)| Self(text))
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The token that a log-in's forms hold: made from its cookie, which no other site knows.
#[derive(Clone)]
pub(crate) struct CsrfToken(String);

impl CsrfToken {
    pub(crate) fn of(cookie: &str) -> Self {
        let digest = digest::digest(&digest::SHA256, format!("form of {cookie}").as_bytes());
        Self(hex(digest.as_ref()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is(&self, sent: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), sent.as_bytes()).is_ok()
    }
}

/// Writes bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(…)")
    }
}
