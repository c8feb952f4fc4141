//! The text of a key: `nadia_key_`, its id (32 hexadecimal digits), `_`, its secret (64), a checksum (8).
//!
//! The checksum is the beginning of the SHA-256 of what stands before it: by it a scanner of code tells a key from what only
//! looks like one without asking anybody. It is no secret and proves nothing.

use std::fmt::Write as _;

use aws_lc_rs::rand;
use nadia_tenant_sqlx::Error;
use uuid::Uuid;

use crate::people::session::hash;

/// What every key begins with, so that scanners of code find those that leak.
const PREFIX: &str = "nadia_key_";
const ID: usize = 32;
const SECRET: usize = 64;
const CHECKSUM: usize = 8;

/// What a key says.
#[derive(PartialEq, Eq)]
pub(super) struct Parts<'t> {
    pub(super) id: Uuid,
    pub(super) secret: &'t str,
}

/// Tells a key from an access token.
pub(crate) fn looks_like_one(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Makes a secret of 256 random bits.
pub(super) fn secret() -> Result<String, Error> {
    let mut secret = [0; SECRET / 2];
    rand::fill(&mut secret).map_err(|error| Error::Corrupt(Box::new(error)))?;
    Ok(secret.iter().fold(String::with_capacity(SECRET), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Writes a key.
pub(super) fn write(id: Uuid, secret: &str) -> String {
    let body = format!("{PREFIX}{}_{secret}", id.simple());
    let checksum = checksum(&body);
    body + &checksum
}

/// Reads a key; nothing of one that never was written by [`write`] is looked up.
pub(super) fn read(token: &str) -> Option<Parts<'_>> {
    let (body, sum) = token.split_at_checked(token.len().checked_sub(CHECKSUM)?)?;
    let (id, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
    let hexadecimal = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let well_formed = id.len() == ID && secret.len() == SECRET && hexadecimal(id) && hexadecimal(secret);
    if !well_formed || checksum(body) != sum {
        return None;
    }
    Some(Parts { id: Uuid::try_parse(id).ok()?, secret })
}

fn checksum(body: &str) -> String {
    let mut sum = hash(body);
    sum.truncate(CHECKSUM);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let (id, secret) = (Uuid::now_v7(), secret().unwrap());
        let key = write(id, &secret);
        assert!(looks_like_one(&key));
        let read_back = read(&key).unwrap();
        assert_eq!((read_back.id, read_back.secret), (id, secret.as_str()));
    }

    #[test]
    fn what_only_looks_like_a_key_is_told_by_its_checksum() {
        let key = write(Uuid::now_v7(), &secret().unwrap());
        for at in PREFIX.len()..key.len() {
            let mut other = key.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            assert!(read(&String::from_utf8(other).unwrap()).is_none(), "{at}");
        }
        let upper = format!("{PREFIX}{}", key[PREFIX.len()..].to_uppercase());
        for text in ["", PREFIX, &key[..key.len() - 1], &format!("{key}0"), &upper, "nadia_key_ü_ü", "ü"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
