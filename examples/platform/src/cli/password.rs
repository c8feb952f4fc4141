use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use super::CommandError;
use crate::people::{Email, Passwords, weakness};

/// The first password of somebody who is to have a log-in.
pub(super) struct FirstPassword {
    pub(super) password: SecretString,
    /// Made here, so that it must be told.
    pub(super) random: bool,
}

impl FirstPassword {
    /// Takes it from an environment variable, where it stands in no list of processes, or makes one.
    pub(super) fn new(variable: &str, email: &Email) -> Result<Self, CommandError> {
        let given = std::env::var(variable).ok().filter(|password| !password.is_empty());
        if let Some(password) = given {
            return match weakness(&password, Some(email)) {
                None => Ok(Self { password: password.into(), random: false }),
                Some(weakness) => {
                    Err(CommandError::Misuse(format!("{variable}: {}; {}", weakness.detail(), weakness.fix())))
                }
            };
        }
        let mut random = [0; 18];
        rand::fill(&mut random).map_err(|_| CommandError::Random)?;
        Ok(Self { password: URL_SAFE_NO_PAD.encode(random).into(), random: true })
    }

    pub(super) async fn hash(&self) -> Result<String, CommandError> {
        let passwords = Passwords::new().map_err(|_| CommandError::Random)?;
        passwords.hash(self.password.clone()).await.map_err(|_| CommandError::Random)
    }
}
