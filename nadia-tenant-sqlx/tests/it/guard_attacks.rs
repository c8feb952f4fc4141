use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard, RefusalKind};

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

/// REPLACE puts a column's default where NULL is refused, and NULL is what a foreign tenant's value becomes.
#[test]
fn replace_does_not_take_the_tenant_columns_default() {
    let refused = |default: &str| {
        let ddl = format!("CREATE TABLE t (tenant_id blob NOT NULL {default}, id int, PRIMARY KEY (tenant_id, id))");
        let guard = Guard::new(Catalog::builder(Dialect::Sqlite).ddl(&ddl).unwrap().build().unwrap());
        ["REPLACE INTO t (tenant_id, id) VALUES (?1, 1)", "INSERT OR REPLACE INTO t (id) VALUES (1)"]
            .map(|sql| guard.tenant(sql).err().map(|refusal| refusal.kind()))
    };
    assert_eq!(refused(""), [None, None]);
    assert_eq!(refused("DEFAULT x'00'"), [Some(RefusalKind::Conflict), Some(RefusalKind::Conflict)]);
}

/// A list of columns that the guard writes out quotes those whose name is a word of the grammar.
#[test]
fn written_column_named_as_a_word_is_quoted() {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let ddl = r#"CREATE TABLE t ("user" uuid NOT NULL, "select" int, "order" text, UNIQUE ("user", "select"))"#;
        let catalog = Catalog::builder(dialect).tenant_column("user").ddl(ddl).unwrap().build().unwrap();
        let guard = Guard::new(catalog);
        let text = |sql: &str| guard.tenant(sql).unwrap_or_else(|refusal| panic!("{sql}: {refusal}")).sql().to_string();
        let list = r#"("user", "select", "order")"#;
        assert!(text("INSERT INTO t VALUES ($1, 1, 'x')").contains(list));
        let all = text("INSERT INTO t SELECT * FROM t");
        assert!(all.contains(list) && all.contains(r#"t."select", t."order""#), "{all}");
        let conflict = text(r#"INSERT INTO t ("select") VALUES (1) ON CONFLICT ("select") DO NOTHING"#);
        assert!(conflict.contains(r#"("select", "user")"#) && !conflict.contains("(user"), "{conflict}");
        assert!(text("INSERT INTO t DEFAULT VALUES").contains(r#"("user")"#));
    }
}
