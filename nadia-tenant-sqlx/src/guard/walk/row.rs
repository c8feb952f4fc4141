//! Whole rows of tables, and their fields.

use sqlparser::{
    ast::{Ident, ObjectName, Spanned},
    tokenizer::Span,
};

use super::{Walker, absent, unsupported};
use crate::guard::{
    dialect::Flavor,
    refusal::{Checked, Fault, RefusalKind},
    scope::{Entry, find_entry},
    syntax,
};

impl Walker<'_> {
    /// Takes `(p)` before a dot for the row of table `p`, which it is unless a column has that name.
    pub(super) fn row_in_parentheses(&self, row: Ident) -> Checked<Ident> {
        let folded = self.fold(&row);
        self.column(&row)?;
        let mut in_view = self.scopes.iter().flat_map(|scope| &scope.entries);
        let free = in_view.all(|entry| entry.columns.as_ref().is_some_and(|columns| !columns.contains(&folded)));
        if free && find_entry(&self.scopes, &folded).is_some_and(|entry| entry.has_fields) {
            return Ok(row);
        }
        Err(unsupported("a field of a value that is no table's row", row.span))
    }

    /// Takes a row that a list spreads: `p.*` or `(p).*`.
    pub(super) fn spread_row(&self, name: &mut ObjectName) -> Checked<&Entry> {
        if let [part] = &name.0[..]
            && let Some(row) = part.as_ident().and_then(syntax::row_of)
        {
            *name = ObjectName::from(vec![self.row_in_parentheses(row)?]);
        }
        self.row(name)
    }

    /// Refuses the row of a table under other column names: the server takes the table's own, and those of a sub-query.
    pub(super) fn keeps_row(&self, entry: &Entry, place: Span) -> Checked {
        absent(
            !entry.renames_row || self.flavor != Flavor::Postgres,
            "the row of a table with a list of column names",
            place,
        )
    }

    /// Finds the relation whose whole row `name.*` is.
    pub(super) fn row(&self, name: &mut ObjectName) -> Checked<&Entry> {
        let idents: Option<Vec<&Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        let in_parentheses = idents.iter().flatten().any(|name| syntax::row_of(name).is_some());
        absent(!in_parentheses, "the row of a value here", name.span())?;
        let entry = match idents.as_deref() {
            Some([table]) => find_entry(&self.scopes, &self.fold(table)),
            // SQLite has no such form.
            Some([schema, table]) if self.flavor == Flavor::Postgres => {
                find_entry(&self.scopes, &self.fold(table)).filter(|entry| entry.is_in(&self.fold(schema)))
            }
            _ => None,
        };
        let Some(entry) = entry else {
            return Err(Fault::new(
                RefusalKind::Name,
                format!("{:?} is no table in view", name.to_string()),
                "use an alias of this statement's FROM",
                name.span(),
            ));
        };
        if name.0.len() == 2 && entry.drops_schema() {
            name.0.remove(0);
        }
        Ok(entry)
    }
}
