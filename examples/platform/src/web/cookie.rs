use axum::http::{HeaderMap, HeaderValue, header};

/// Returns the value of the one cookie of this name; several leave a choice of who is asking, and are none.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value);
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// Makes the header that sets a cookie for this host alone, out of scripts' reach.
///
/// It goes over TLS alone unless the server is reached on this machine.
pub(crate) fn set_cookie(name: &str, value: &str, seconds: i64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("names and tokens of ours are ASCII without separators")
}

/// Makes the header that takes a cookie away.
///
/// As secure as the one that set it: browsers refuse a `__Host-` cookie without, and would keep the one they have.
pub(crate) fn clear_cookie(name: &str, secure: bool) -> HeaderValue {
    set_cookie(name, "", 0, secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_cookie_of_a_name() {
        let check = |values: &[&str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::COOKIE, value.parse().unwrap());
            }
            assert_eq!(cookie(&headers, "a"), expected, "{values:?}");
        };
        check(&[], None);
        check(&["a=1"], Some("1"));
        check(&["b=2; a=1=1; c=3"], Some("1=1"));
        check(&["b=2", "a=1"], Some("1"));
        check(&["a=1; a=2"], None);
        check(&["a=1", "a=1"], None);
        check(&["aa=1; A=2; a"], None);
    }

    #[test]
    fn a_cookie_is_taken_away_as_securely_as_it_was_set() {
        let cleared = |secure| clear_cookie("__Host-a", secure).to_str().unwrap().to_owned();
        assert_eq!(cleared(true), "__Host-a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
        assert!(!cleared(false).contains("Secure"));
    }
}
