//! Times as they are kept and shown.

use time::{Duration, OffsetDateTime};

/// The clock, no finer than every database keeps it: an answer must not change when it is read again.
pub(crate) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_microsecond(now.microsecond()).unwrap_or(now)
}

/// Writes a time for people, in UTC.
pub(crate) fn shown(at: &OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", at.hour(), at.minute())
}

/// Returns the time this long from now.
pub(crate) fn after(life: Duration) -> OffsetDateTime {
    now() + life
}
