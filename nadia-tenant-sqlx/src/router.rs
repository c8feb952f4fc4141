//! Finds where a tenant's rows are, and opens sessions there.

use std::{collections::HashMap, sync::Arc};

use nadia_tenant_core::{Isolation, Placement, Tenant, TenantId};

use crate::{
    ConnectionStats, Error, Guard,
    backend::{Backend, Options},
    park::{Binding, Home, HomeKey, Park, ServerId},
    scope::{Access, Check, Session},
    server::{Place, PlaceKind},
};

/// How the serving role connects to a server's places.
pub(crate) struct Route<DB: Backend> {
    /// To the shared place; a tenant's own database is beside it.
    pub(crate) shared: Options<DB>,
    /// To the database in which tenants have schemas; `None` where there are none.
    pub(crate) schemas: Option<Options<DB>>,
    /// To all of them.
    pub(crate) binding: Binding,
}

/// The connections to all places of an installation, or to its control database, and the guard of their statements.
#[derive(Debug)]
pub(crate) struct Router<DB: Backend> {
    park: Park<DB>,
    routes: Arc<Routes<DB>>,
    check: Check,
}

#[derive(Debug)]
enum Routes<DB: Backend> {
    Control(Home<DB>),
    Tenants(HashMap<Placement, Homes<DB>>),
}

/// A server's homes.
#[derive(Debug)]
struct Homes<DB: Backend> {
    id: ServerId,
    shared: Home<DB>,
    schemas: Option<Home<DB>>,
}

/// Who wants a session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who<'w> {
    Control,
    Tenant(&'w Tenant),
    /// Somebody who reads over all tenants, at one place.
    Reader(&'w Place),
}

impl<DB: Backend> Clone for Router<DB> {
    fn clone(&self) -> Self {
        Self { park: self.park.clone(), routes: Arc::clone(&self.routes), check: self.check.clone() }
    }
}

impl<DB: Backend> Router<DB> {
    /// Routes to the control database.
    pub(crate) fn control(park: Park<DB>, options: Options<DB>, binding: Binding, guard: Arc<Guard>) -> Self {
        let home = Home { key: HomeKey::Control, options: Arc::new(options), binding };
        Self { park, routes: Arc::new(Routes::Control(home)), check: Check::Guard(guard) }
    }

    /// Routes to tenants' places.
    pub(crate) fn tenants(
        park: Park<DB>,
        routes: impl IntoIterator<Item = (Placement, Route<DB>)>,
        guard: Arc<Guard>,
    ) -> Self {
        let homes = (0..).map(ServerId).zip(routes).map(|(id, (placement, route))| {
            let home = |key, options| Home { key, options: Arc::new(options), binding: route.binding };
            let shared = home(HomeKey::Shared(id), route.shared);
            let schemas = route.schemas.map(|options| home(HomeKey::Schemas(id), options));
            (placement, Homes { id, shared, schemas })
        });
        Self { park, routes: Arc::new(Routes::Tenants(homes.collect())), check: Check::Guard(guard) }
    }

    #[cfg(feature = "test-kit")]
    pub(crate) fn without_guard(&self) -> Self {
        Self { check: Check::Nothing, ..self.clone() }
    }

    pub(crate) async fn conn(&self, who: Who<'_>) -> Result<Session<DB>, Error> {
        let (home, tenant, access) = self.find(who)?;
        Ok(Session::new(self.park.acquire(&home, tenant).await?, self.check.clone(), access))
    }

    pub(crate) async fn begin(&self, who: Who<'_>) -> Result<Session<DB>, Error> {
        let (home, tenant, access) = self.find(who)?;
        Ok(Session::new(self.park.begin(&home, tenant).await?, self.check.clone(), access))
    }

    /// Closes the connections to a tenant's own database, which is about to go.
    pub(crate) async fn forget(&self, tenant: &Tenant) -> Result<(), Error> {
        let home = self.home(tenant)?;
        if let HomeKey::Database(..) = home.key {
            self.park.forget(home.key).await;
        }
        Ok(())
    }

    pub(crate) fn stats(&self) -> ConnectionStats {
        self.park.stats()
    }

    pub(crate) async fn close(&self) {
        self.park.close().await;
    }

    fn find(&self, who: Who<'_>) -> Result<(Home<DB>, Option<TenantId>, Access), Error> {
        match (&*self.routes, who) {
            (Routes::Control(home), Who::Control) => Ok((home.clone(), None, Access::Control)),
            (Routes::Tenants(_), Who::Tenant(tenant)) => {
                not_quarantined(tenant)?;
                Ok((self.home(tenant)?, Some(tenant.id()), Access::Tenant(tenant.id())))
            }
            (Routes::Tenants(_), Who::Reader(place)) => {
                let homes = self.homes(&place.placement)?;
                let home = match place.kind {
                    PlaceKind::Shared => Home { key: HomeKey::Readers(homes.id), ..homes.shared.clone() },
                    PlaceKind::Schema(_) => homes
                        .schemas
                        .clone()
                        .ok_or_else(|| Error::Config(format!("the {place} is on a database without schemas")))?,
                    PlaceKind::Database(tenant) => homes.database(tenant),
                };
                Ok((home, place.tenant(), Access::CrossTenant))
            }
            _ => Err(Error::Config("control tables and tenants' rows are reached by different handles".to_owned())),
        }
    }

    fn homes(&self, placement: &Placement) -> Result<&Homes<DB>, Error> {
        let homes = match &*self.routes {
            Routes::Tenants(homes) => homes.get(placement),
            Routes::Control(_) => None,
        };
        homes.ok_or_else(|| Error::Placement(placement.clone()))
    }

    fn home(&self, tenant: &Tenant) -> Result<Home<DB>, Error> {
        let homes = self.homes(tenant.placement())?;
        match (tenant.isolation(), &homes.schemas) {
            (Isolation::Shared, _) => Ok(homes.shared.clone()),
            (Isolation::Schema, Some(home)) => Ok(home.clone()),
            (Isolation::Database, _) => Ok(homes.database(tenant.id())),
            (isolation, _) => Err(Error::Isolation { tenant: tenant.id(), isolation }),
        }
    }
}

impl<DB: Backend> Homes<DB> {
    /// The options are those of the shared place; whoever connects says which database.
    fn database(&self, tenant: TenantId) -> Home<DB> {
        Home { key: HomeKey::Database(self.id, tenant), ..self.shared.clone() }
    }
}

/// Refuses a tenant whose place may not have the tables that statements expect.
///
/// The layer in front of requests refuses it, too; jobs have none.
fn not_quarantined(tenant: &Tenant) -> Result<(), Error> {
    if tenant.is_quarantined() { Err(Error::Quarantined { tenant: tenant.id() }) } else { Ok(()) }
}
