//! Opaque cursors, sealed so that one tenant's is worth nothing to another.
//!
//! Shape: base64url of what the last record is sorted by (its id, 16 bytes, unless the list has another order) and a
//! HMAC-SHA256 (32 bytes) over it, the tenant and the list's own question. One that is foreign, forged, of another search or no cursor at all is
//! refused with the same answer.

use aws_lc_rs::hmac;
use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nadia_tenant_core::TenantId;
use uuid::Uuid;

use crate::{keys::KeyRing, problem::Problem};

const TAG: usize = 32;

/// The list that a cursor continues: the collection and what was searched in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) collection: &'static str,
    pub(crate) search: &'a str,
}

impl List<'_> {
    fn sealed(&self, last: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(64 + self.search.len());
        text.extend_from_slice(self.tenant.as_uuid().as_bytes());
        // A zero byte, which no text here has, ends the name; a collection's keys are all of one length.
        text.extend_from_slice(self.collection.as_bytes());
        text.push(0);
        text.extend_from_slice(last);
        text.extend_from_slice(self.search.as_bytes());
        text
    }

    /// Makes the cursor that continues after `last`.
    pub(crate) fn cursor(&self, last: Uuid, keys: &KeyRing) -> String {
        self.cursor_of(last.as_bytes(), keys)
    }

    /// Makes the cursor of a list that is sorted by this key, of the same length for all its records.
    pub(crate) fn cursor_of(&self, last: &[u8], keys: &KeyRing) -> String {
        let tag = hmac::sign(&keys.newest().seal, &self.sealed(last));
        URL_SAFE_NO_PAD.encode([last, tag.as_ref()].concat())
    }

    /// Returns the id after which `cursor` continues.
    ///
    /// # Errors
    /// 400 `cursor_invalid`, always the same.
    pub(crate) fn after(&self, cursor: &str, keys: &KeyRing) -> Result<Uuid, Problem> {
        Ok(Uuid::from_bytes(self.key_after(cursor, keys)?))
    }

    /// Returns the key after which `cursor` continues.
    ///
    /// # Errors
    /// 400 `cursor_invalid`, always the same.
    pub(crate) fn key_after<const N: usize>(&self, cursor: &str, keys: &KeyRing) -> Result<[u8; N], Problem> {
        self.open(cursor, keys).ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "cursor_invalid",
                "the cursor doesn't belong to this list",
                "send `page.next` of the page before, with the same search, or leave `cursor` out to begin anew",
            )
        })
    }

    fn open<const N: usize>(&self, cursor: &str, keys: &KeyRing) -> Option<[u8; N]> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (last, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
        let sealed = self.sealed(last);
        keys.iter().find(|key| hmac::verify(&key.seal, &sealed, tag).is_ok())?;
        last.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continues_its_own_list_only() {
        let (ring, tenant, last) = (KeyRing::for_test(), TenantId::new(), Uuid::now_v7());
        let list = List { tenant, collection: "patients", search: "ana" };
        let cursor = list.cursor(last, &ring);
        assert_eq!(list.after(&cursor, &ring).unwrap(), last);

        let refused = |list: List<'_>, cursor: &str, ring: &KeyRing| {
            assert_eq!(list.after(cursor, ring).unwrap_err().code(), "cursor_invalid");
        };
        refused(List { tenant: TenantId::new(), ..list }, &cursor, &ring);
        refused(List { collection: "visits", ..list }, &cursor, &ring);
        refused(List { search: "an", ..list }, &cursor, &ring);
        refused(list, &cursor, &KeyRing::for_test());
        refused(list, &cursor[..cursor.len() - 2], &ring);
        refused(list, "", &ring);
        refused(list, "no cursor", &ring);
        let flipped = format!("{}{}", if cursor.starts_with('A') { 'B' } else { 'A' }, &cursor[1..]);
        refused(list, &flipped, &ring);
    }
}
