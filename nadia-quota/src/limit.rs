use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use governor::Quota;
use serde::{Deserialize, Serialize};

/// How many requests a window admits, and how many of them at once.
///
/// It is enforced by GCRA ([ITU-T I.371]): a bucket holds `burst` requests and gets one back every
/// `window / requests`, rounded up to a nanosecond. So any span of time `d` admits at most
/// `burst + d / interval` requests: 100 in a minute with the burst of 100 that is the default can be up to
/// 200 in a minute that follows a quiet one; a smaller burst narrows that.
///
/// Text form, in configuration and in serde: `requests/window`, the window a whole number of seconds,
/// minutes or hours (`s`, `m`, `h`; the number 1 may be left out), and `burst` if it isn't all requests:
/// `100/s`, `600/10m`, `600/m burst 20`.
///
/// ```
/// use nadia_quota::RateLimit;
/// use std::time::Duration;
///
/// let limit = RateLimit::per_minute(600)?.with_burst(20)?;
/// assert_eq!(limit.interval(), Duration::from_millis(100));
/// assert_eq!(limit, "600/m burst 20".parse()?);
/// assert!(RateLimit::per_second(0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [ITU-T I.371]: https://www.itu.int/rec/T-REC-I.371
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RateLimit {
    requests: NonZeroU32,
    window_secs: u32,
    quota: Quota,
}

/// Says why numbers make no [`RateLimit`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateLimitError {
    /// No request would ever be admitted.
    #[error("rate limit admits no requests; give at least 1")]
    NoRequests,
    /// Faster than one request a nanosecond.
    #[error("rate limit of {0} requests in {1:?} is above one a nanosecond; lower it")]
    TooFast(u32, Duration),
    /// The window isn't a whole number of seconds from one to a day's.
    #[error("window {0:?} is no whole number of seconds from 1 to 86400; count longer periods with a meter")]
    Window(Duration),
    /// The burst is zero or above the window's requests.
    #[error("burst {0} is not within 1 and the {1} requests of the window; lengthen the window for a larger one")]
    Burst(u32, u32),
}

/// Says that a text is no [`RateLimit`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRateLimitError {
    /// The text has another form.
    #[error("rate limit {0:?} is malformed; write it like 100/s, 600/10m or \"600/m burst 20\"")]
    Malformed(String),
    /// The text has the form, but its numbers make no limit.
    #[error(transparent)]
    Invalid(#[from] RateLimitError),
}

impl RateLimit {
    const MAX_WINDOW_SECS: u32 = 86_400;

    /// Admits `requests` each second.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn per_second(requests: u32) -> Result<Self, RateLimitError> {
        Self::new(requests, Duration::from_secs(1))
    }

    /// Admits `requests` each minute.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn per_minute(requests: u32) -> Result<Self, RateLimitError> {
        Self::new(requests, Duration::from_secs(60))
    }

    /// Admits `requests` each hour.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn per_hour(requests: u32) -> Result<Self, RateLimitError> {
        Self::new(requests, Duration::from_secs(3_600))
    }

    /// Admits `requests` each `window`, all of them at once if they come so.
    ///
    /// # Errors
    /// [`RateLimitError`] when `requests` is zero or above one a nanosecond, or `window` isn't a whole
    /// number of seconds from 1 to 86,400.
    pub fn new(requests: u32, window: Duration) -> Result<Self, RateLimitError> {
        let requests = NonZeroU32::new(requests).ok_or(RateLimitError::NoRequests)?;
        let window_secs = u32::try_from(window.as_secs())
            .ok()
            .filter(|secs| window.subsec_nanos() == 0 && (1..=Self::MAX_WINDOW_SECS).contains(secs))
            .ok_or(RateLimitError::Window(window))?;
        let nanos = u64::from(window_secs) * 1_000_000_000;
        if nanos < u64::from(requests.get()) {
            return Err(RateLimitError::TooFast(requests.get(), window));
        }
        let interval = nanos.div_ceil(u64::from(requests.get()));
        let quota = Quota::with_period(Duration::from_nanos(interval))
            .ok_or(RateLimitError::TooFast(requests.get(), window))?
            .allow_burst(requests);
        Ok(Self { requests, window_secs, quota })
    }

    /// Replaces how many requests may come at once; all of the window's by default.
    ///
    /// # Errors
    /// [`RateLimitError::Burst`] when it is zero or above the requests of the window. A limit of
    /// 100 a second with bursts of 200 is written as 200 in 2 seconds.
    pub fn with_burst(mut self, burst: u32) -> Result<Self, RateLimitError> {
        let fault = RateLimitError::Burst(burst, self.requests.get());
        match NonZeroU32::new(burst) {
            Some(burst) if burst <= self.requests => {
                self.quota = self.quota.allow_burst(burst);
                Ok(self)
            }
            _ => Err(fault),
        }
    }

    /// Returns the requests of a window.
    #[must_use]
    pub const fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// Returns the window: a whole number of seconds.
    #[must_use]
    pub const fn window(&self) -> Duration {
        Duration::from_secs(self.window_secs as u64)
    }

    /// Returns how many requests may come at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.quota.burst_size().get()
    }

    /// Returns the time after which one request comes back.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.quota.replenish_interval()
    }

    pub(crate) const fn quota(&self) -> Quota {
        self.quota
    }

    pub(crate) const fn interval_nanos(&self) -> u64 {
        // At most a day's.
        let interval = self.quota.replenish_interval();
        interval.as_secs() * 1_000_000_000 + interval.subsec_nanos() as u64
    }

    /// The debt of an empty bucket: at most a day and a second, since the burst is within the requests.
    pub(crate) const fn full_nanos(&self) -> u64 {
        self.interval_nanos() * self.burst() as u64
    }
}

impl FromStr for RateLimit {
    type Err = ParseRateLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || ParseRateLimitError::Malformed(text.chars().take(64).collect());
        let (rate, burst) = match text.split_once(" burst ") {
            Some((rate, burst)) => (rate, Some(number(burst).ok_or_else(malformed)?)),
            None => (text, None),
        };
        let (requests, window) = rate.split_once('/').ok_or_else(malformed)?;
        let requests = number(requests).ok_or_else(malformed)?;
        let unit = match window.bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            _ => return Err(malformed()),
        };
        let count = match &window[..window.len() - 1] {
            "" => 1,
            count => number(count).ok_or_else(malformed)?,
        };
        let limit = Self::new(requests, Duration::from_secs(u64::from(count) * unit))?;
        Ok(match burst {
            Some(burst) => limit.with_burst(burst)?,
            None => limit,
        })
    }
}

/// Digits alone: `u32::from_str` would take a sign, too.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

impl TryFrom<String> for RateLimit {
    type Error = ParseRateLimitError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RateLimit> for String {
    fn from(limit: RateLimit) -> Self {
        limit.to_string()
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.window_secs {
            secs if secs % 3_600 == 0 => (secs / 3_600, 'h'),
            secs if secs % 60 == 0 => (secs / 60, 'm'),
            secs => (secs, 's'),
        };
        write!(f, "{}/", self.requests)?;
        if count != 1 {
            write!(f, "{count}")?;
        }
        write!(f, "{unit}")?;
        if self.burst() != self.requests() {
            write!(f, " burst {}", self.burst())?;
        }
        Ok(())
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RateLimit({self})")
    }
}
