//! Lists that can grow, a page at a time.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    clinic::Desk,
    cursor::List,
    problem::Problem,
    query::{ListQuery, no_search},
};

/// A part of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T: ToSchema> {
    pub(crate) data: Vec<T>,
    pub(crate) page: PageEnd,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PageEnd {
    /// The cursor of the next page, if there is one.
    pub(crate) next: Option<String>,
}

impl<T: ToSchema> Listed<T> {
    /// Makes a page of what was found: up to `limit`, and one more where there is a next page.
    pub(crate) fn of(mut found: Vec<T>, limit: u16, cursor: impl FnOnce(&T) -> String) -> Self {
        let more = found.len() > usize::from(limit);
        found.truncate(usize::from(limit));
        let next = found.last().filter(|_| more).map(cursor);
        Self { data: found, page: PageEnd { next } }
    }
}

/// Which part is wanted of what belongs to one patient, the newest first.
#[derive(Debug)]
pub(crate) struct Newest {
    collection: &'static str,
    patient: String,
    limit: u16,
    /// The last id of the page before; the largest one for the first page.
    pub(crate) before: Uuid,
}

impl Newest {
    pub(crate) fn read(desk: &Desk, collection: &'static str, patient: Uuid, query: &str) -> Result<Self, Problem> {
        let query = no_search(ListQuery::parse(query)?)?;
        let mut newest = Self { collection, patient: patient.to_string(), limit: query.limit, before: Uuid::max() };
        if let Some(cursor) = &query.cursor {
            newest.before = newest.list(desk).after(cursor, &desk.app.keys)?;
        }
        Ok(newest)
    }

    /// How many to read: one more tells whether there is a next page.
    pub(crate) fn count(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    pub(crate) fn page<T: ToSchema>(&self, desk: &Desk, found: Vec<T>, id: impl FnOnce(&T) -> Uuid) -> Listed<T> {
        Listed::of(found, self.limit, |last| self.list(desk).cursor(id(last), &desk.app.keys))
    }

    fn list(&self, desk: &Desk) -> List<'_> {
        List { tenant: desk.tenant_id(), collection: self.collection, search: &self.patient }
    }
}

/// Returns these parameters of a page's query; a page is shown whatever else stands there.
pub(crate) fn query_of_page(query: Option<&str>, known: &[&str]) -> String {
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if known.contains(&&*name) {
            kept.append_pair(&name, &value);
        }
    }
    kept.finish()
}
