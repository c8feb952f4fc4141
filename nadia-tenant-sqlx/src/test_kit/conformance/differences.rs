use super::super::Wall;

/// An answer that changes where a wall is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The wall that is missing.
    pub without: Wall,
    /// The case.
    pub case: &'static str,
    /// The step of the case.
    pub step: &'static str,
    /// What is answered then, instead of what is in the transcript that all cells share.
    pub answer: &'static str,
}

const fn no_guard(case: &'static str, step: &'static str, answer: &'static str) -> Difference {
    Difference { without: Wall::Guard, case, step, answer }
}

const fn no_policies(case: &'static str, step: &'static str, answer: &'static str) -> Difference {
    Difference { without: Wall::RowLevelSecurity, case, step, answer }
}

const DIFFERENCES: &[Difference] = &[
    // The guard reads a conflict on a key's other columns as one on the tenant's key.
    no_guard("upserts", "on the key without its tenant, first", "no such key"),
    no_guard("upserts", "on the key without its tenant, again", "no such key"),
    no_guard("upserts", "counters, north", "1 row\ntenant_id=north name=a n=2"),
    // The database's own rights refuse it, later.
    no_guard("reference tables", "add", "not permitted"),
    no_guard("reference tables", "change", "not permitted"),
    no_guard("reference tables", "delete", "not permitted"),
    // A schema is looked for in the database.
    no_guard("qualified names", "home, a reference table, north", "no such table"),
    no_guard("qualified names", "the other database's home, north", "no such table"),
    no_guard("qualified names", "another schema, north", "no such table"),
    no_guard("qualified names", "a temporary schema, north", "no such table"),
    no_guard("qualified names", "home, a reference table, south", "no such table"),
    no_guard("qualified names", "the other database's home, south", "no such table"),
    no_guard("qualified names", "another schema, south", "no such table"),
    no_guard("qualified names", "a temporary schema, south", "no such table"),
    // A mistake is sent, and so fails the transaction.
    no_guard("nested transactions", "an unknown table within", "no such table"),
    no_guard("failing statements", "an unknown table", "no such table"),
    no_guard("failing statements", "commit after that", "rolled back"),
    no_guard(
        "failing statements",
        "patients after the unknown table, north",
        "1 row\ntenant_id=north id=1 name=Ann email=NULL",
    ),
    no_guard("mistakes", "no SQL", "no such syntax"),
    no_guard("mistakes", "an unknown table", "no such table"),
    no_guard("mistakes", "an unknown table in a sub-query", "no such table"),
    no_guard("mistakes", "an unknown table in a change", "no such table"),
    no_guard("mistakes", "an unknown column of a table", "no such column"),
    no_guard("mistakes", "an unknown column in a change", "no such column"),
    // PostgreSQL takes it for no mistake.
    no_guard("mistakes", "nothing", "done"),
    no_guard("mistakes", "too many values", "done"),
    // Rights refuse what changes the database.
    no_guard("refused statements", "a control table", "no such table"),
    no_guard("refused statements", "a control table by its schema", "not permitted"),
    no_guard("refused statements", "two statements", "no such syntax"),
    no_guard("refused statements", "a new table", "not permitted"),
    no_guard("refused statements", "a dropped table", "not permitted"),
    no_guard("refused statements", "a table without its wall", "not permitted"),
    no_guard("refused statements", "TRUNCATE", "not permitted"),
    no_guard("refused statements", "a row moved to another tenant", "not permitted"),
    // What only the guard refuses: arbitrary SQL can look at the database's own tables, and set the session's tenant.
    no_guard("refused statements", "the database's own tables", "done"),
    no_guard("refused statements", "the same in capitals", "done"),
    no_guard("refused statements", "the same by a schema", "done"),
    no_guard("refused statements", "a column of the database's own", "done"),
    no_guard("refused statements", "the session's state", "done"),
    no_guard("refused statements", "the session's state by a statement", "done"),
    no_guard("refused statements", "a savepoint of one's own", "done"),
    no_guard("refused statements", "a function that isn't listed", "done"),
    no_guard("refused statements", "EXPLAIN", "done"),
    // To its own is no move.
    no_guard("another tenant's id", "move to its own", "3 changed"),
    no_guard("another tenant's id", "move to another's", "not permitted"),
    // The guard makes another's id NULL, which the column refuses; a policy is asked before.
    no_policies("another tenant's id", "add as another's", "not null violation"),
    no_policies("another tenant's id", "add as nobody's", "not null violation"),
    no_policies("another tenant's id", "add as both", "not null violation"),
    no_policies("another tenant's id", "add what a query gives as another's", "not null violation"),
    no_policies("another tenant's id", "upsert on another's key", "not null violation"),
];

/// Lists every answer that changes where a wall is missing; no other may.
#[must_use]
pub const fn differences() -> &'static [Difference] {
    DIFFERENCES
}
