use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::Guard;

use crate::guard_cases::guard;

const SHAPES: &str = include_str!("../cases/shapes.txt");
const BEGIN: &str = "<!-- by tests/it/guard_shapes.rs from here on -->\n";
const END: &str = "<!-- by tests/it/guard_shapes.rs up to here -->\n";

/// What the guard answers to all statements of a shape on a database; nothing if there is none.
fn cell(guard: &Guard, own: &str, other: &str, statements: &str) -> String {
    let mut answers = BTreeSet::new();
    for statement in statements.split(" ;; ").map(str::trim).filter(|statement| !statement.starts_with(other)) {
        answers.insert(match guard.tenant(statement.strip_prefix(own).unwrap_or(statement).trim()) {
            Ok(guarded) if guarded.tenant_param().is_some() => "filtered".to_owned(),
            Ok(_) => "passes".to_owned(),
            Err(refusal) => format!("refused: {:?}", refusal.kind()),
        });
    }
    let all_refused = answers.iter().all(|answer| answer.starts_with("refused"));
    assert!(answers.len() <= 1 || all_refused, "{statements}: the answers are {answers:?}");
    match answers.len() {
        0 => "–".to_owned(),
        _ => answers.into_iter().collect::<Vec<_>>().join(", ").replace(", refused:", ","),
    }
}

/// `docs/guard.md` holds what the guard really answers; `UPDATE_OUTPUT=1` writes the table anew.
#[test]
fn published_table_is_what_the_guard_answers() {
    let (postgres, sqlite) = (guard(Dialect::Postgres), guard(Dialect::Sqlite));
    let mut table = "| Shape | PostgreSQL | SQLite |\n|---|---|---|\n".to_owned();
    for line in SHAPES.lines().filter(|line| !line.is_empty() && !line.starts_with("-- ")) {
        let (shape, statements) = line.split_once(" | ").expect("a name and statements");
        let cells = (cell(&postgres, "pg:", "lite:", statements), cell(&sqlite, "lite:", "pg:", statements));
        writeln!(table, "| {shape} | {} | {} |", cells.0, cells.1).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guard.md");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the table's first mark");
    let (known, after) = rest.split_once(END).expect("the table's last mark");
    if std::env::var_os("UPDATE_OUTPUT").is_some() {
        fs::write(&file, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    for (known, found) in known.lines().zip(table.lines()) {
        assert_eq!(known, found, "look at the change; UPDATE_OUTPUT=1 takes it over");
    }
    assert!(known == table, "shapes were added or removed; UPDATE_OUTPUT=1 takes them over");
}
