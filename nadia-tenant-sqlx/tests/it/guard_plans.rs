//! With an index that begins with the tenant, the rewritten statement is planned on it, among a thousand tenants.

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard};
use serde_json::Value;
use uuid::Uuid;

use crate::oracle::{Database, Server};

const SCHEMA: &str = "
    CREATE TABLE patients (
        tenant_id uuid NOT NULL, id bigint NOT NULL, name text NOT NULL, score bigint, created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id));
    CREATE TABLE doctors (tenant_id uuid NOT NULL, id bigint NOT NULL, name text NOT NULL, PRIMARY KEY (tenant_id, id));
    CREATE TABLE visits (
        tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id bigint NOT NULL, doctor_id bigint, cost bigint NOT NULL,
        note text, PRIMARY KEY (tenant_id, id));
";
const ROWS: &str = "
    CREATE INDEX ON patients (tenant_id, created_at);
    CREATE INDEX ON visits (tenant_id, patient_id);
    INSERT INTO patients SELECT lpad((i % 1000)::text, 32, '0')::uuid, i, 'name ' || i, i % 7,
        '2026-01-01'::timestamptz + i * interval '1 minute' FROM generate_series(0, 39999) AS i;
    INSERT INTO doctors SELECT lpad((i % 1000)::text, 32, '0')::uuid, i, 'name ' || i FROM generate_series(0, 19999) AS i;
    INSERT INTO visits SELECT lpad((i % 1000)::text, 32, '0')::uuid, i, i, i, i % 90, 'note ' || i
        FROM generate_series(0, 39999) AS i;
    ANALYZE";

/// `sorted: ` marks what an index must bring in order.
const SHAPES: &str = "
SELECT name FROM patients WHERE id = $1
SELECT name FROM patients WHERE id IN (1007, 2007, 3007)
sorted: SELECT id, name FROM patients ORDER BY created_at DESC LIMIT 20
sorted: SELECT id, name FROM patients WHERE created_at < now() - interval '1 day' ORDER BY created_at DESC LIMIT 20
sorted: SELECT id, name FROM patients WHERE created_at < '2026-02-01' AND score > $1 - 9000 ORDER BY created_at DESC LIMIT 3
SELECT count(*), max(score) FROM patients
SELECT score, count(*) FROM patients WHERE name LIKE 'name%' GROUP BY score HAVING count(*) > 1
SELECT DISTINCT score FROM patients WHERE 1 / (id + 1) = 0
SELECT p.name, v.cost FROM visits v JOIN patients p ON p.id = v.patient_id WHERE v.id = $1
SELECT p.name, d.name, v.cost FROM visits v JOIN patients p ON p.id = v.patient_id LEFT JOIN doctors d ON d.id = v.doctor_id WHERE v.cost > $1 - 9000
SELECT d.name, count(*), sum(v.cost) FROM visits v JOIN patients p ON p.id = v.patient_id LEFT JOIN doctors d ON d.id = v.doctor_id GROUP BY d.name
SELECT p.name FROM patients p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p.id AND v.cost > 5)
SELECT p.name FROM patients p WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p.id AND v.note ~ '9$')
SELECT p.name FROM patients p WHERE p.id IN (SELECT v.patient_id FROM visits v WHERE v.cost > $1)
SELECT p.name, v.cost FROM patients p LEFT JOIN visits v ON v.patient_id = p.id AND v.cost > 3 WHERE p.id = $1
SELECT p.name, v.cost FROM visits v RIGHT JOIN patients p ON v.patient_id = p.id
SELECT d.name, p.name FROM patients p LEFT JOIN doctors d USING (id)
SELECT d.name, p.name FROM patients p NATURAL LEFT JOIN doctors d
SELECT d.name, p.name FROM patients p FULL JOIN doctors d ON d.id = p.id
SELECT d.name, p.name FROM patients p FULL JOIN doctors d ON d.id = p.id WHERE lower(p.name) LIKE '%1'
SELECT p.i FROM patients AS p (t, i) WHERE p.i = $1
WITH recent AS (SELECT id, name FROM patients WHERE created_at > '2026-01-10') SELECT r.name, v.cost FROM recent r JOIN visits v ON v.patient_id = r.id
WITH totals AS (SELECT patient_id, sum(cost) AS total FROM visits GROUP BY patient_id) SELECT p.name, t.total FROM patients p JOIN totals t ON t.patient_id = p.id WHERE p.id = $1
SELECT name, rank() OVER (ORDER BY score DESC) FROM patients
SELECT s.name FROM (SELECT name, row_number() OVER (PARTITION BY score ORDER BY id) AS place FROM patients) AS s WHERE s.place = 1
SELECT name FROM patients WHERE id = $1 UNION ALL SELECT name FROM doctors WHERE id = $1
SELECT p.name, l.cost FROM patients p, LATERAL (SELECT v.cost FROM visits v WHERE v.patient_id = p.id ORDER BY v.id DESC LIMIT 1) AS l
SELECT name FROM patients WHERE id = $1 FOR UPDATE
SELECT name FROM patients p WHERE name ILIKE '%7' AND score + 1 > 0 FOR UPDATE OF p
UPDATE patients SET name = 'x' WHERE id = $1
UPDATE patients SET score = score + 1 WHERE score + 1 > 3
UPDATE visits SET note = p.name FROM patients p WHERE p.id = visits.patient_id AND visits.id = $1
DELETE FROM visits WHERE id = $1 RETURNING note
DELETE FROM visits USING patients p WHERE p.id = visits.patient_id AND p.name ~ '7$'
INSERT INTO visits (id, patient_id, cost) SELECT id + 100000, id, score FROM patients WHERE id = $1
INSERT INTO patients (id, name, created_at) SELECT id, name, now() FROM doctors WHERE id = $1 ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE patients.score > 1
";

/// The nodes of a plan.
fn nodes<'p>(plan: &'p Value, found: &mut Vec<&'p serde_json::Map<String, Value>>) {
    match plan {
        Value::Array(parts) => parts.iter().for_each(|part| nodes(part, found)),
        Value::Object(node) => {
            if node.contains_key("Node Type") {
                found.push(node);
            }
            node.values().for_each(|value| nodes(value, found));
        }
        _ => {}
    }
}

/// Says what is wrong with a plan.
fn judge(plan: &Value, sorted: bool) -> Result<usize, String> {
    let mut found = Vec::new();
    nodes(plan, &mut found);
    let text = |node: &serde_json::Map<String, Value>, key: &str| {
        node.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if sorted && found.iter().any(|node| text(node, "Node Type").contains("Sort")) {
        return Err("sorts".to_owned());
    }
    let mut scans = 0;
    for node in found.iter().filter(|node| node.contains_key("Relation Name")) {
        let kind = text(node, "Node Type");
        if kind == "ModifyTable" {
            continue;
        }
        // A bitmap's conditions are those of the indexes below it.
        let mut below = Vec::new();
        node.values().for_each(|value| nodes(value, &mut below));
        let conditions = std::iter::once(*node).chain(below).map(|node| text(node, "Index Cond"));
        if !kind.contains("Scan") || !conditions.into_iter().any(|condition| condition.contains("tenant_id = ")) {
            return Err(format!("reads {:?} by {kind}", text(node, "Relation Name")));
        }
        scans += 1;
    }
    Ok(scans)
}

#[tokio::test]
async fn rewritten_statement_is_planned_on_the_tenants_index() {
    let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(SCHEMA).unwrap().build().unwrap());
    let mut server = Server::bare(SCHEMA).await;
    server.raw(ROWS).await;
    let tenant = Uuid::from_u128(7);
    let (mut judged, mut faults) = (0, Vec::new());
    for line in SHAPES.lines().filter(|line| !line.is_empty()) {
        let (sql, sorted) = line.strip_prefix("sorted: ").map_or((line, false), |sql| (sql, true));
        let guarded = guard.tenant(sql).unwrap_or_else(|refusal| panic!("{sql}\n{refusal}"));
        server.raw(&format!("PREPARE shape AS {}", guarded.sql())).await;
        for mode in ["force_custom_plan", "force_generic_plan"] {
            server.raw(&format!("SET plan_cache_mode = {mode}")).await;
            let given = if guarded.params() == 0 { "" } else { "7007, " };
            let plan = server.explain(&format!("EXECUTE shape ({given}'{tenant}')")).await;
            judged += 1;
            match judge(&plan, sorted) {
                Ok(scans) => assert!(scans > 0, "{sql} scans nothing: {plan}"),
                Err(fault) => faults.push(format!("{mode}: {fault}\n  {}\n  {plan}", guarded.sql())),
            }
        }
        server.raw("DEALLOCATE shape").await;
    }
    server.close().await;
    assert!(faults.is_empty(), "{} of {judged}:\n{}", faults.len(), faults.join("\n"));
}

/// A fence drops no row that the `=` beside it keeps, and the planner expects as much.
#[tokio::test]
async fn fence_leaves_the_estimate_of_rows() {
    let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(SCHEMA).unwrap().build().unwrap());
    let mut server = Server::bare(SCHEMA).await;
    server.raw(ROWS).await;
    let tenant = Uuid::from_u128(7);
    let rows = |plan: &Value| plan.pointer("/0/Plan/Plan Rows").and_then(Value::as_f64).unwrap();
    let bind = |sql: &str| sql.replace("$1", &format!("'{tenant}'"));
    for sql in [
        "SELECT name FROM patients WHERE score + 1 > -5",
        "SELECT p.name FROM patients p JOIN visits v ON v.patient_id = p.id AND v.cost + 1 > -5",
    ] {
        let guarded = guard.tenant(sql).unwrap();
        assert!(guarded.sql().contains("CASE"), "{}", guarded.sql());
        let fenced = rows(&server.explain(&bind(guarded.sql())).await);
        let plain = sql
            .replace(" WHERE", " WHERE tenant_id = $1 AND")
            .replace(" AND v.cost + 1", " AND v.tenant_id = $1 AND p.tenant_id = $1 AND v.cost + 1");
        let plain = rows(&server.explain(&bind(&plain)).await);
        assert!((fenced - plain).abs() <= 1.0 + 0.05 * plain, "{sql}: {fenced} instead of {plain}");
    }
    server.close().await;
}
