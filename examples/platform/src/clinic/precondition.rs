//! `ETag`, `If-Match` and `If-None-Match` ([RFC 9110 §13]) over a record's version.
//!
//! [RFC 9110 §13]: https://www.rfc-editor.org/rfc/rfc9110#section-13

use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use crate::problem::Problem;

/// Returns the entity tag of a version: the number in quotes.
pub(crate) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Checks `If-Match`; returns whether there was one.
///
/// # Errors
/// 412 when it names other versions, 400 when it is no list of entity tags.
pub(crate) fn if_match(headers: &HeaderMap, version: i64) -> Result<bool, Problem> {
    match tags(headers, header::IF_MATCH)? {
        None => Ok(false),
        // A weak tag never matches here.
        Some(tags) if tags.iter().any(|tag| *tag == "*" || *tag == etag(version)) => Ok(true),
        Some(_) => Err(version_mismatch()),
    }
}

/// Tells whether the client has this version already, by `If-None-Match`.
pub(crate) fn is_known(headers: &HeaderMap, version: i64) -> Result<bool, Problem> {
    let tags = tags(headers, header::IF_NONE_MATCH)?.unwrap_or_default();
    Ok(tags.iter().any(|tag| *tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag(version)))
}

/// Refuses a change of a record that has changed meanwhile.
pub(crate) fn version_mismatch() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "version_mismatch",
        "the record has another version by now",
        "read it again, redo the change on what it is now, and send the new version",
    )
}

fn tags(headers: &HeaderMap, name: HeaderName) -> Result<Option<Vec<&str>>, Problem> {
    if !headers.contains_key(&name) {
        return Ok(None);
    }
    let mut tags = Vec::new();
    for value in headers.get_all(name) {
        let value = value.to_str().map_err(|_| malformed())?;
        tags.extend(value.split(',').map(str::trim).filter(|tag| !tag.is_empty()));
    }
    let well_formed = |tag: &&str| {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        *tag == "*" || (opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"'))
    };
    if tags.is_empty() || !tags.iter().all(well_formed) { Err(malformed()) } else { Ok(Some(tags)) }
}

fn malformed() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "etag_malformed",
        "If-Match or If-None-Match is no list of entity tags",
        "send the ETag as it came, with its quotes: if-match: \"3\"",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_strongly_before_a_change() {
        let check = |value: &str| {
            let headers = HeaderMap::from_iter([(header::IF_MATCH, value.parse().unwrap())]);
            if_match(&headers, 3).map_err(|problem| problem.code())
        };
        assert_eq!(check("\"3\""), Ok(true));
        assert_eq!(check("*"), Ok(true));
        assert_eq!(check("\"2\", \"3\""), Ok(true));
        assert_eq!(check("\"2\""), Err("version_mismatch"));
        assert_eq!(check("W/\"3\""), Err("version_mismatch"));
        assert_eq!(check("3"), Err("etag_malformed"));
        assert_eq!(check(""), Err("etag_malformed"));
        assert_eq!(if_match(&HeaderMap::new(), 3).map_err(|problem| problem.code()), Ok(false));
    }

    #[test]
    fn compares_weakly_before_a_read() {
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, "W/\"3\"".parse().unwrap())]);
        assert!(is_known(&headers, 3).unwrap());
        assert!(!is_known(&headers, 4).unwrap());
        assert!(!is_known(&HeaderMap::new(), 4).unwrap());
    }
}
