use std::{ops::Deref, sync::Arc};

use nadia_tenant_sqlx::{ControlDb, Installation, SqlTenantStore, portable::Tenants};
use nadia_tenant_tower::{CachedStore, SubdomainResolver};

use crate::{
    keys::KeyRing,
    limits::Doors,
    people::{Passwords, Tokens},
};

/// What handlers work with. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct AppState(Arc<Parts>);

#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) installation: Installation,
    pub(crate) registry: CachedStore<SqlTenantStore>,
    pub(crate) hosts: SubdomainResolver,
    pub(crate) base_domain: String,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) doors: Doors,
}

impl AppState {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Parts {
    pub(crate) fn control(&self) -> &ControlDb {
        self.installation.control()
    }

    pub(crate) fn tenants(&self) -> &Tenants {
        self.installation.tenants()
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
