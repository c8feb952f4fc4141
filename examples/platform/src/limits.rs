//! Holds back who tries passwords or floods the doors that need no token.

use std::net::IpAddr;

use axum::http::{HeaderValue, StatusCode, header};
use nadia_quota::{Allowed, Exceeded, HashedLimiter, RateLimit, client_network};

use crate::{config::Limits, people::Email, problem::Problem};

/// Buckets of each limiter: half a megabyte, and 1,000 busy keys meet another one with a chance of 2 in 100.
const BUCKETS: usize = 65_536;

/// How many times the limit of one client with one e-mail address all clients together have with it.
///
/// So whoever knows an address shuts its owner out only from many networks at once.
const CLIENTS: u32 = 20;

/// The limiters of [`Limits`], for this process.
#[derive(Debug)]
pub(crate) struct Doors {
    sign_ups: HashedLimiter,
    new_clinics: HashedLimiter,
    log_ins: HashedLimiter,
    refreshes: HashedLimiter,
    guesses: HashedLimiter,
    guesses_anywhere: HashedLimiter,
}

impl Doors {
    pub(crate) fn new(limits: &Limits) -> Self {
        let door = |limit| HashedLimiter::new(limit, BUCKETS);
        Self {
            sign_ups: door(limits.sign_up_client),
            new_clinics: door(limits.sign_up_address),
            log_ins: door(limits.log_in_client),
            refreshes: door(limits.log_in_client),
            guesses: door(limits.log_in_address),
            guesses_anywhere: door(times(limits.log_in_address, CLIENTS)),
        }
    }

    /// Counts a sign-up of a client.
    pub(crate) fn sign_up(&self, client: IpAddr) -> Result<(), Problem> {
        admitted(self.sign_ups.check_client(client))
    }

    /// Counts a sign-up with an address.
    pub(crate) fn new_clinic(&self, email: &Email) -> Result<(), Problem> {
        admitted(self.new_clinics.check(email.as_str()))
    }

    /// Counts a log-in of a client.
    pub(crate) fn log_in(&self, client: IpAddr) -> Result<(), Problem> {
        admitted(self.log_ins.check_client(client))
    }

    /// Counts a refresh of a client. Log-ins don't count, so that a flood of them leaves who is logged in alone.
    pub(crate) fn refresh(&self, client: IpAddr) -> Result<(), Problem> {
        admitted(self.refreshes.check_client(client))
    }

    /// Counts a client's try of an address's password, at whichever door, whether or not anybody has this address.
    pub(crate) fn guess(&self, email: &Email, client: IpAddr) -> Result<(), Problem> {
        admitted(self.guesses.check(&(email.as_str(), client_network(client))))?;
        admitted(self.guesses_anywhere.check(email.as_str()))
    }
}

fn times(limit: RateLimit, factor: u32) -> RateLimit {
    let (requests, burst) = (limit.requests().saturating_mul(factor), limit.burst().saturating_mul(factor));
    // One that would be above what a limit can be is high enough already.
    RateLimit::new(requests, limit.window()).and_then(|limit| limit.with_burst(burst)).unwrap_or(limit)
}

fn admitted(outcome: Result<Allowed, Exceeded>) -> Result<(), Problem> {
    outcome.map(drop).map_err(|exceeded| {
        let seconds = exceeded.retry_after_seconds();
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "attempts_exceeded",
            "too many attempts came from this client or for this e-mail address",
            format!("wait {seconds} s before the next attempt"),
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn doors() -> Doors {
        let few = |text: &str| text.parse().unwrap();
        Doors::new(&Limits {
            sign_up_client: few("2/h"),
            sign_up_address: few("2/h"),
            log_in_client: few("2/h"),
            log_in_address: few("2/h"),
        })
    }

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn who_floods_an_address_shuts_out_nobody_else() {
        let (doors, ana) = (doors(), email("ana@example.org"));
        let [flood, home]: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "198.51.100.1".parse().unwrap()];
        for _ in 0..100 {
            let _ = doors.guess(&ana, flood);
        }
        assert!(doors.guess(&ana, flood).is_err());
        assert!(doors.guess(&ana, home).is_ok());
        assert!(doors.guess(&email("ben@example.org"), flood).is_ok());
    }

    #[test]
    fn an_address_is_not_tried_without_end_from_ever_other_clients() {
        let (doors, ana) = (doors(), email("ana@example.org"));
        let admitted = (0..100_u8).filter(|n| doors.guess(&ana, [192, 0, 2, *n].into()).is_ok()).count();
        assert_eq!(admitted, 40);
        // The addresses of an IPv6 client's own network are one.
        let ben = email("ben@example.org");
        let admitted = (0..100_u16).filter(|n| {
            let client = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, *n);
            doors.guess(&ben, client.into()).is_ok()
        });
        assert_eq!(admitted.count(), 2);
    }

    #[test]
    fn a_flood_of_log_ins_leaves_refreshes_alone_and_the_other_way_round() {
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        for (flooded, other) in [
            (Doors::log_in as fn(&_, _) -> _, Doors::refresh as fn(&_, _) -> Result<_, _>),
            (Doors::refresh, Doors::log_in),
        ] {
            let doors = doors();
            while flooded(&doors, client).is_ok() {}
            assert!(other(&doors, client).is_ok());
        }
    }
}
