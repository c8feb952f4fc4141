use std::{net::IpAddr, time::Duration};

use nadia_quota::{FakeRelativeClock, HashedLimiter};

use crate::support::limit;

fn limiter(buckets: usize) -> (HashedLimiter<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (HashedLimiter::with_clock(limit("3/m"), buckets, clock.clone()), clock)
}

fn admitted(limiter: &HashedLimiter<FakeRelativeClock>, key: &str) -> usize {
    (0..10).filter(|_| limiter.check(key).is_ok()).count()
}

#[test]
fn a_key_gets_its_limit_and_no_more() {
    let (limiter, clock) = limiter(1_024);
    assert_eq!(admitted(&limiter, "ada@example.org"), 3);
    clock.advance(Duration::from_secs(20));
    assert_eq!(admitted(&limiter, "ada@example.org"), 1);
}

#[test]
fn a_flood_of_keys_refills_no_bucket() {
    let (limiter, _) = limiter(64);
    assert_eq!(admitted(&limiter, "ada@example.org"), 3);
    let sprayed = (0..100_000).filter(|key| limiter.check(key).is_ok()).count();
    // The 64 buckets together hold 192 requests, three of them gone.
    assert_eq!(sprayed, 189);
    assert_eq!(admitted(&limiter, "ada@example.org"), 0);
}

#[test]
fn keys_spread_over_all_buckets() {
    for buckets in [1, 3, 64, 1_000] {
        let (limiter, _) = limiter(buckets);
        let sprayed = (0..100 * buckets as u64).filter(|key| limiter.check(key).is_ok()).count();
        assert_eq!(sprayed, 3 * buckets);
    }
}

#[test]
fn no_buckets_count_as_one() {
    let (limiter, _) = limiter(0);
    assert_eq!(admitted(&limiter, "ada@example.org"), 3);
    assert_eq!(admitted(&limiter, "grace@example.org"), 0);
}

#[test]
fn the_seed_differs_so_that_collisions_cannot_be_prepared() {
    // Tells which of 64 keys share one of two buckets with the first: alike in two limiters once in 2^64 times.
    let neighbours = || {
        let limiter = HashedLimiter::with_clock(limit("100/m"), 2, FakeRelativeClock::default());
        assert_eq!((0..200).filter(|_| limiter.check("first").is_ok()).count(), 100);
        (0..64).map(|key| limiter.check(&format!("key {key}")).is_err()).collect::<Vec<_>>()
    };
    assert_ne!(neighbours(), neighbours());
}

#[test]
fn an_ipv6_client_is_its_network_and_a_mapped_one_its_ipv4_address() {
    let admitted = |addresses: &[&str]| {
        let (limiter, _) = limiter(65_536);
        addresses.iter().filter(|address| limiter.check_client(address.parse::<IpAddr>().unwrap()).is_ok()).count()
    };
    assert_eq!(admitted(&["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::ffff:4"]), 3);
    assert_eq!(admitted(&["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"]), 4);
    assert_eq!(admitted(&["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"]), 3);
}
