//! What tenants' own places cost: making them, migrating many, and serving out of many.

pub(crate) mod files;
pub(crate) mod fleet;
pub(crate) mod provision;
pub(crate) mod schemas;

use nadia_benches::{Cases, Error};
use nadia_tenant_core::{CellLayout, Isolation, ResolvedBy, Tenant, TenantCells, TenantContext};
use nadia_tenant_sqlx::Installation;
use tokio::task::JoinSet;

use super::tenants::tenants;

/// How many tenants are made at a time.
const AT_A_TIME: usize = 4;

/// Makes tenants with places of their own.
fn make(
    cases: &Cases,
    installation: &Installation,
    count: usize,
    isolation: Isolation,
) -> Result<Vec<TenantContext>, Error> {
    let planned = tenants(count, &"starter".parse()?)?.into_iter().map(|tenant| tenant.with_isolation(isolation));
    let planned: Vec<Tenant> = planned.collect();
    cases.block_on(async {
        let mut makers = JoinSet::new();
        for part in planned.chunks(count.div_ceil(AT_A_TIME)) {
            let (installation, part) = (installation.clone(), part.to_vec());
            makers.spawn(async move {
                let mut made = Vec::with_capacity(part.len());
                for tenant in part {
                    made.push(installation.create_tenant(&tenant, None).await?);
                }
                Ok::<_, Error>(made)
            });
        }
        let cells = TenantCells::new(CellLayout::empty());
        let mut contexts = Vec::with_capacity(count);
        while let Some(made) = makers.join_next().await {
            for tenant in made?? {
                let cell = cells.cell(tenant.id());
                contexts.push(TenantContext::new(tenant, cell, ResolvedBy::Job));
            }
        }
        Ok(contexts)
    })
}
