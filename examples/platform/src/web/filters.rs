//! Filters of the templates.

use time::{OffsetDateTime, macros::format_description};

/// Writes a time to the minute, as `2026-01-31 14:05 UTC`.
#[askama::filter_fn]
pub(crate) fn minute(time: &OffsetDateTime, _: &dyn askama::Values) -> Result<String, askama::Error> {
    let utc = time.to_offset(time::UtcOffset::UTC);
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    utc.format(format).map_err(|error| askama::Error::Custom(Box::new(error)))
}
