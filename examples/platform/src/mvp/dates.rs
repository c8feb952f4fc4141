//! Days and times that were kept as texts.

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// What stands for a time that nobody noted.
pub(super) const UNKNOWN: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Reads a day of birth.
///
/// Forms: `1980-02-29`, also with slashes, dots, without separators or with a time behind it; `29.02.1980`, `29/02/1980`,
/// `02/29/1980`. Where day and month can't be told apart, or the century isn't there, it is none: a wrong day of birth is
/// worse than none.
pub(super) fn birth_date(text: &str) -> Option<Date> {
    let tomorrow = OffsetDateTime::now_utc().date().next_day().unwrap_or(Date::MAX);
    let date = day(text.split(['T', ' ']).next()?)?;
    ((1850..).contains(&date.year()) && date <= tomorrow).then_some(date)
}

/// Reads a time; without a zone it is UTC's.
///
/// Forms: a day as above with `10:30`, `10:30:59` or `10:30:59.25` behind a space or `T`, and a zone or none; seconds since
/// 1970. A day alone is its midnight if `bare_day` is.
pub(super) fn instant(text: &str, bare_day: bool) -> Option<OffsetDateTime> {
    let text = text.trim();
    if text.len() > 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return within(OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok()?);
    }
    let (date, rest) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let date = day(date)?;
    if rest.trim().is_empty() {
        return bare_day.then(|| date.midnight().assume_utc()).and_then(within);
    }
    let (clock, offset) = zone(rest.trim())?;
    within(PrimitiveDateTime::new(date, time(clock)?).assume_offset(offset).to_offset(UtcOffset::UTC))
}

fn within(time: OffsetDateTime) -> Option<OffsetDateTime> {
    (1900..2200).contains(&time.year()).then_some(time)
}

fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return date(&text[..4], &text[4..6], &text[6..]);
    }
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [first, second, third] = parts[..] else { return None };
    if first.len() == 4 {
        return date(first, second, third);
    }
    if third.len() != 4 {
        return None;
    }
    // Dots are written with the day first; slashes and hyphens either way.
    let (day_first, month_first) = (date(third, second, first), date(third, first, second));
    match (day_first, month_first) {
        (Some(day_first), _) if text.contains('.') => Some(day_first),
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let month = Month::try_from(number::<u8>(month)?).ok()?;
    Date::from_calendar_date(i32::from(number::<u16>(year)?), month, number(day)?).ok()
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Splits a zone off: `Z`, `+02`, `+0200`, `+02:00`.
fn zone(text: &str) -> Option<(&str, UtcOffset)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock.trim(), UtcOffset::UTC));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, UtcOffset::UTC)) };
    let (clock, zone) = text.split_at(at);
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let minutes = if digits.len() == 4 { digits[2..].parse::<i8>().ok()? } else { 0 };
    let offset = UtcOffset::from_hms(sign * digits[..2].parse::<i8>().ok()?, sign * minutes, 0).ok()?;
    Some((clock.trim(), offset))
}

fn time(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let (second, fraction) = parts.next().map_or((Some(0), ""), |last| match last.split_once('.') {
        Some((second, fraction)) => (number(second), fraction),
        None => (number(last), ""),
    });
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // No finer than every database keeps it.
    let micros: u32 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Time::from_hms_micro(hour, minute, second?, micros).ok()
}

/// Counts microseconds since 1970: the form in which times are hashed.
pub(super) fn micros(time: OffsetDateTime) -> i128 {
    (time - OffsetDateTime::UNIX_EPOCH).whole_nanoseconds() / Duration::MICROSECOND.whole_nanoseconds()
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn a_day_of_birth_is_read_or_left_alone() {
        for text in [
            "1980-02-29",
            "1980/02/29",
            "1980.2.29",
            "19800229",
            "29.02.1980",
            "29/2/1980",
            "02/29/1980",
            "1980-02-29 00:00:00",
            "1980-02-29T00:00:00Z",
        ] {
            assert_eq!(birth_date(text), Some(date!(1980 - 02 - 29)), "{text}");
        }
        assert_eq!(birth_date("03.04.1980"), Some(date!(1980 - 04 - 03)));
        assert_eq!(birth_date("04/04/1980"), Some(date!(1980 - 04 - 04)));
        for text in [
            "",
            "0000-00-00",
            "1981-02-29",
            "03/04/1980",
            "29.2.80",
            "1980",
            "about 1980",
            "2999-01-01",
            "1492-10-12",
            "1980-02-29-01",
            "+980-02-11",
        ] {
            assert_eq!(birth_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_read_in_utc() {
        let at = datetime!(2024-03-01 10:30 UTC);
        for text in [
            "2024-03-01 10:30",
            "2024-03-01T10:30:00",
            "2024-03-01 10:30:00.000",
            "2024-03-01T10:30:00Z",
            "2024-03-01 12:30:00+02",
            "2024-03-01T05:30:00-0500",
            "01.03.2024 10:30",
            "1709289000",
        ] {
            assert_eq!(instant(text, false), Some(at), "{text}");
        }
        assert_eq!(instant("2024-03-01 10:30:00.1234567", false), Some(at + Duration::microseconds(123_456)));
        assert_eq!(instant("2024-03-01", true), Some(datetime!(2024-03-01 0:00 UTC)));
        for text in [
            "2024-03-01",
            "",
            "soon",
            "2024-03-01 25:00",
            "2024-03-01 10:30:00:00",
            "infinity",
            "0001-01-01 00:00",
            "2024-03-01 10:30+2",
        ] {
            assert_eq!(instant(text, false), None, "{text}");
        }
    }
}
