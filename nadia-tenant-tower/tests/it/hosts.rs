//! Which hosts name a tenant, and which are refused how.

use http::{HeaderMap, HeaderValue, Request, Uri, header::HOST};
use nadia_tenant_tower::{BaseDomainError, HostMatch, SubdomainResolver, TenantRejectionKind as Kind};
use proptest::prelude::*;

fn resolver() -> SubdomainResolver {
    SubdomainResolver::new("example.com").unwrap().add_base_domain("localhost").unwrap()
}

fn matched(uri: &Uri, headers: &HeaderMap) -> Result<HostMatch<'static>, Kind> {
    match resolver().match_host(uri, headers) {
        Ok(HostMatch::Tenant(label)) => Ok(HostMatch::Tenant(label.into_owned().into())),
        Ok(HostMatch::Base) => Ok(HostMatch::Base),
        Ok(HostMatch::Foreign) => Ok(HostMatch::Foreign),
        Err(rejection) => Err(rejection.kind()),
    }
}

fn host(value: &[u8]) -> Result<HostMatch<'static>, Kind> {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_bytes(value).unwrap());
    matched(&Uri::from_static("/"), &headers)
}

#[track_caller]
fn check(value: &str, expected: Result<HostMatch<'static>, Kind>) {
    assert_eq!(host(value.as_bytes()), expected, "host {value:?}");
}

fn names(label: &str) -> Result<HostMatch<'static>, Kind> {
    Ok(HostMatch::Tenant(label.to_owned().into()))
}

#[test]
fn one_label_below_a_base_names_a_tenant() {
    for value in [
        "north.example.com",
        "north.example.com:8080",
        "NORTH.Example.COM",
        "north.example.com.",
        "North.example.com.:1",
        "north.example.com:65535",
        "north.localhost:00080",
        "north.localhost",
    ] {
        check(value, names("north"));
    }
    // Whether a label is a slug is not the host's business.
    check("xn--nrth-zqa.example.com", names("xn--nrth-zqa"));
    check("_dmarc.example.com", names("_dmarc"));
}

#[test]
fn the_base_itself_names_no_tenant() {
    for value in ["example.com", "EXAMPLE.com.:443", "localhost:8080"] {
        check(value, Ok(HostMatch::Base));
    }
}

#[test]
fn other_hosts_are_foreign() {
    for value in [
        "example.org",
        "north.example.org",
        "notexample.com",
        "north-example.com",
        "example.com.evil.org",
        "north.example.com.evil.org",
        "a.north.example.com",
        "north.example.com.example.com",
        "com",
        "127.0.0.1",
        "127.0.0.1:8080",
        "0x7f.1",
        "2130706433",
        "[::1]",
        "[::1]:8080",
        "[::ffff:127.0.0.1]",
        "north.localhost.localdomain",
    ] {
        check(value, Ok(HostMatch::Foreign));
    }
}

#[test]
fn what_is_no_host_is_refused() {
    let over_long_label = format!("{}.example.com", "a".repeat(64));
    let over_long = format!("{}example.com", "a.".repeat(130));
    for value in [
        "",
        ".",
        "..",
        ":8080",
        ".example.com",
        "north..example.com",
        "north.example.com..",
        "north.example.com:",
        "north.example.com:0",
        "north.example.com:65536",
        "north.example.com:+80",
        "north.example.com:80:80",
        "north.example.com:8o",
        "north.example.com:000080",
        "user@north.example.com",
        "user:pass@north.example.com",
        "north.example.com@evil.org",
        "north.example.com/",
        "north.example.com#",
        "north.example.com,south.example.com",
        "north .example.com",
        " north.example.com",
        "north%2eexample.com",
        "n\u{f6}rth.example.com",
        "north\u{3002}example.com",
        "[::1",
        "::1",
        "[north.example.com]",
        "[::1].example.com",
        "[fe80::1%25eth0]",
        &over_long_label,
        &over_long,
    ] {
        check(value, Err(Kind::InvalidHost));
    }
}

#[test]
fn a_host_given_twice_is_refused_even_if_equal() {
    let mut headers = HeaderMap::new();
    headers.append(HOST, HeaderValue::from_static("north.example.com"));
    assert_eq!(matched(&Uri::from_static("/"), &headers), names("north"));
    headers.append(HOST, HeaderValue::from_static("north.example.com"));
    assert_eq!(matched(&Uri::from_static("/"), &headers), Err(Kind::Ambiguous));
}

#[test]
fn the_authority_of_the_target_counts_and_must_be_the_host() {
    #[track_caller]
    fn check(target: &str, host: Option<&str>, expected: Result<HostMatch<'static>, Kind>) {
        let mut request = Request::builder().uri(target);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let request = request.body(()).unwrap();
        assert_eq!(matched(request.uri(), request.headers()), expected, "{target} with {host:?}");
    }
    check("http://north.example.com/", None, names("north"));
    check("https://NORTH.example.com:443/x", Some("north.example.com"), names("north"));
    check("http://north.example.com:8080/", Some("north.example.com.:8080"), names("north"));
    check("http://north.example.com/", Some("south.example.com"), Err(Kind::Ambiguous));
    check("http://north.example.com:80/", Some("north.example.com:81"), Err(Kind::Ambiguous));
    check("http://user@north.example.com/", Some("north.example.com"), Err(Kind::InvalidHost));
    check("http://north.example.com/", Some("north.example.com@"), Err(Kind::InvalidHost));
    check("http://[::1]/", None, Ok(HostMatch::Foreign));
    check("/", None, Ok(HostMatch::Foreign));
}

#[test]
fn headers_of_proxies_are_not_looked_at() {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_static("north.example.com"));
    headers.insert("x-forwarded-host", HeaderValue::from_static("south.example.com"));
    headers.insert("forwarded", HeaderValue::from_static("host=south.example.com"));
    assert_eq!(matched(&Uri::from_static("/"), &headers), names("north"));
}

#[test]
fn a_base_domain_is_a_host_name_and_lies_apart_from_the_others() {
    for base in ["example.com", "Example.COM.", "localhost", "xn--bcher-kva.example", "eu.example.com"] {
        assert!(SubdomainResolver::new(base).is_ok(), "{base:?}");
    }
    for base in ["", ".", "example..com", "http://example.com", "example.com:80", "10.0.0.1", "[::1]", "*.example.com"]
    {
        let refused = SubdomainResolver::new(base).unwrap_err();
        assert_eq!(refused, BaseDomainError::Malformed { base: base.to_owned() });
    }
    let resolver = SubdomainResolver::new("example.com").unwrap();
    for base in ["example.com", "eu.example.com", "com"] {
        let refused = resolver.clone().add_base_domain(base).unwrap_err();
        assert!(matches!(refused, BaseDomainError::Overlapping { .. }), "{base:?}: {refused}");
    }
    assert!(resolver.add_base_domain("notexample.com").is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, value);
            let _ = matched(&Uri::from_static("/"), &headers);
        }
    }

    #[test]
    fn near_hosts_are_parsed_without_a_panic(text in "[a-zA-Z0-9.:@\\[\\]%_/ -]{0,40}(\\.example\\.com)?[.:0-9]{0,7}") {
        if let Ok(HostMatch::Tenant(label)) = host(text.as_bytes()) {
            prop_assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_'));
            prop_assert!(text.to_ascii_lowercase().starts_with(&*label));
        }
    }

    #[test]
    fn case_port_and_dot_do_not_matter(
        label in "[a-z0-9][a-z0-9-]{0,61}[a-z0-9]",
        upper in proptest::collection::vec(any::<bool>(), 75),
        dot in any::<bool>(),
        port in proptest::option::of(1_u16..),
    ) {
        let plain = format!("{label}.example.com");
        let mut varied: String =
            plain.chars().zip(upper).map(|(c, upper)| if upper { c.to_ascii_uppercase() } else { c }).collect();
        if dot {
            varied.push('.');
        }
        if let Some(port) = port {
            varied.push_str(&format!(":{port}"));
        }
        prop_assert_eq!(host(varied.as_bytes()), host(plain.as_bytes()));
        prop_assert_eq!(host(plain.as_bytes()), names(&label));
    }
}
