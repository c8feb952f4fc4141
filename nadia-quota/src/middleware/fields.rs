use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{Entry, RETRY_AFTER},
};

use crate::{Allowed, Exceeded, RateLimit, outcome::seconds_up};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The name of the one policy; `violated-policies` of a problem names it, too.
pub(super) const POLICY: &str = "requests";

pub(super) fn admit(headers: &mut HeaderMap, allowed: &Allowed) {
    write(headers, allowed.limit(), allowed.remaining(), seconds_up(allowed.reset()));
}

pub(super) fn refuse(headers: &mut HeaderMap, exceeded: &Exceeded) {
    let seconds = exceeded.retry_after_seconds();
    write(headers, exceeded.limit(), 0, seconds);
    // A responder may ask for a longer pause, never for a shorter one.
    let longer = |value: &HeaderValue| value.to_str().ok()?.parse().ok().filter(|asked: &u64| *asked > seconds);
    match headers.entry(RETRY_AFTER) {
        Entry::Occupied(entry) if longer(entry.get()).is_some() => {}
        Entry::Occupied(mut entry) => drop(entry.insert(seconds.into())),
        Entry::Vacant(entry) => drop(entry.insert(seconds.into())),
    }
}

/// Both fields are lists, so that limits of inner layers stand beside these.
fn write(headers: &mut HeaderMap, limit: RateLimit, remaining: u32, reset: u64) {
    let policy = item(["q", "w"], [limit.requests().into(), limit.window().as_secs()]);
    headers.append(RATE_LIMIT_POLICY, policy);
    headers.append(RATE_LIMIT, item(["r", "t"], [remaining.into(), reset]));
}

fn item(names: [&str; 2], values: [u64; 2]) -> HeaderValue {
    let mut text = String::with_capacity(48);
    text.push('"');
    text.push_str(POLICY);
    text.push('"');
    for (name, value) in names.into_iter().zip(values) {
        text.push(';');
        text.push_str(name);
        text.push('=');
        push_number(&mut text, value);
    }
    HeaderValue::try_from(text).expect("quotes, letters and digits are valid in a header")
}

/// Measurably cheaper than the formatting machinery, and paid twice a response.
fn push_number(text: &mut String, value: u64) {
    if value >= 10 {
        push_number(text, value / 10);
    }
    text.push(char::from(b'0' + u8::try_from(value % 10).unwrap_or_default()));
}
