use std::{
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
};

use governor::clock::{Clock, DefaultClock};

use crate::{Allowed, Exceeded, RateLimit, bucket::Bucket, clock::Elapsed};

/// Limits keys that no tenant record stands behind and that a client can choose: its address, an
/// e-mail address in a log-in form.
///
/// The number of buckets is fixed, 8 bytes each, and a hash with a random seed of the process picks a key's bucket. So
/// no flood of keys grows the memory, evicts a bucket or refills one, and nobody can aim at another key's bucket.
/// Two keys may meet in one bucket: then each gets less than the limit, never more. With `n` buckets
/// and `k` keys in use, a key meets another with a chance of about `k / n`.
///
/// ```
/// use nadia_quota::{HashedLimiter, RateLimit};
///
/// let log_ins = HashedLimiter::new(RateLimit::per_minute(2)?, 65_536);
/// assert!(log_ins.check("ada@example.org").is_ok());
/// assert!(log_ins.check("ada@example.org").is_ok());
/// assert!(log_ins.check("ada@example.org").is_err());
/// # Ok::<(), nadia_quota::RateLimitError>(())
/// ```
pub struct HashedLimiter<C: Clock = DefaultClock> {
    limit: RateLimit,
    seed: RandomState,
    buckets: Box<[Bucket]>,
    clock: Elapsed<C>,
}

impl HashedLimiter {
    /// Makes a limiter that gives each key `limit`, with as many buckets as asked for; zero counts as one.
    #[must_use]
    pub fn new(limit: RateLimit, buckets: usize) -> Self {
        Self::with_clock(limit, buckets, DefaultClock::default())
    }
}

impl<C: Clock> HashedLimiter<C> {
    /// Makes a limiter that reads `clock` instead of the system's monotonic one.
    #[must_use]
    pub fn with_clock(limit: RateLimit, buckets: usize, clock: C) -> Self {
        let buckets = (0..buckets.max(1)).map(|_| Bucket::default()).collect();
        Self { limit, seed: RandomState::new(), buckets, clock: Elapsed::new(clock) }
    }

    /// Takes one request of `key`'s, if its bucket holds one.
    ///
    /// Keys are told apart as their [`Hash`] tells them apart: bring spellings of one key (letter case, spaces)
    /// together first.
    ///
    /// # Errors
    /// [`Exceeded`] when the bucket is empty. A refusal takes nothing.
    pub fn check<K: Hash + ?Sized>(&self, key: &K) -> Result<Allowed, Exceeded> {
        // Multiplying spreads the hash over any number of buckets without a division; the result is below their number.
        let hash = u128::from(self.seed.hash_one(key));
        let index = usize::try_from((hash * self.buckets.len() as u128) >> 64).unwrap_or_default();
        self.buckets[index].take(self.limit, self.clock.nanos()).expect("buckets retire on a change of plan alone")
    }

    /// Takes one request of a client's, if its bucket holds one; a client is its [`client_network`].
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_client(&self, address: IpAddr) -> Result<Allowed, Exceeded> {
        self.check(&client_network(address))
    }

    /// Returns the limit of each key.
    #[must_use]
    pub const fn limit(&self) -> RateLimit {
        self.limit
    }
}

/// Returns what stands for the client with this address in a key, so that it is one client whichever of its addresses it
/// uses.
///
/// An IPv6 client is its /64, the smallest network that is given out, since it chooses the other 64 bits freely: these
/// are zero. An IPv4-mapped address is the IPv4 address, and an IPv4 address stays as it is.
///
/// ```
/// use nadia_quota::{HashedLimiter, RateLimit, client_network};
/// use std::net::IpAddr;
///
/// let [laptop, phone, elsewhere]: [IpAddr; 3] =
///     ["2001:db8::1".parse()?, "2001:db8::ffff:2".parse()?, "2001:db8:0:1::1".parse()?];
/// assert_eq!(client_network(laptop), client_network(phone));
/// assert_eq!(client_network("::ffff:192.0.2.1".parse()?), "192.0.2.1".parse::<IpAddr>()?);
///
/// // One guess a minute of a client at an account.
/// let guesses = HashedLimiter::new(RateLimit::per_minute(1)?, 65_536);
/// assert!(guesses.check(&("ada@example.org", client_network(laptop))).is_ok());
/// assert!(guesses.check(&("ada@example.org", client_network(phone))).is_err());
/// assert!(guesses.check(&("ada@example.org", client_network(elsewhere))).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl<C: Clock> fmt::Debug for HashedLimiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashedLimiter")
            .field("limit", &self.limit)
            .field("buckets", &self.buckets.len())
            .finish_non_exhaustive()
    }
}
