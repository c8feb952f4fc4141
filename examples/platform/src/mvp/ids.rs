use aws_lc_rs::digest::{Context, SHA256};
use nadia_tenant_core::TenantId;
use uuid::Uuid;

use super::Table;

/// Old ids from 0 up to this (2⁶⁰ - 1) can be taken.
pub(super) const MAX: i64 = (1 << 60) - 1;

/// Makes the new ids of one clinic.
///
/// A new id is a UUID of version 8 ([RFC 9562 §5.8]): its first 60 free bits are the old id, the other 62 are the first ones of
/// `SHA-256(tenant id ‖ table ‖ 0 ‖ old id)`. So a second run makes the same ids and finds what is there; the clinic's rows
/// keep the order that they had, before all that is added later (ids of version 7 begin with today's milliseconds); and the
/// same source gives another clinic other ids.
///
/// [RFC 9562 §5.8]: https://www.rfc-editor.org/rfc/rfc9562#section-5.8
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids(TenantId);

impl Ids {
    pub(super) const fn of(tenant: TenantId) -> Self {
        Self(tenant)
    }

    /// Returns the new id of a row whose old one is from 0 to [`MAX`].
    pub(super) fn id(&self, table: Table, old: i64) -> Uuid {
        let mut context = Context::new(&SHA256);
        context.update(self.0.as_uuid().as_bytes());
        context.update(table.name().as_bytes());
        context.update(&[0]);
        context.update(&old.to_be_bytes());
        let mut bytes = first(old);
        bytes[8..].copy_from_slice(&context.finish().as_ref()[..8]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// Returns the old id of a row that has this one, if it is one of ours.
    pub(super) fn old(&self, table: Table, id: Uuid) -> Option<i64> {
        let bytes = id.as_u128();
        let high = i64::try_from(bytes >> 80).ok()?;
        let low = i64::try_from((bytes >> 64) & 0xfff).ok()?;
        let old = (high << 12) | low;
        (self.id(table, old) == id).then_some(old)
    }
}

/// Returns an id that is smaller than that of any row with this old id, and not smaller than that of any before it.
pub(super) fn floor(old: i64) -> Uuid {
    uuid::Builder::from_custom_bytes(first(old)).into_uuid()
}

/// Returns an id that is larger than that of any row with this old id, and not larger than that of any behind it.
pub(super) fn ceiling(old: i64) -> Uuid {
    let mut bytes = first(old);
    bytes[8..].fill(0xff);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn first(old: i64) -> [u8; 16] {
    let mut bytes = [0; 16];
    // The version stands between the upper 48 bits and the lower 12.
    bytes[..6].copy_from_slice(&(old >> 12).to_be_bytes()[2..]);
    bytes[6..8].copy_from_slice(&old.to_be_bytes()[6..]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_the_old_ones_and_before_all_new_ones() {
        let ids = Ids::of(TenantId::new());
        let old = [0, 1, 2, 4_095, 4_096, 4_097, 1_000_000, 9_999_999_999, MAX];
        let new = old.map(|old| ids.id(Table::Patients, old));
        assert!(new.is_sorted());
        assert!(new[..8].iter().all(|id| *id < Uuid::now_v7()));
        for (old, new) in old.into_iter().zip(new) {
            assert_eq!(new.get_version_num(), 8);
            assert_eq!(ids.old(Table::Patients, new), Some(old));
            assert!(floor(old) <= new && new <= ceiling(old));
            assert_eq!(ids.old(Table::Notes, new), None);
            assert_eq!(Ids::of(TenantId::new()).old(Table::Patients, new), None);
        }
    }
}
