//! The query of a list: `?limit=&cursor=&search=`.

use axum::{
    extract::Query,
    http::{StatusCode, Uri},
};
use serde::Deserialize;

use crate::problem::Problem;

const DEFAULT_LIMIT: u16 = 50;
const MAX_LIMIT: u16 = 200;
const MAX_SEARCH_CHARS: usize = 100;

/// Which part of a list is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// From 1 to 200; more is taken as 200.
    pub(crate) limit: u16,
    pub(crate) cursor: Option<String>,
    /// Trimmed; empty for all.
    pub(crate) search: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    limit: Option<String>,
    cursor: Option<String>,
    search: Option<String>,
}

impl ListQuery {
    /// # Errors
    /// 400 `query_invalid`.
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        let refused = |detail: &'static str, fix: &'static str| {
            Problem::new(StatusCode::BAD_REQUEST, "query_invalid", detail, fix)
        };
        // axum reads a query from a URI only.
        let uri: Uri = format!("/?{query}").parse().map_err(|_| refused("the query is malformed", "encode it"))?;
        let Query(raw): Query<Raw> = Query::try_from_uri(&uri).map_err(|_| {
            refused(
                "the query has an unknown or repeated parameter",
                "send limit, cursor and search, each at most once",
            )
        })?;
        let limit = match raw.limit.as_deref() {
            None => DEFAULT_LIMIT,
            Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                // Too many digits are more than the most.
                text.parse::<u16>().unwrap_or(MAX_LIMIT).min(MAX_LIMIT)
            }
            Some(_) => 0,
        };
        if limit == 0 {
            return Err(refused("limit is no whole number above 0", "send a limit from 1 to 200"));
        }
        let search = raw.search.unwrap_or_default().trim().to_owned();
        if search.chars().count() > MAX_SEARCH_CHARS || search.chars().any(char::is_control) {
            return Err(refused("search is too long or has control characters", "send at most 100 characters"));
        }
        Ok(Self { limit, cursor: raw.cursor.filter(|cursor| !cursor.is_empty()), search })
    }
}

/// Refuses a search in a list that has none.
///
/// # Errors
/// 400 `query_invalid`.
pub(crate) fn no_search(query: ListQuery) -> Result<ListQuery, Problem> {
    if query.search.is_empty() {
        return Ok(query);
    }
    Err(Problem::new(StatusCode::BAD_REQUEST, "query_invalid", "this list can't be searched", "leave `search` out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_limit_cursor_and_search() {
        let check = |query: &str, limit, cursor: Option<&str>, search: &str| {
            let expected = ListQuery { limit, cursor: cursor.map(str::to_owned), search: search.to_owned() };
            assert_eq!(ListQuery::parse(query).unwrap(), expected);
        };
        check("", 50, None, "");
        check("limit=3&cursor=abc&search=+ana%20s+", 3, Some("abc"), "ana s");
        check("limit=100000", 200, None, "");
        check("cursor=", 50, None, "");
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        for query in ["limit=0", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "offset=3", "search=%00"] {
            assert_eq!(ListQuery::parse(query).unwrap_err().code(), "query_invalid", "{query}");
        }
    }
}
