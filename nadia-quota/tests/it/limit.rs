use std::time::Duration;

use nadia_quota::{ParseRateLimitError, RateLimit, RateLimitError};
use proptest::prelude::*;

use crate::support::limit;

#[track_caller]
fn check(text: &str, requests: u32, window_secs: u64, burst: u32) {
    let limit = limit(text);
    assert_eq!((limit.requests(), limit.window().as_secs(), limit.burst()), (requests, window_secs, burst));
}

#[test]
fn reads_the_forms_of_a_limit() {
    check("100/s", 100, 1, 100);
    check("100/1s", 100, 1, 100);
    check("600/m burst 20", 600, 60, 20);
    check("600/10m", 600, 600, 600);
    check("5/h", 5, 3_600, 5);
    check("1/24h burst 1", 1, 86_400, 1);
}

#[test]
fn refuses_texts_that_are_no_limit() {
    for text in [
        "",
        "100",
        "/s",
        "100/",
        "100/d",
        "+1/s",
        "-1/s",
        "1.5/s",
        "1/-1s",
        "1/s burst",
        "1/s burst -1",
        "ä/ä",
        "1 /s",
        "99999999999/s",
    ] {
        assert!(matches!(text.parse::<RateLimit>(), Err(ParseRateLimitError::Malformed(_))), "{text:?}");
    }
}

#[test]
fn refuses_numbers_that_make_no_limit() {
    assert_eq!(RateLimit::per_second(0), Err(RateLimitError::NoRequests));
    for window in [Duration::ZERO, Duration::from_millis(1_500), Duration::from_secs(86_401), Duration::MAX] {
        assert_eq!(RateLimit::new(1, window), Err(RateLimitError::Window(window)));
    }
    let hundred = RateLimit::per_second(100).unwrap();
    assert_eq!(hundred.with_burst(0), Err(RateLimitError::Burst(0, 100)));
    assert_eq!(hundred.with_burst(101), Err(RateLimitError::Burst(101, 100)));
    assert!(hundred.with_burst(100).is_ok());
    assert_eq!(
        RateLimit::per_second(1_000_000_001),
        Err(RateLimitError::TooFast(1_000_000_001, Duration::from_secs(1)))
    );
    assert!(RateLimit::per_second(1_000_000_000).is_ok());
}

#[test]
fn a_request_comes_back_never_sooner_than_the_limit_says() {
    // A third of a second is no whole number of nanoseconds.
    assert_eq!(RateLimit::per_second(3).unwrap().interval(), Duration::from_nanos(333_333_334));
}

#[test]
fn serde_keeps_a_limit_and_refuses_a_malformed_one() {
    let limit = limit("600/m burst 20");
    let json = serde_json::to_string(&limit).unwrap();
    assert_eq!(json, r#""600/m burst 20""#);
    assert_eq!(serde_json::from_str::<RateLimit>(&json).unwrap(), limit);
    let refused = serde_json::from_str::<RateLimit>(r#""0/m""#).unwrap_err();
    assert!(refused.to_string().contains("admits no requests"), "{refused}");
}

proptest! {
    #[test]
    fn a_limit_reads_back_from_its_text(requests in 1..1_000_000u32, window in 1..=86_400u64, burst in 1..1_000_000u32) {
        let limit = RateLimit::new(requests, Duration::from_secs(window)).unwrap();
        let limit = limit.with_burst(burst.min(requests)).unwrap();
        prop_assert_eq!(limit.to_string().parse::<RateLimit>().unwrap(), limit);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,24}") {
        let _ = text.parse::<RateLimit>();
    }
}
