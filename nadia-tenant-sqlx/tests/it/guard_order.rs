//! A condition of a statement that raises an error must not meet other tenants' rows. No policies: the guard alone is judged.

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard};

use crate::oracle::{Bind, Database, Lite, Server, TENANTS};

/// Indexes on the columns that conditions are on lead past the tenant.
const SCHEMA: &str = "
    CREATE TABLE people (
        tenant_id uuid NOT NULL, id bigint NOT NULL, score bigint NOT NULL, name text NOT NULL, label text NOT NULL, note text,
        PRIMARY KEY (tenant_id, id));
    CREATE TABLE visits (
        tenant_id uuid NOT NULL, id bigint NOT NULL, score bigint NOT NULL, name text NOT NULL, label text NOT NULL, note text,
        person bigint NOT NULL, PRIMARY KEY (tenant_id, id));
";
const INDEXES: [&str; 5] = [
    "CREATE INDEX ON people (score)",
    "CREATE INDEX ON people (name text_pattern_ops)",
    "CREATE INDEX ON people ((lower(label)))",
    "CREATE INDEX ON visits (person)",
    "CREATE INDEX ON visits (name text_pattern_ops)",
];

/// Each raises on a row of another tenant and is true of all of one's own. `{}` is the alias.
const CONDITIONS: [&str; 9] = [
    "1 / ({}.score - 5) < 9",
    "{}.score % ({}.score - 5) < 9",
    "'a' ~ {}.name",
    "{}.name NOT LIKE E'Zed\\\\'",
    "{}.name NOT LIKE $1",
    "{}.label::bigint > 0",
    "CAST({}.label AS date) > date '1900-01-01'",
    "'a' ~ ANY (ARRAY[{}.name])",
    "('a' ~ {}.name OR {}.id < 0)",
];
const PATTERN: Bind = Bind::Text("Zed\\");

const PLANS: [&[&str]; 4] = [
    &[],
    &["enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"],
    &["enable_seqscan", "enable_hashjoin", "enable_mergejoin"],
    &["enable_seqscan", "enable_indexscan", "enable_nestloop"],
];

/// Labels are dates that are numbers, too.
async fn poisoned() -> Server {
    let mut server = Server::bare(SCHEMA).await;
    server.raw("BEGIN").await;
    for table in ["people (tenant_id, id, score, name, label)", "visits (tenant_id, id, score, name, label, person)"] {
        let person = if table.starts_with("visits") { ", 1" } else { "" };
        let own = format!(
            "INSERT INTO {table} VALUES ($1, 1, 1, 'a', '20200101'{person}), ($1, 2, 2, '[ab]', '20200202'{person})"
        );
        server.run(&own, &[Bind::Tenant(TENANTS[0])]).await.unwrap();
        let foreign =
            format!("INSERT INTO {table} VALUES ($1, 1, 5, '(', 'x'{person}), ($1, 2, 5, 'Zed9', 'y'{person})");
        server.run(&foreign, &[Bind::Tenant(TENANTS[1])]).await.unwrap();
    }
    for index in INDEXES {
        server.run(index, &[]).await.unwrap();
    }
    server
}

fn with(statement: &str, condition: &str) -> String {
    ["p", "v"].into_iter().fold(statement.to_owned(), |text, alias| {
        text.replace(&format!("{{{alias}}}"), &condition.replace("{}", alias))
    })
}

/// Runs a statement and undoes it; says how it failed.
async fn attempt(server: &mut Server, off: &[&str], sql: &str, binds: &[Bind]) -> Result<(), String> {
    server.run("SAVEPOINT attempt", &[]).await.unwrap();
    for setting in off {
        server.run(&format!("SET LOCAL {setting} = off"), &[]).await.unwrap();
    }
    let outcome = server.run(sql, binds).await;
    server.run("ROLLBACK TO attempt", &[]).await.unwrap();
    outcome.map(drop).map_err(|failure| format!("{off:?} {sql}\n  {}", failure.message))
}

#[tokio::test]
async fn condition_that_raises_meets_no_foreign_row() {
    let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(SCHEMA).unwrap().build().unwrap());
    let mut server = poisoned().await;
    let statements = include_str!("../cases/order.sql").lines().filter(|line| !line.starts_with("--"));
    let (mut ran, mut failures) = (0, Vec::new());
    for statement in statements {
        for condition in CONDITIONS {
            let sql = with(statement, condition);
            let guarded = guard.tenant(&sql).unwrap_or_else(|refusal| panic!("{sql}\n{refusal}"));
            let binds = [PATTERN, Bind::Tenant(TENANTS[0])];
            let binds = &binds[1 - guarded.params()..];
            for off in PLANS {
                ran += 1;
                failures.extend(attempt(&mut server, off, guarded.sql(), binds).await.err());
            }
        }
    }
    server.close().await;
    assert!(failures.is_empty(), "{} of {ran} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(ran > 1_500, "only {ran} ran");
}

/// Each raises on a row of another tenant, though it has neither an operator nor a cast that is seen to.
const VALUES: [&str; 14] = [
    "length(e.body, 'UTF8')",
    "coalesce(e.day, e.at)",
    "greatest(e.at, e.day)",
    "CASE WHEN e.id > 0 THEN e.day ELSE e.at END",
    "ARRAY[e.day, e.at]",
    "e.at = ANY (ARRAY[e.at, e.day])",
    "coalesce(nullif(e.day, e.at), e.at)",
    "e.at IN (VALUES (e.day), (e.at))",
    "e.at IN (SELECT e.day UNION ALL SELECT e.at)",
    "(SELECT l.note FROM logs AS l WHERE l.event = e.id)",
    "EXISTS (SELECT 1 FROM logs AS l LIMIT e.reach)",
    "EXISTS (SELECT 1 FROM logs AS l OFFSET e.reach)",
    "(SELECT max(l.n) FROM (SELECT count(*) OVER (ORDER BY id ROWS e.reach PRECEDING) AS n FROM logs) AS l)",
    "(SELECT sum(CASE WHEN l.id > 0 THEN e.height END) FROM logs AS l)",
];

#[tokio::test]
async fn value_that_raises_meets_no_foreign_row() {
    let ddl = "
        CREATE TABLE events (tenant_id uuid NOT NULL, id bigint NOT NULL, body bytea, day date, at timestamptz, reach bigint,
            height double precision, PRIMARY KEY (tenant_id, id));
        CREATE TABLE logs (tenant_id uuid NOT NULL, id bigint NOT NULL, event bigint, note text, PRIMARY KEY (tenant_id, id));
    ";
    let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(ddl).unwrap().build().unwrap());
    let mut server = Server::bare(ddl).await;
    server.raw("BEGIN").await;
    for (tenant, rows) in [
        (TENANTS[0], "events VALUES ($1, 1, 'ok', '2020-01-01', now(), 1, 1)"),
        (TENANTS[0], "logs VALUES ($1, 1, 1, 'x'), ($1, 2, 9, 'y'), ($1, 3, 9, 'z')"),
        (TENANTS[1], "events VALUES ($1, 9, '\\xff', '5000000-01-01', now(), -1, 1e308)"),
    ] {
        server.run(&format!("INSERT INTO {rows}"), &[Bind::Tenant(tenant)]).await.unwrap();
    }
    let mut failures = Vec::new();
    for value in VALUES {
        for sql in [
            format!("SELECT e.id FROM events AS e WHERE {value} IS NOT NULL"),
            format!(
                "SELECT l.id FROM logs AS l LEFT JOIN (SELECT {value} AS v FROM events AS e) AS s ON true WHERE s.v IS NOT NULL"
            ),
        ] {
            let guarded = guard.tenant(&sql).unwrap_or_else(|refusal| panic!("{sql}\n{refusal}"));
            for off in PLANS {
                failures.extend(attempt(&mut server, off, guarded.sql(), &[Bind::Tenant(TENANTS[0])]).await.err());
            }
        }
    }
    server.close().await;
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

/// The rows above tell: a plain predicate lets conditions see them.
#[tokio::test]
async fn plain_predicate_comes_too_late() {
    let mut server = poisoned().await;
    let mut raised = 0;
    for condition in CONDITIONS {
        let sql = format!(
            "SELECT count(*) FROM people p WHERE p.tenant_id = $2 AND ({}) AND ($1::text IS NOT NULL)",
            condition.replace("{}", "p")
        );
        let binds = [PATTERN, Bind::Tenant(TENANTS[0])];
        raised += usize::from(attempt(&mut server, PLANS[1], &sql, &binds).await.is_err());
    }
    server.close().await;
    assert!(raised >= 4, "only {raised} raised");
}

/// What a rewrite can't close: an index without the tenant column finds foreign rows first, and a lossy one looks at them again by the
/// statement's own condition before anything else. A policy is a security barrier, which such a condition doesn't pass.
#[tokio::test]
async fn index_that_checks_foreign_rows_again_is_closed_by_row_level_security() {
    let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(SCHEMA).unwrap().build().unwrap());
    let mut server = Server::bare(SCHEMA).await;
    if server.run("CREATE EXTENSION pg_trgm", &[]).await.is_err() {
        // A server without its extensions has no such index.
        return server.close().await;
    }
    let role = format!("nadia_order_{}", std::process::id());
    server
        .raw(&format!(
            "ALTER TABLE people DROP CONSTRAINT people_pkey; CREATE INDEX ON people USING gin (name gin_trgm_ops);
             INSERT INTO people (tenant_id, id, score, name, label) SELECT '{0}', i, 1, 'own ' || i, '' FROM generate_series(1, 5000) AS i;
             INSERT INTO people (tenant_id, id, score, name, label) SELECT '{1}', i, 5, 'Zed ' || i, '' FROM generate_series(1, 5) AS i; ANALYZE people;
             CREATE POLICY own ON people USING (tenant_id = '{0}');
             DROP ROLE IF EXISTS {role}; CREATE ROLE {role}; GRANT SELECT ON people TO {role}",
            TENANTS[0], TENANTS[1]
        ))
        .await;
    server.raw("BEGIN").await;
    let guarded = guard.tenant("SELECT id FROM people WHERE name LIKE $1").unwrap();
    let binds = [Bind::Text("%Zed%\\"), Bind::Tenant(TENANTS[0])];
    let off = &["enable_seqscan", "enable_indexscan"];
    server.raw(&format!("SET LOCAL ROLE {role}")).await;
    let without = attempt(&mut server, off, guarded.sql(), &binds).await;
    server.raw("ROLLBACK; ALTER TABLE people ENABLE ROW LEVEL SECURITY; BEGIN").await;
    server.raw(&format!("SET LOCAL ROLE {role}")).await;
    let with = attempt(&mut server, off, guarded.sql(), &binds).await;
    server.raw(&format!("ROLLBACK; DROP OWNED BY {role}; DROP ROLE {role}")).await;
    server.close().await;
    assert!(without.is_err_and(|failure| failure.contains("escape")), "the index leads past the fence");
    assert_eq!(with, Ok(()));
}

/// SQLite tests terms in the order of the text: `abs` of the least number raises.
#[tokio::test]
async fn condition_that_raises_meets_no_foreign_row_on_sqlite() {
    let guard = crate::guard_cases::guard(Dialect::Sqlite);
    let mut lite = Lite::everybody().await;
    for sql in [
        "INSERT INTO links (tenant_id, a, b) VALUES (?1, ?2, ?2)",
        "INSERT INTO patients (tenant_id, id, name, score) VALUES (?1, 90, 'x', ?2)",
        "INSERT INTO rooms (tenant_id, id, label) VALUES (?1, ?2, 'x')",
    ] {
        lite.run(sql, &[Bind::Tenant(TENANTS[1]), Bind::Integer(i64::MIN)]).await.unwrap();
    }
    let raises = lite.run("SELECT a FROM links WHERE abs(a) > 0 AND tenant_id = ?1", &[Bind::Tenant(TENANTS[0])]).await;
    assert!(raises.is_err(), "the rows are such that conditions raise on them");
    for sql in [
        "SELECT a FROM links WHERE abs(a) > 0",
        "SELECT id FROM rooms WHERE abs(id) > 0",
        "SELECT l.a FROM links l JOIN patients p ON abs(l.a) > 0 AND abs(p.score) > 0",
        "SELECT l.a FROM links l, rooms r WHERE abs(l.a) > abs(r.id) OR abs(l.b) > 0",
        "SELECT p.id FROM patients p LEFT JOIN links l ON abs(l.a) = p.id AND abs(p.score) > 0 WHERE abs(p.score) > 0",
        "SELECT p.id FROM patients p LEFT JOIN links l ON abs(l.a) = p.id WHERE abs(l.b) > 0",
        "SELECT p.id FROM links l RIGHT JOIN patients p ON abs(l.a) = p.id AND abs(p.score) > 0",
        "SELECT p.id FROM links l FULL JOIN patients p ON l.a = p.id WHERE abs(l.a) > 0 AND abs(p.score) > 0",
        "SELECT p.id FROM patients p WHERE EXISTS (SELECT 1 FROM links l WHERE abs(l.a) = abs(p.score))",
        "SELECT s.x FROM (SELECT abs(a) AS x FROM links) AS s WHERE s.x > 0",
        "SELECT s.x FROM (SELECT abs(a) AS x FROM links UNION ALL SELECT abs(score) FROM patients) AS s WHERE s.x > 0",
        "WITH s AS (SELECT abs(a) AS x, b FROM links) SELECT x FROM s WHERE x > 0 AND abs(b) > 0",
        "SELECT a, b FROM links GROUP BY a, b HAVING abs(a) > 0 AND abs(b) > 0",
        "UPDATE links SET b = 1 WHERE abs(a) > 0",
        "UPDATE links SET b = p.id FROM patients AS p WHERE abs(a) > 0 AND abs(p.score) > 0",
        "DELETE FROM links WHERE abs(a) > 0",
    ] {
        let guarded = guard.tenant(sql).unwrap();
        let outcome = lite.run(guarded.sql(), &[Bind::Tenant(TENANTS[0])]).await;
        assert!(outcome.is_ok(), "{}: {outcome:?}", guarded.sql());
    }
    lite.close().await;
}

#[test]
fn only_what_may_raise_has_a_fence() {
    let ddl = "CREATE TABLE bills (tenant_id uuid NOT NULL, id bigint NOT NULL, name text, paid numeric(12, 2), worth numeric, kind mood);
               CREATE TABLE gifts (tenant_id uuid NOT NULL, id bigint NOT NULL, worth bigint, mood text)";
    let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(ddl).unwrap().build().unwrap());
    let fenced = |sql: &str| guard.tenant(sql).unwrap().sql().contains("CASE WHEN");
    for sql in [
        "SELECT id / 0, lower(name) || 'x' FROM bills WHERE id = $1 AND name <> $2 ORDER BY id + 1 LIMIT 5",
        "SELECT b.id FROM bills b JOIN gifts g ON g.id = b.id WHERE b.paid > 1.5 AND g.mood LIKE 'a%' AND b.name IS NOT NULL",
        "SELECT name, count(*), sum(paid) FROM bills WHERE paid BETWEEN $1 AND $2 GROUP BY name HAVING count(*) > 3",
        "SELECT id FROM bills WHERE EXISTS (SELECT 1 FROM gifts WHERE gifts.id = bills.id AND mood IN ('a', $1))",
        "UPDATE bills SET paid = paid / $1 WHERE id = ANY ($2)",
        "SELECT id FROM bills TABLESAMPLE SYSTEM (5) WHERE id = ANY (SELECT id FROM gifts) AND id > (SELECT coalesce(max(id), 0) FROM gifts)",
        "SELECT id FROM bills WHERE (SELECT mood FROM gifts WHERE gifts.id = bills.id ORDER BY id LIMIT 1) = coalesce($1, name, 'x')",
        "INSERT INTO bills (id, name) VALUES ($1 / 2, lower($2))",
    ] {
        assert!(!fenced(sql), "{sql}");
    }
    for sql in [
        "SELECT id FROM bills WHERE id + 1 = $1",
        "SELECT id FROM bills WHERE name LIKE $1",
        "SELECT id FROM bills WHERE name LIKE 'a%' ESCAPE 'a'",
        "SELECT id FROM bills WHERE name ~ 'a'",
        "SELECT id FROM bills WHERE name::bigint = 1",
        // A number beyond any float, and a type that is not known.
        "SELECT id FROM bills WHERE worth = $1",
        "SELECT id FROM gifts WHERE worth = $1",
        "SELECT id FROM bills WHERE kind = $1",
        "SELECT id FROM bills WHERE id = (SELECT id FROM gifts)",
        "SELECT id FROM bills WHERE EXISTS (SELECT 1 FROM gifts TABLESAMPLE SYSTEM (bills.id))",
        "SELECT s.n FROM (SELECT id / id AS n FROM bills) AS s WHERE s.n = 1",
        "WITH s (id) AS (SELECT worth FROM bills) SELECT id FROM s WHERE id = $1",
        "SELECT b.id FROM bills AS b (tenant_id, i, j, k, id) WHERE b.id = $1",
        "SELECT name FROM bills GROUP BY name HAVING name ~ 'x'",
        "SELECT id, (SELECT count(*) FROM gifts WHERE 1 / gifts.id = bills.id) FROM bills",
        "UPDATE bills SET paid = 1 WHERE id % 2 = 0",
        "DELETE FROM bills USING gifts WHERE gifts.id = bills.id AND length(bills.name) - 1 > 2",
    ] {
        assert!(fenced(sql), "{sql}");
    }
}
