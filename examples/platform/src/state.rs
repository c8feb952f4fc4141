use std::{ops::Deref, path::PathBuf, sync::Arc, time::Duration};

use nadia_tenant_core::Isolation;
use nadia_tenant_sqlx::{ControlDb, Installation, SqlTenantStore, portable::Tenants};
use nadia_tenant_tower::{CachedStore, SubdomainResolver};

use crate::{
    branding::Brands,
    config::SignUp,
    export::Exporting,
    keys::KeyRing,
    limits::Doors,
    people::{Passwords, Tokens},
    plans::Plan,
    tenants::FormerHosts,
    usage::Meters,
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
    pub(crate) sign_up: SignUp,
    /// How long a closed clinic can be opened again, before what it kept is removed.
    pub(crate) closing_grace: Duration,
    /// The folder for files that are no database's, such as finished exports.
    pub(crate) data: PathBuf,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) doors: Doors,
    pub(crate) meters: Meters,
    pub(crate) brands: Brands,
    pub(crate) exporting: Exporting,
    pub(crate) former_hosts: FormerHosts,
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

    /// Tells whether browsers reach this server over TLS: always, but on this machine.
    pub(crate) fn is_secure(&self) -> bool {
        self.base_domain != "localhost" && !self.base_domain.ends_with(".localhost")
    }

    /// Returns how the rows of a new clinic with this plan are kept apart.
    pub(crate) fn isolation_of(&self, plan: &Plan) -> Isolation {
        plan.isolation(self.installation.sqlite().is_some())
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
