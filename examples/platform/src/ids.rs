use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use uuid::{Uuid, fmt::Hyphenated};

use crate::problem::Problem;

/// The ids in a request's path, in their order.
///
/// What can't be an id, not even be decoded, is answered as one that nobody has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids<const N: usize>(pub(crate) [Uuid; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Ids<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<Vec<String>>::from_request_parts(parts, state).await;
        let Path(texts) = path.map_err(|_| Problem::not_found())?;
        let ids: Vec<Uuid> = texts.iter().map(|text| id(text)).collect::<Result<_, _>>()?;
        ids.try_into().map(Self).map_err(|_| Problem::failure())
    }
}

/// Reads an id that a request names.
///
/// # Errors
/// 404, as for one that nobody has.
pub(crate) fn id(text: &str) -> Result<Uuid, Problem> {
    Hyphenated::from_str(text).map(Hyphenated::into_uuid).map_err(|_| Problem::not_found())
}
