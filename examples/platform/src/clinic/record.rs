//! What all records of a clinic have in common.

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
};
use nadia_tenant_sqlx::Error;
use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};
use uuid::Uuid;

use crate::{clinic::precondition::version_mismatch, problem::Problem};

/// The id in a record's path.
///
/// What can't be an id, not even be decoded, is answered as one that nobody has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordId(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for RecordId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_| Problem::not_found())?;
        parse_id(&id).map(Self).ok_or_else(Problem::not_found)
    }
}

/// Reads an id in the one spelling that a record has.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    uuid::fmt::Hyphenated::from_str(text).ok().map(uuid::fmt::Hyphenated::into_uuid)
}

/// The clock, no finer than every database keeps it: an answer must not change when it is read again.
pub(crate) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_microsecond(now.microsecond()).unwrap_or(now)
}

const SHOWN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");

/// Writes a time for people.
pub(crate) fn shown(time: OffsetDateTime) -> String {
    time.to_offset(UtcOffset::UTC).format(SHOWN).unwrap_or_default()
}

/// Says why a change found nothing to change, by whether the record is still there: somebody else changed or removed it
/// meanwhile.
pub(crate) fn overtaken(is_there: bool, conditional: bool) -> Problem {
    match (is_there, conditional) {
        (false, _) => Problem::not_found(),
        (true, true) => version_mismatch(),
        (true, false) => Problem::new(
            StatusCode::CONFLICT,
            "edit_conflict",
            "somebody else changed the record at the same moment; nothing of this request was kept",
            "send the request again, with if-match to be sure of what you change",
        ),
    }
}

/// Tells whether an insert failed because the patient it belongs to went meanwhile.
pub(crate) fn is_orphan(error: &Error) -> bool {
    matches!(error, Error::Sqlx(sqlx::Error::Database(error)) if error.is_foreign_key_violation())
}
