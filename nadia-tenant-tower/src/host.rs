use std::borrow::Cow;

use http::{HeaderMap, Uri, header::HOST};

use crate::TenantRejectionKind;

/// The most bytes of a host name, [RFC 1035 §2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)
/// without the root's dot.
pub(crate) const MAX_HOST: usize = 253;

/// A host as a request gives it: lower case, without a trailing dot, the port apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host<'r> {
    pub(crate) name: Cow<'r, str>,
    port: Option<u16>,
}

/// Returns the host that a request is for, from its Host header and its target's authority.
///
/// `None` if it has neither, which HTTP/1.0 and in-process callers allow.
pub(crate) fn of_request<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Result<Option<Host<'r>>, TenantRejectionKind> {
    let mut values = headers.get_all(HOST).iter();
    let header = match values.next() {
        None => None,
        Some(value) => Some(parse(value.as_bytes()).ok_or(TenantRejectionKind::InvalidHost)?),
    };
    if values.next().is_some() {
        return Err(TenantRejectionKind::Ambiguous);
    }
    let Some(authority) = uri.authority() else {
        return Ok(header);
    };
    let authority = parse(authority.as_str().as_bytes()).ok_or(TenantRejectionKind::InvalidHost)?;
    match header {
        // HTTP/2 calls a Host that differs from :authority malformed (RFC 9113 §8.3.1); HTTP/1.1 would have us
        // overlook it (RFC 9112 §3.2.2), but a proxy in front may have looked at the other one.
        Some(header) if !header.agrees_with(&authority) => Err(TenantRejectionKind::Ambiguous),
        _ => Ok(Some(authority)),
    }
}

impl Host<'_> {
    fn agrees_with(&self, other: &Self) -> bool {
        self.name == other.name && (self.port == other.port || self.port.is_none() || other.port.is_none())
    }

    /// Tells whether this is an address and no name.
    ///
    /// A last label that is a number makes an IPv4 address of the whole, as in the
    /// [URL standard](https://url.spec.whatwg.org/#ends-in-a-number-checker).
    pub(crate) fn is_address(&self) -> bool {
        let last = self.name.rsplit('.').next().unwrap_or_default();
        self.name.starts_with('[')
            || last.bytes().all(|b| b.is_ascii_digit())
            || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
    }
}

/// Parses `name`, `name:port` or `[address]:port`; `None` for anything else, user information included.
pub(crate) fn parse(text: &[u8]) -> Option<Host<'_>> {
    let (name, port) = match text.iter().rposition(|b| matches!(b, b':' | b']')) {
        Some(at) if text[at] == b':' => (&text[..at], Some(parse_port(&text[at + 1..])?)),
        _ => (text, None),
    };
    if name.first() == Some(&b'[') {
        return parse_literal(name).map(|name| Host { name: Cow::Borrowed(name), port });
    }
    let name = name.strip_suffix(b".").unwrap_or(name);
    if name.is_empty() || name.len() > MAX_HOST {
        return None;
    }
    let mut upper = false;
    let mut label = 0_usize;
    for byte in name {
        match byte {
            b'.' if label == 0 => return None,
            b'.' => label = 0,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => label += 1,
            b'A'..=b'Z' => {
                upper = true;
                label += 1;
            }
            _ => return None,
        }
        if label > 63 {
            return None;
        }
    }
    if label == 0 {
        return None;
    }
    // Only ASCII passed the loop.
    let name = std::str::from_utf8(name).ok()?;
    Some(Host { name: if upper { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }, port })
}

fn parse_port(digits: &[u8]) -> Option<u16> {
    // `u16::from_str` would also take a sign.
    if digits.is_empty() || digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|port| *port != 0)
}

fn parse_literal(name: &[u8]) -> Option<&str> {
    let inner = name.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let address = std::str::from_utf8(inner).ok()?;
    address.parse::<std::net::Ipv6Addr>().ok()?;
    std::str::from_utf8(name).ok()
}
