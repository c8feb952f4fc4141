//! Holds back who tries passwords or floods the doors that need no token.

use std::net::IpAddr;

use axum::http::{HeaderValue, StatusCode, header};
use nadia_quota::{Allowed, Exceeded, HashedLimiter};

use crate::{config::Limits, people::Email, problem::Problem};

/// Buckets of each limiter: half a megabyte, and 1,000 busy keys meet another one with a chance of 2 in 100.
const BUCKETS: usize = 65_536;

/// The limiters of [`Limits`], for this process.
#[derive(Debug)]
pub(crate) struct Doors {
    pub(crate) sign_up: Door,
    pub(crate) log_in: Door,
}

/// What stands before one kind of attempt.
#[derive(Debug)]
pub(crate) struct Door {
    clients: HashedLimiter,
    addresses: HashedLimiter,
}

impl Doors {
    pub(crate) fn new(limits: &Limits) -> Self {
        let door = |clients, addresses| Door {
            clients: HashedLimiter::new(clients, BUCKETS),
            addresses: HashedLimiter::new(addresses, BUCKETS),
        };
        Self {
            sign_up: door(limits.sign_up_client, limits.sign_up_address),
            log_in: door(limits.log_in_client, limits.log_in_address),
        }
    }
}

impl Door {
    pub(crate) fn client(&self, address: IpAddr) -> Result<(), Problem> {
        admitted(self.clients.check_client(address))
    }

    /// Counts an attempt for `email`, whether or not anybody has this address.
    pub(crate) fn address(&self, email: &Email) -> Result<(), Problem> {
        admitted(self.addresses.check(email.as_str()))
    }
}

fn admitted(outcome: Result<Allowed, Exceeded>) -> Result<(), Problem> {
    outcome.map(drop).map_err(|exceeded| {
        let wait = exceeded.retry_after();
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "attempts_exceeded",
            "too many attempts came from this client or for this e-mail address",
            format!("wait {seconds} s before the next attempt"),
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    })
}
