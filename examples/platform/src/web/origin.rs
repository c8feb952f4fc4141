use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};

use crate::problem::Problem;

/// Middleware of each page: refuses a form that another site sent (CSRF).
///
/// Browsers say by `Sec-Fetch-Site` and `Origin` where a request comes from. One of them must be there, and what is there
/// must name this host; the tokens that forms hold are a second wall.
pub(crate) async fn same_origin(request: Request, next: Next) -> Result<Response, Problem> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || is_same_origin(request.uri(), request.headers()) {
        return Ok(next.run(request).await);
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "this form was sent from another site, or the browser did not say from where",
        "open the page on this host and send its form again",
    ))
}

fn is_same_origin(uri: &Uri, headers: &HeaderMap) -> bool {
    let only = |name| {
        let mut values = headers.get_all(name).iter();
        let first = values.next().map(|value| value.to_str().unwrap_or("?"));
        if values.next().is_some() { Some("?") } else { first }
    };
    let site = only(header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin") {
        return false;
    }
    match only(header::ORIGIN) {
        None => site.is_some(),
        Some(origin) => {
            let host = only(header::HOST).or_else(|| uri.authority().map(|authority| authority.as_str()));
            let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            named.zip(host).is_some_and(|(named, host)| named.eq_ignore_ascii_case(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_from_its_own_host() {
        let check = |origin: Option<&str>, site: Option<&str>, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "north.localhost:8080".parse().unwrap());
            for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(is_same_origin(&Uri::from_static("/x"), &headers), expected, "{origin:?} {site:?}");
        };
        let own = Some("http://north.localhost:8080");
        check(own, Some("same-origin"), true);
        check(own, None, true);
        check(None, Some("same-origin"), true);
        check(None, None, false);
        check(Some("null"), Some("same-origin"), false);
        for site in ["cross-site", "same-site", "none", ""] {
            check(own, Some(site), false);
        }
        for origin in [
            "http://south.localhost:8080",
            "http://north.localhost",
            "http://localhost:8080",
            "http://north.localhost:8080.evil.example",
            "ftp://north.localhost:8080",
            "",
        ] {
            check(Some(origin), None, false);
        }
    }
}
