use super::{AnySession, Query};
use crate::{PlaceName, scope::OUTERMOST};

/// A connection that reads the rows of all tenants in one place, on either database; the counterpart of
/// [`CrossConn`](crate::CrossConn). Made by [`CrossTenant::portable`](crate::CrossTenant::portable) only.
#[derive(Debug)]
pub struct CrossConn {
    place: PlaceName,
    session: Box<dyn AnySession>,
}

impl CrossConn {
    pub(crate) fn new(place: PlaceName, session: Box<dyn AnySession>) -> Self {
        Self { place, session }
    }

    /// Starts a statement that reads the rows of all tenants.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.session, OUTERMOST, sql)
    }

    /// Returns the place that it reads.
    #[must_use]
    pub const fn place(&self) -> &PlaceName {
        &self.place
    }
}
