//! The groups, in the order of the report.

mod database;
mod guard;
mod limit;
mod places;
mod product;
mod resolve;
mod scope;
mod tenants;
mod texts;

use nadia_benches::Group;

pub(crate) const ALL: &[Group] = &[
    Group { name: "resolve", needs: None, prepare: resolve::prepare },
    Group { name: "limit", needs: None, prepare: limit::prepare },
    Group { name: "guard", needs: None, prepare: guard::prepare },
    Group { name: "texts", needs: Some("DATABASE_URL"), prepare: texts::prepare },
    Group { name: "scope", needs: Some("DATABASE_URL"), prepare: scope::prepare },
    Group { name: "provision", needs: Some("DATABASE_URL"), prepare: places::provision::prepare },
    Group { name: "fleet", needs: Some("DATABASE_URL"), prepare: places::fleet::prepare },
    Group { name: "schemas", needs: Some("DATABASE_URL"), prepare: places::schemas::prepare },
    Group { name: "files", needs: None, prepare: places::files::prepare },
    Group { name: "product", needs: Some("DATABASE_URL"), prepare: product::prepare },
];
