//! Faults are made one by one in a healthy database, inside a transaction that is rolled back.

mod bed;
mod code;
mod columns;
mod grants;
mod keys;
mod policies;
mod pooler;
mod roles;
mod scale;
mod tables;

use self::bed::Bed;

/// A fault, and what must be found of it: code and object, in order. `{app}` and the like stand for the roles.
pub(super) struct Case {
    pub(super) fault: &'static str,
    pub(super) findings: &'static [(&'static str, &'static str)],
}

const fn case(fault: &'static str, findings: &'static [(&'static str, &'static str)]) -> Case {
    Case { fault, findings }
}

/// Returns the codes that the cases of all themes expect.
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    let themes: [&[Case]; 7] =
        [roles::CASES, tables::CASES, columns::CASES, keys::CASES, policies::CASES, code::CASES, grants::CASES];
    themes.into_iter().flatten().flat_map(|case| case.findings).map(|(code, _)| *code).chain(pooler::CODES)
}
