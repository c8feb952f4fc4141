use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash::phc::PasswordHash};
use aws_lc_rs::{constant_time::verify_slices_are_equal, rand};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

const SALT: usize = 16;
const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

/// argon2id over memory that is taken once and used again.
///
/// Each hash works on 19 MiB. Allocated anew on ever other threads, as many of these stay with the allocator as it has
/// arenas: hundreds of megabytes after a flood of log-ins.
#[derive(Debug, Default)]
pub(super) struct Argon {
    // As many as ever ran at once.
    idle: Mutex<Vec<Vec<Block>>>,
}

impl Argon {
    /// Hashes a new password into PHC form, by the OWASP minimum: 19 MiB, 2 passes, 1 lane.
    pub(super) fn hash(&self, password: &[u8]) -> Result<String, argon2::Error> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt).map_err(|_| argon2::Error::SaltTooShort)?;
        let params = Params::default();
        let output = self.compute(params.clone(), password, &salt)?;
        let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
        let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
        Ok(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${output}"))
    }

    /// Tells whether `password` is the one behind `hash`, in PHC form.
    pub(super) fn verify(&self, password: &[u8], hash: &str) -> bool {
        let Ok(hash) = PasswordHash::new(hash) else { return false };
        if hash.algorithm != Algorithm::Argon2id.ident() || hash.version != Some(Version::V0x13.into()) {
            return false;
        }
        let (Ok(params), Some(salt), Some(expected)) = (Params::try_from(&hash), &hash.salt, &hash.hash) else {
            return false;
        };
        let output = self.compute(params, password, salt.as_ref());
        output.is_ok_and(|output| verify_slices_are_equal(&output, expected.as_ref()).is_ok())
    }

    fn compute(&self, params: Params, password: &[u8], salt: &[u8]) -> Result<[u8; OUTPUT], argon2::Error> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = idle().pop().unwrap_or_default();
        let blocks = params.block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        let mut output = [0; OUTPUT];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let outcome = argon.hash_password_into_with_memory(password, salt, &mut output, &mut memory[..blocks]);
        idle().push(memory);
        outcome.map(|()| output)
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn makes_what_others_verify_and_verifies_what_others_make() {
        let argon = Argon::default();
        let ours = argon.hash(b"a quiet river bend").unwrap();
        assert!(Argon2::default().verify_password(b"a quiet river bend", ours.as_str()).is_ok());
        assert!(argon.verify(b"a quiet river bend", &ours));
        assert!(!argon.verify(b"a quiet river bent", &ours));
        // Of other costs, in the same memory.
        let theirs = Argon2::from(Params::new(64, 3, 1, None).unwrap()).hash_password(b"a quiet river bend").unwrap();
        assert!(argon.verify(b"a quiet river bend", &theirs.to_string()));
        assert!(!argon.verify(b"a quiet river bent", &theirs.to_string()));
        assert!(argon.verify(b"a quiet river bend", &ours));
        assert!(!argon.verify(b"a quiet river bend", "no hash"));
        assert_eq!(argon.idle.lock().unwrap().len(), 1);
    }
}
