use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};

/// A hash over rows in the order of their keys: `SHA-256(hash before ‖ row)`, from 32 zero bytes on.
///
/// Each step is a whole hash, so that the ledger can keep it and a run that was killed goes on with it. A part of a row is
/// hashed with its length before it, so that none runs into the next; one that isn't there is told from an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain([u8; 32]);

/// The parts of one row on their way into a [`Chain`].
pub(super) struct RowHash(Context);

impl Chain {
    pub(super) const fn new() -> Self {
        Self([0; 32])
    }

    /// Takes up a chain that was written by `Display`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn row(&self) -> RowHash {
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        RowHash(context)
    }

    pub(super) fn add(&mut self, row: RowHash) {
        self.0.copy_from_slice(row.0.finish().as_ref());
    }
}

impl RowHash {
    pub(super) fn part(mut self, part: Option<&[u8]>) -> Self {
        match part {
            None => self.0.update(&[0]),
            Some(bytes) => {
                self.0.update(&[1]);
                self.0.update(&(bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
        }
        self
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.part(Some(text.as_bytes()))
    }

    pub(super) fn shown(self, value: impl std::fmt::Display) -> Self {
        self.text(&value.to_string())
    }
}

impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Returns the SHA-256 of bytes in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest: Digest = digest(&SHA256, bytes);
    hex(digest.as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_goes_on_where_it_was_noted() {
        let mut whole = Chain::new();
        whole.add(whole.row().text("a"));
        let mut resumed = Chain::parse(&whole.to_string()).unwrap();
        whole.add(whole.row().text("b"));
        resumed.add(resumed.row().text("b"));
        assert_eq!(whole, resumed);
        assert_eq!(Chain::parse("00"), None);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let of = |parts: &[Option<&str>]| {
            let mut chain = Chain::new();
            chain.add(parts.iter().fold(chain.row(), |row, part| row.part(part.map(str::as_bytes))));
            chain.to_string()
        };
        assert_ne!(of(&[Some("ab"), Some("c")]), of(&[Some("a"), Some("bc")]));
        assert_ne!(of(&[None, Some("")]), of(&[Some(""), None]));
    }
}
