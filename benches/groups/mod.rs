//! The groups, in the order of the report.

mod guard;
mod limit;
mod resolve;
mod scope;
mod tenants;

use nadia_benches::Group;

pub(crate) const ALL: &[Group] = &[
    Group { name: "resolve", needs: None, prepare: resolve::prepare },
    Group { name: "limit", needs: None, prepare: limit::prepare },
    Group { name: "guard", needs: None, prepare: guard::prepare },
    Group { name: "scope", needs: Some("DATABASE_URL"), prepare: scope::prepare },
];
