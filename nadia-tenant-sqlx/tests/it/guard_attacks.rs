use nadia_tenant_core::Dialect;

use crate::guard_cases::{attacks, guard, wanted};

#[test]
fn every_attack_gets_its_answer() {
    let mut wrong = Vec::new();
    for (dialect, at_least) in [(Dialect::Postgres, 220), (Dialect::Sqlite, 160)] {
        let guard = guard(dialect);
        let mut count = 0;
        for attack in attacks().iter().filter(|attack| attack.case.is_for(dialect)) {
            let sql = attack.case.sql;
            let answer = match guard.tenant(sql) {
                Ok(guarded) => {
                    (if guarded.tenant_param().is_some() { "harmless" } else { "passes without the tenant" }).to_owned()
                }
                Err(refusal) => format!("{:?}", refusal.kind()),
            };
            if answer != attack.answer {
                wrong.push(format!("{dialect:?}: {sql}: {answer} instead of {}", attack.answer));
            }
            count += 1;
        }
        assert!(count >= at_least, "only {count} attacks were tried on {dialect:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is supported one day must leave that list, and be compared on the databases.
#[test]
fn wanted_statement_is_refused_as_yet() {
    let mut wrong = Vec::new();
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let guard = guard(dialect);
        for wanted in wanted().iter().filter(|wanted| wanted.case.is_for(dialect)) {
            let answer = guard.tenant(wanted.case.sql).map(|_| ()).map_err(|refusal| format!("{:?}", refusal.kind()));
            if answer != Err(wanted.answer.to_owned()) {
                wrong.push(format!("{dialect:?}: {}: {answer:?} instead of {}", wanted.case.sql, wanted.answer));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A new line between two strings makes them one; a comment there, or none, is not read.
#[test]
fn string_over_lines_is_one() {
    let guard = guard(Dialect::Postgres);
    let guarded = guard.tenant("SELECT id FROM patients WHERE name = 'a''b'  \n\n 'c' \n'' OR name = 'd'").unwrap();
    assert!(guarded.sql().ends_with("(name = 'a''bc' OR name = 'd')"), "{}", guarded.sql());
    for sql in ["SELECT 'a' 'b'", "SELECT 'a' -- c\n 'b'", "SELECT 'a' \n E'b'", "SELECT 'a' /* \n */ 'b'"] {
        assert!(guard.tenant(sql).is_err(), "{sql}");
    }
}
