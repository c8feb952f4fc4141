//! Group `guard`: what it costs to turn a statement into one tenant's, in nanoseconds per statement.
//!
//! PostgreSQL's dialect; statements of 43, about 200 and about 440 bytes: a point look-up, a page of a list, and a
//! report over three tables. Nothing is sent to a database.
//!
//! What is compared:
//! - `floor: parse and print` is sqlparser alone: whatever looks at a statement as a tree pays it. It is the floor of a
//!   miss, which parses, checks and rewrites the tree, checks it again, prints it, and looks over what it printed. Both get
//!   a statement of another text each time (a number in it counts up), so a miss also pays for the cache's upkeep.
//! - `floor: map` is one look-up of the text in a `HashMap` of a hundred statements and one count of a reference: the
//!   least that knows a statement again by its text. It is the floor of a hit; a hit's cache is bounded and shared
//!   between threads. Text and cache hold a hundred statements in turn.

use std::{collections::HashMap, hint::black_box, sync::Arc};

use nadia_benches::{Cases, Error, Ring};
use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard};
use sqlparser::{dialect::PostgreSqlDialect, parser::Parser};

pub(super) const TABLES: &str = "
    CREATE TABLE doctors (tenant_id uuid NOT NULL, id bigint NOT NULL, name text NOT NULL, PRIMARY KEY (tenant_id, id));
    CREATE TABLE patients (
        tenant_id uuid NOT NULL, id bigint NOT NULL, name text NOT NULL, birth_date date, email text,
        PRIMARY KEY (tenant_id, id));
    CREATE TABLE visits (
        tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id bigint NOT NULL, doctor_id bigint NOT NULL,
        started_at timestamptz NOT NULL, fee bigint NOT NULL, PRIMARY KEY (tenant_id, id));
";

/// Each ends with the number that makes its text another one.
const STATEMENTS: [&str; 3] = [
    "SELECT name FROM patients WHERE id=",
    "SELECT id, name, birth_date, email FROM patients WHERE name ILIKE $1 AND (birth_date >= $2 OR birth_date IS NULL) \
     AND email IS NOT NULL AND id > $3 ORDER BY name, id LIMIT 20 OFFSET ",
    "SELECT doctors.name, count(*) AS visits, count(DISTINCT patients.id) AS patients, sum(visits.fee) AS fees, \
     max(visits.started_at) AS latest FROM visits JOIN patients ON patients.id = visits.patient_id \
     LEFT JOIN doctors ON doctors.id = visits.doctor_id WHERE visits.started_at >= $1 AND visits.started_at < $2 \
     AND patients.name <> $3 GROUP BY doctors.name HAVING sum(visits.fee) > $4 ORDER BY fees DESC, doctors.name LIMIT ",
];

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let guard = Arc::new(Guard::new(Catalog::builder(Dialect::Postgres).ddl(TABLES)?.build()?));
    for statement in STATEMENTS {
        let bytes = Numbered::new(statement).next().len();

        let parsed = format!("floor: parse and print, {bytes} bytes");
        let mut texts = Numbered::new(statement);
        cases.add(&parsed, &parsed, move || {
            let statements = Parser::parse_sql(&PostgreSqlDialect {}, texts.next())?;
            Ok(black_box(&statements)[0].to_string())
        });
        let mut texts = Numbered::new(statement);
        let of_miss = Arc::clone(&guard);
        cases.add(format!("nadia: miss, {bytes} bytes"), &parsed, move || Ok(of_miss.tenant(texts.next())?));

        let mut texts = Numbered::new(statement);
        // Numbers that the misses don't come to.
        texts.number = 90_000_000;
        let known = Ring::new((0..100).map(|_| texts.next().to_owned()));
        let mut texts = known.clone();
        let map: HashMap<String, Arc<str>> =
            (0..100).map(|_| texts.turn().clone()).map(|text| (text.clone(), text.into())).collect();
        let mapped = format!("floor: map, {bytes} bytes");
        cases.add(&mapped, &mapped, move || Ok(map.get(texts.turn()).cloned()));
        // A guard of its own, from which misses push nothing out.
        let of_hit = Guard::new(guard.catalog().clone());
        let mut texts = known;
        for _ in 0..100 {
            of_hit.tenant(texts.turn())?;
        }
        cases.add(format!("nadia: hit, {bytes} bytes"), &mapped, move || Ok(of_hit.tenant(texts.turn())?));
    }
    Ok(())
}

/// A statement with a number of eight digits at its end that counts up.
struct Numbered {
    text: String,
    start: usize,
    number: u32,
}

impl Numbered {
    fn new(statement: &str) -> Self {
        Self { text: statement.to_owned(), start: statement.len(), number: 10_000_000 }
    }

    fn next(&mut self) -> &str {
        use std::fmt::Write;

        self.number += 1;
        self.text.truncate(self.start);
        write!(self.text, "{}", self.number).expect("a string takes all text");
        &self.text
    }
}
