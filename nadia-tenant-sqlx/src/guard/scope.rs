use std::rc::Rc;

use super::walk::StandIn;

/// The names of a relation's columns; `None` when they can't be told from the statement.
///
/// They decide whether a qualified name is a column; [`List`] says whether a `*` may be written out as they are.
pub(super) type Columns = Option<Rc<[String]>>;

/// A relation that a FROM clause or a write brings into view.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) columns: Columns,
    /// The schema by which it can be qualified: tables without an alias only.
    pub(super) schema: Option<Qualifier>,
    /// Whether a sub-query with a list of column names stands for a table: its whole row has these names, the table's has not.
    pub(super) renames_row: bool,
    /// Whether `(name).column` is a column of its row: not of a function, whose row may be a plain value, nor of a join.
    pub(super) has_fields: bool,
    pub(super) list: List,
}

/// What is known of the columns of a relation, besides the names of some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// They are a table's: all of them, in their order.
    Table,
    /// They are those of a query: all of them, in their order, if those of all queries in the statement are.
    Query,
    /// There may be others.
    Part,
}

/// The schema that a statement may write before a table.
#[derive(Clone, Debug)]
pub(super) struct Qualifier {
    pub(super) schema: String,
    /// Whether the text goes on without it, since the place says where the table is.
    pub(super) is_dropped: bool,
}

impl Entry {
    /// Tells whether it can be qualified by `schema`.
    pub(super) fn is_in(&self, schema: &str) -> bool {
        self.schema.as_ref().is_some_and(|qualifier| qualifier.schema == schema)
    }

    /// Tells whether a schema before its name is left out.
    pub(super) fn drops_schema(&self) -> bool {
        self.schema.as_ref().is_some_and(|qualifier| qualifier.is_dropped)
    }
}

/// The relations of one SELECT or write.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) entries: Vec<Entry>,
    /// Entries before this one are not in view at the moment, as in a join's ON or an unlateral sub-query.
    pub(super) visible_from: usize,
    /// The tables among them that sub-queries stand for.
    pub(super) stand_ins: Vec<StandIn>,
    /// Whether a `*` gives other columns than the entries' one after the other: by NATURAL or USING, or a sub-query without a name.
    pub(super) is_merged: bool,
}

/// The common table expressions of one WITH.
#[derive(Debug)]
pub(super) struct CteFrame {
    pub(super) ctes: Vec<(String, Columns)>,
    /// How many of them are in view.
    pub(super) visible: usize,
}

/// Finds the common table expression in view by that name, the innermost first.
pub(super) fn find_cte<'f>(frames: &'f [CteFrame], name: &str) -> Option<&'f Columns> {
    frames
        .iter()
        .rev()
        .flat_map(|frame| frame.ctes[..frame.visible].iter().rev())
        .find(|(known, _)| known == name)
        .map(|(_, columns)| columns)
}

/// Finds the relation that `name` is in the innermost scope that has one.
pub(super) fn find_entry<'s>(scopes: &'s [Scope], name: &str) -> Option<&'s Entry> {
    scopes.iter().rev().find_map(|scope| scope.entries[scope.visible_from..].iter().find(|entry| entry.name == name))
}
