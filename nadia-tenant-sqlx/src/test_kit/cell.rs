use nadia_tenant_core::{Dialect, Isolation, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantSlug};

use crate::{Error, Installation, portable::Tenants};

/// What keeps tenants apart where they share tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wall {
    /// Each statement is rewritten to see one tenant, or refused.
    Guard,
    /// PostgreSQL's policies.
    RowLevelSecurity,
}

/// What [`conformance`](super::conformance) tests: tenants of one isolation in an installation, and the walls that stand there.
#[derive(Clone, Debug)]
pub struct Cell {
    name: String,
    installation: Installation,
    isolation: Isolation,
    tenants: Tenants,
    walls: Vec<Wall>,
}

impl Cell {
    /// Describes a cell in which all walls stand that the database has.
    ///
    /// The installation's places need the tables of [`tables`](super::tables). The name is what reports call the cell.
    #[must_use]
    pub fn new(name: impl Into<String>, installation: &Installation, isolation: Isolation) -> Self {
        let mut walls = vec![Wall::Guard];
        if installation.catalog().dialect() == Dialect::Postgres {
            walls.push(Wall::RowLevelSecurity);
        }
        Self {
            name: name.into(),
            installation: installation.clone(),
            isolation,
            tenants: installation.tenants().clone(),
            walls,
        }
    }

    /// Takes the guard away.
    #[must_use]
    pub fn dangerous_without_guard(mut self) -> Self {
        self.tenants = self.tenants.dangerous_without_guard();
        self.walls.retain(|wall| *wall != Wall::Guard);
        self
    }

    /// Says that row-level security was taken away in the database, which is the caller's to do.
    #[must_use]
    pub fn dangerous_without_row_level_security(mut self) -> Self {
        self.walls.retain(|wall| *wall != Wall::RowLevelSecurity);
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the walls that stand.
    #[must_use]
    pub fn walls(&self) -> &[Wall] {
        &self.walls
    }

    pub(super) fn lacks(&self, wall: Wall) -> bool {
        !self.walls.contains(&wall)
    }

    pub(super) fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    pub(super) fn installation(&self) -> &Installation {
        &self.installation
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.installation.catalog().dialect()
    }

    /// Makes a tenant that nobody else knows.
    pub(super) async fn make_tenant(&self) -> Result<TenantContext, Error> {
        let id = TenantId::new();
        // The end of an id is its random part.
        let id_text = id.as_uuid().simple().to_string();
        let slug = TenantSlug::parse(&format!("conform-{}", &id_text[12..]));
        let slug = slug.map_err(|error| Error::Corrupt(Box::new(error)))?;
        let plan = "test".parse().map_err(|error| Error::Corrupt(Box::new(error)))?;
        let tenant = Tenant::new(id, slug, plan).with_isolation(self.isolation);
        let tenant = self.installation.create_tenant(&tenant, None).await?;
        let cell = TenantCells::new(nadia_tenant_core::CellLayout::empty()).cell(tenant.id());
        Ok(TenantContext::new(tenant, cell, ResolvedBy::Job))
    }
}
