use nadia_benches::{Error, Ring};
use nadia_tenant_core::{CellLayout, ResolvedBy, TenantCells, TenantContext, TenantId};
use uuid::Uuid;

use crate::groups::tenants::tenants;

/// Synthetic patients of many tenants, a few of whom are measured.
///
/// Those few have [`each`](Self::each) patients, with the same ids at the same places of the table, however many tenants
/// there are: so tables of few and of many tenants differ in nothing but that.
pub(super) struct Rows {
    measured: Vec<TenantContext>,
    others: Vec<Uuid>,
    count: usize,
    each: usize,
}

impl Rows {
    const MEASURED: usize = 10;

    /// Plans `count` rows of `tenants` tenants, `each` of every tenant that is measured.
    pub(super) fn plan(count: usize, tenants_in_all: usize, each: usize) -> Result<Self, Error> {
        let cells = TenantCells::new(CellLayout::empty());
        let measured = tenants(Self::MEASURED, &"starter".parse()?)?.into_iter().map(|tenant| {
            let cell = cells.cell(tenant.id());
            TenantContext::new(tenant, cell, ResolvedBy::Job)
        });
        let others = (Self::MEASURED..tenants_in_all).map(|_| TenantId::new().as_uuid()).collect();
        Ok(Self { measured: measured.collect(), others, count, each })
    }

    /// Each patient's tenant, id and name, in the order in which they came.
    pub(super) fn all(&self) -> impl Iterator<Item = (Uuid, Uuid, String)> {
        let stride = self.stride();
        (0..self.count).map(move |number| {
            let tenant = match self.measured.get(number % stride) {
                Some(context) => context.tenant().id().as_uuid(),
                None => self.others[number % self.others.len()],
            };
            (tenant, id(number), format!("Patient {number}"))
        })
    }

    /// As many patients as one measured tenant has, of `count` of them, one after the other tenant's.
    pub(super) fn of(&self, count: usize) -> Ring<(TenantContext, Uuid)> {
        let mut places = Ring::new(0..self.each);
        let mut pairs = Vec::new();
        for _ in 0..self.each.div_ceil(count) {
            let place = *places.turn();
            let contexts = self.measured.iter().take(count).enumerate();
            pairs.extend(contexts.map(|(at, context)| (context.clone(), id(place * self.stride() + at))));
        }
        Ring::in_order(pairs)
    }

    /// All measured tenants' patients, so that no scope follows one of the same tenant.
    pub(super) fn of_many(&self) -> Ring<(TenantContext, Uuid)> {
        self.of(Self::MEASURED)
    }

    /// What a case's name ends with.
    pub(super) fn size(&self) -> String {
        format!("{} rows, {} tenants", self.count, self.measured.len() + self.others.len())
    }

    const fn stride(&self) -> usize {
        self.count / self.each
    }
}

/// Ids that ascend, as those of version 7 do.
fn id(number: usize) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number as u128)
}
