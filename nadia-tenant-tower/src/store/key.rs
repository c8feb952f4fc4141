use std::hash::{Hash, Hasher};

use nadia_tenant_core::{Tenant, TenantId, TenantRef, TenantSlug};
use quick_cache::Equivalent;

use crate::resolve::{Inner, Named};

/// What an entry of the cache is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Id(TenantId),
    Slug(TenantSlug),
}

/// A [`Key`] that borrows the request's text, so that looking up copies nothing.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum KeyRef<'k> {
    Id(TenantId),
    Slug(&'k str),
}

impl Key {
    /// Returns the key of `reference`; `None` for a kind of reference that this cache doesn't know.
    pub(super) fn of(reference: &TenantRef) -> Option<Self> {
        match reference {
            TenantRef::Id(id) => Some(Self::Id(*id)),
            TenantRef::Slug(slug) => Some(Self::Slug(slug.clone())),
            _ => None,
        }
    }

    pub(super) fn reference(&self) -> TenantRef {
        match self {
            Self::Id(id) => TenantRef::Id(*id),
            Self::Slug(slug) => TenantRef::Slug(slug.clone()),
        }
    }

    pub(super) fn borrowed(&self) -> KeyRef<'_> {
        match self {
            Self::Id(id) => KeyRef::Id(*id),
            Self::Slug(slug) => KeyRef::Slug(slug.as_str()),
        }
    }

    /// Tells whether `tenant` is an answer to this key.
    pub(super) fn names(&self, tenant: &Tenant) -> bool {
        match self {
            Self::Id(id) => *id == tenant.id(),
            Self::Slug(slug) => slug == tenant.slug(),
        }
    }
}

impl<'k> KeyRef<'k> {
    pub(super) fn of(named: &'k Named<'_>) -> Self {
        match &named.0 {
            Inner::Id(id) => Self::Id(*id),
            Inner::Slug(text) => Self::Slug(text),
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrowed().hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.borrowed()
    }
}
