//! Passwords: which are accepted, and how they are hashed without stopping the server.

use std::{sync::Arc, thread::available_parallelism};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::{
    people::{argon::Argon, email::Email},
    problem::Problem,
};

/// The fewest characters of a password.
pub(crate) const MIN_CHARS: usize = 12;
/// The most bytes of a password.
pub(crate) const MAX_BYTES: usize = 1024;

/// How many may wait for a turn at hashing; more are told to come back.
const WAITING: usize = 256;

/// Long enough, and on every list that attackers try first.
const COMMON: &[&str] = &[
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123123123123",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u8i",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "abcdefghijkl",
    "administrator",
    "administrator1",
    "changemechangeme",
    "iloveyouiloveyou",
    "letmeinletmein",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "qwertyqwerty",
    "qwertyuiop123",
    "qwertyuiop[]",
    "qwertyuiopasdf",
    "qwertyuiopasdfghjkl",
    "trustno1trustno1",
    "welcomewelcome",
];

/// What keeps a password from being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weakness {
    Short,
    Long,
    Common,
    Monotonous,
    Email,
}

impl Weakness {
    pub(crate) const fn detail(self) -> &'static str {
        match self {
            Self::Short => "the password has fewer than 12 characters",
            Self::Long => "the password has more than 1024 bytes",
            Self::Common => "the password is one of those tried first",
            Self::Monotonous => "the password repeats fewer than 4 characters",
            Self::Email => "the password is the e-mail address, or a part of it",
        }
    }

    pub(crate) const fn fix(self) -> &'static str {
        match self {
            Self::Long => "choose 12 or more characters, at most 1024 bytes",
            _ => "choose 12 or more characters that nobody guesses, such as four random words",
        }
    }
}

/// Judges a new password.
pub(crate) fn weakness(password: &str, email: Option<&Email>) -> Option<Weakness> {
    if password.len() > MAX_BYTES {
        return Some(Weakness::Long);
    }
    if password.chars().count() < MIN_CHARS {
        return Some(Weakness::Short);
    }
    let folded = password.to_lowercase();
    if COMMON.contains(&folded.as_str()) {
        return Some(Weakness::Common);
    }
    let mut distinct: Vec<char> = folded.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 4 {
        return Some(Weakness::Monotonous);
    }
    email.is_some_and(|email| email.as_str().contains(folded.trim())).then_some(Weakness::Email)
}

/// Hashes and verifies passwords by argon2id (19 MiB, 2 passes: the OWASP minimum), a bounded number at
/// once, on threads of their own.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    argon: Arc<Argon>,
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    // What is verified for a person that doesn't exist, so that the answer takes as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn new() -> Result<Self, argon2::Error> {
        let argon = Arc::new(Argon::default());
        let nobody = argon.hash(uuid::Uuid::new_v4().as_bytes())?;
        let turns = available_parallelism().map_or(2, |n| n.get().clamp(1, 8));
        Ok(Self {
            argon,
            turns: Arc::new(Semaphore::new(turns)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            nobody: nobody.into(),
        })
    }

    /// Hashes a new password into PHC form.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, Problem> {
        let argon = Arc::clone(&self.argon);
        let hash = self.run(move || argon.hash(password.expose_secret().as_bytes()));
        hash.await?.map_err(|error| Problem::internal(&error))
    }

    /// Tells whether `password` is the one behind `hash`; without a hash it works as long and says no.
    pub(crate) async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Problem> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.as_ref().to_owned());
        let argon = Arc::clone(&self.argon);
        let matches = self.run(move || argon.verify(password.expose_secret().as_bytes(), &hash));
        Ok(matches.await? & known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || Problem::busy("overloaded", "too many people log in or sign up at this moment");
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| busy())?;
        drop(waiting);
        // The turn moves along: a request that goes away meanwhile doesn't make room before the work ends.
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| Problem::internal(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_new_passwords() {
        let email = Email::parse("long.name.of.ana@example.org");
        let check = |password: &str, expected| assert_eq!(weakness(password, email.as_ref()), expected, "{password:?}");
        check("correct horse battery staple", None);
        check("ünïcödé-wörd", None);
        check("elevenchars", Some(Weakness::Short));
        check("Password1234", Some(Weakness::Common));
        check("aabbccaabbcc", Some(Weakness::Monotonous));
        check("long.name.of.ana@example.org", Some(Weakness::Email));
        check("Long.Name.Of.Ana", Some(Weakness::Email));
        check(&"abcdefgh".repeat(200), Some(Weakness::Long));
    }

    #[tokio::test]
    async fn verifies_the_right_password_only() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("a password of ana".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("a password of ana".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("a password of eve".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("a password of ana".into(), None).await.unwrap());
    }
}
