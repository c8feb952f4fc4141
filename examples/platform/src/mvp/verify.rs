use nadia_tenant_core::TenantContext;
use nadia_tenant_sqlx::{
    Error,
    portable::{Query, Tenants},
};
use uuid::Uuid;

use super::{
    chain::Chain,
    ids::{self, Ids},
    kind::Kind,
};

/// The most rows that are read at a time.
const PAGE: i64 = 500;
/// The most characters that are read at a time, but for a single row.
const PAGE_CHARS: i64 = 1 << 18;

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
        let Some(end) = end_of_page(tx.query(K::SIZES).bind(after).bind(until).bind(PAGE)).await? else {
            tx.rollback().await?;
            return Ok(there);
        };
        let page = tx.query(K::THERE).bind(after).bind(end).fetch_all().await?;
        after = end;
        for row in &page {
            let row = K::there(row, &mut tx).await?;
            there.rows += 1;
            match K::hash(there.chain.row(), &row, ids) {
                Some(hash) => there.chain.add(hash),
                // Nothing that was read has this hash.
                None => there.chain.add(there.chain.row().text("not imported")),
            }
        }
        tx.rollback().await?;
    }
}

/// Finds the last row that fits into a page; none if there is no row.
async fn end_of_page(sizes: Query<'_>) -> Result<Option<Uuid>, Error> {
    let (mut end, mut chars) = (None, 0_i64);
    for row in &sizes.fetch_all().await? {
        chars = chars.saturating_add(row.get("size")?);
        if end.is_some() && chars > PAGE_CHARS {
            break;
        }
        end = Some(row.get("id")?);
    }
    Ok(end)
}
