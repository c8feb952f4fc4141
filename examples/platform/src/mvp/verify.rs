use nadia_tenant_core::TenantContext;
use nadia_tenant_sqlx::{Error, portable::Tenants};

use super::{
    chain::Chain,
    ids::{self, Ids},
    kind::Kind,
};

/// How many rows are read at a time.
const PAGE: i64 = 200;

/// What a clinic has of the rows that a source gave it.
#[derive(Clone, Debug)]
pub(super) struct There {
    pub(super) rows: i64,
    pub(super) chain: Chain,
}

/// Reads a table's rows up to the old id `last` again, in the order of their ids, and chains their hashes as they were chained
/// when they were read from the source.
pub(super) async fn there<K: Kind>(
    tenants: &Tenants,
    ctx: &TenantContext,
    ids: &Ids,
    last: i64,
) -> Result<There, Error> {
    let mut there = There { rows: 0, chain: Chain::new() };
    if last < 0 {
        return Ok(there);
    }
    let (mut after, until) = (ids::floor(0), ids::ceiling(last));
    loop {
        // A page is a transaction, so that no other work waits for all of them.
        let mut tx = tenants.begin(ctx).await?;
        let page = tx.query(K::THERE).bind(after).bind(until).bind(PAGE).fetch_all().await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or_default();
        for row in &page {
            let row = K::there(row, &mut tx).await?;
            after = K::id(&row);
            there.rows += 1;
            match K::hash(there.chain.row(), &row, ids) {
                Some(hash) => there.chain.add(hash),
                // Nothing that was read has this hash.
                None => there.chain.add(there.chain.row().text("not imported")),
            }
        }
        tx.rollback().await?;
        if is_last {
            return Ok(there);
        }
    }
}
