use super::{ADD_PATIENT, ADD_VISIT, at, clinics, id, patient, patients, visit};
use crate::{
    Error,
    portable::Row,
    test_kit::conformance::{
        answer,
        stage::{NORTH, SOUTH, Stage},
    },
};

/// Asks the same of two tenants.
async fn ask(stage: &mut Stage<'_>, asked: &[(&str, &str, &'static str)]) -> Result<(), Error> {
    for (who, name) in [(NORTH, "north"), (SOUTH, "south")] {
        let mut scope = stage.conn(who).await?;
        for (step, columns, sql) in asked {
            let rows = scope.query(sql).fetch_all().await;
            stage.rows(&format!("{step}, {name}"), columns, rows);
        }
    }
    Ok(())
}

pub(super) async fn joins(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let pair = "name reason";
    ask(stage, &[
        ("inner", pair, "SELECT p.name, v.reason FROM patients p JOIN visits v ON v.patient_id = p.id ORDER BY v.id"),
        ("left", pair,
         "SELECT p.name, v.reason FROM patients p LEFT JOIN visits v ON v.patient_id = p.id ORDER BY p.id, v.id"),
        ("left, what has none", "name",
         "SELECT p.name FROM patients p LEFT JOIN visits v ON v.patient_id = p.id WHERE v.id IS NULL"),
        ("right", pair,
         "SELECT p.name, v.reason FROM visits v RIGHT JOIN patients p ON v.patient_id = p.id ORDER BY p.id, v.id"),
        ("full", "name n:int",
         "SELECT p.name, v.id AS n FROM patients p FULL JOIN visits v ON v.patient_id = p.id AND v.fee > 15 \
          ORDER BY coalesce(v.id, 0)"),
        ("full on nothing", "n:int", "SELECT count(*) AS n FROM patients a FULL JOIN patients b ON a.name = b.email"),
        ("cross", "n:int", "SELECT count(*) AS n FROM patients CROSS JOIN visits"),
        ("comma", "n:int", "SELECT count(*) AS n FROM patients p, visits v WHERE p.id = v.patient_id OR true"),
        ("with itself", "a b",
         "SELECT a.name AS a, b.name AS b FROM patients a JOIN patients b ON a.id < b.id ORDER BY a.id, b.id"),
        ("using", pair,
         "SELECT p.name, v.reason FROM (SELECT id AS patient_id, name FROM patients) p JOIN visits v USING (patient_id) \
          ORDER BY v.id"),
        ("three tables", "name reason country",
         "SELECT p.name, v.reason, c.name AS country FROM visits v JOIN patients p ON p.id = v.patient_id \
          LEFT JOIN countries c ON c.code = p.country ORDER BY v.id"),
        ("in parentheses", "name n:int",
         "SELECT c.name, count(v.id) AS n FROM countries c LEFT JOIN (patients p JOIN visits v ON v.patient_id = p.id) \
          ON p.country = c.code GROUP BY c.name ORDER BY c.name"),
        ("under a condition of OR", "n:int",
         "SELECT count(*) AS n FROM patients p JOIN visits v ON v.patient_id = p.id OR true WHERE p.id = v.patient_id OR true"),
    ]).await
}

pub(super) async fn sets(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    ask(stage, &[
        ("EXISTS", "name",
         "SELECT name FROM patients p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p.id)"),
        ("NOT EXISTS", "name",
         "SELECT name FROM patients p WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p.id)"),
        ("IN", "name", "SELECT name FROM patients WHERE id IN (SELECT patient_id FROM visits WHERE reason = 'fever')"),
        ("a scalar", "name n:int",
         "SELECT name, (SELECT count(*) FROM visits v WHERE v.patient_id = p.id) AS n FROM patients p ORDER BY id"),
        ("a derived table", "reason n:int",
         "SELECT reason, n FROM (SELECT reason, count(*) AS n FROM visits GROUP BY reason) x ORDER BY reason"),
        ("WITH", "n:int", "WITH dear AS (SELECT id FROM visits WHERE fee > 15) SELECT count(*) AS n FROM dear"),
        ("WITH RECURSIVE", "id:int",
         "WITH RECURSIVE r (id) AS (SELECT min(id) FROM visits UNION ALL SELECT v.id FROM visits v JOIN r ON v.id = r.id + 1) \
          SELECT id FROM r ORDER BY id"),
        ("UNION", "name", "SELECT name FROM patients UNION SELECT upper(reason) FROM visits ORDER BY 1"),
        ("EXCEPT", "n:int", "SELECT id AS n FROM visits EXCEPT SELECT id FROM visits WHERE fee > 15"),
        ("INTERSECT", "n:int",
         "SELECT id AS n FROM visits WHERE reason = 'cough' INTERSECT SELECT id FROM visits WHERE id < 3"),
        ("DISTINCT", "reason", "SELECT DISTINCT reason FROM visits ORDER BY reason"),
        ("CASE", "is_there",
         "SELECT CASE WHEN EXISTS (SELECT 1 FROM patients WHERE name = 'Ann') THEN 'yes' ELSE 'no' END AS is_there \
          FROM visits WHERE id = 1"),
    ]).await
}

pub(super) async fn aggregates(stage: &mut Stage<'_>) -> Result<(), Error> {
    ask(stage, &[("of nothing", "n:int sum:int", "SELECT count(*) AS n, CAST(sum(fee) AS bigint) AS sum FROM visits")])
        .await?;
    clinics(stage).await?;
    ask(stage, &[
        ("count", "n:int", "SELECT count(*) AS n FROM visits"),
        ("all of them", "sum:int min:int max:int avg:real",
         "SELECT CAST(sum(fee) AS bigint) AS sum, min(fee) AS min, max(fee) AS max, CAST(avg(fee) AS double precision) AS avg \
          FROM visits"),
        ("grouped", "reason n:int sum:int",
         "SELECT reason, count(*) AS n, CAST(sum(fee) AS bigint) AS sum FROM visits GROUP BY reason ORDER BY reason"),
        ("HAVING", "reason n:int",
         "SELECT reason, count(*) AS n FROM visits GROUP BY reason HAVING count(*) > 1 ORDER BY reason"),
        ("DISTINCT", "n:int", "SELECT count(DISTINCT reason) AS n FROM visits"),
        ("FILTER", "n:int", "SELECT count(*) FILTER (WHERE reason = 'cough') AS n FROM visits"),
        ("window", "id:int n:int total:int",
         "SELECT id, row_number() OVER (PARTITION BY reason ORDER BY id) AS n, CAST(sum(fee) OVER (ORDER BY id) AS bigint) AS \
          total FROM visits ORDER BY id"),
        ("by joined rows", "name n:int",
         "SELECT p.name, count(v.id) AS n FROM patients p LEFT JOIN visits v ON v.patient_id = p.id GROUP BY p.id, p.name \
          ORDER BY p.id"),
    ]).await
}

pub(super) async fn nulls(stage: &mut Stage<'_>) -> Result<(), Error> {
    let mut north = stage.conn(NORTH).await?;
    for (n, name, email) in [(1, "Ann", None), (2, "Ben", None), (3, "Cid", Some("cid@example.org"))] {
        let added = patient(north.query(ADD_PATIENT), n, name, email).execute().await;
        stage.changed(&format!("add {name}"), added);
    }
    let mut south = stage.conn(SOUTH).await?;
    patient(south.query(ADD_PATIENT), 1, "Zoe", None).execute().await?;
    ask(
        stage,
        &[
            ("IS NULL", "name", "SELECT name FROM patients WHERE email IS NULL ORDER BY id"),
            ("= NULL", "name", "SELECT name FROM patients WHERE email = NULL"),
            ("not known to differ", "name", "SELECT name FROM patients WHERE email <> 'cid@example.org'"),
            ("counted", "all_rows:int emails:int", "SELECT count(*) AS all_rows, count(email) AS emails FROM patients"),
            ("coalesce", "email", "SELECT coalesce(email, 'none') AS email FROM patients ORDER BY id"),
            ("NULLS FIRST", "name", "SELECT name FROM patients ORDER BY email NULLS FIRST, id"),
            ("NULLS LAST", "name", "SELECT name FROM patients ORDER BY email DESC NULLS LAST, id"),
            ("NOT IN a NULL", "name", "SELECT name FROM patients WHERE name NOT IN (SELECT email FROM patients)"),
            ("joined on NULL", "n:int", "SELECT count(*) AS n FROM patients a JOIN patients b ON a.email = b.email"),
        ],
    )
    .await?;
    let bound = north.query("SELECT name FROM patients WHERE email = $1").bind(None::<String>).fetch_all().await;
    stage.rows("a bound NULL", "name", bound);
    let set =
        north.query("UPDATE patients SET email = $1 WHERE id = $2").bind(None::<String>).bind(id(3)).execute().await;
    stage.changed("set to NULL", set);
    patients(stage, "all").await
}

pub(super) async fn pages(stage: &mut Stage<'_>) -> Result<(), Error> {
    for (who, count) in [(NORTH, 50), (SOUTH, 25)] {
        let mut tx = stage.begin(who).await?;
        patient(tx.query(ADD_PATIENT), 1, "Ann", None).execute().await?;
        for n in 1..=count {
            visit(tx.query(ADD_VISIT), n, 1, "cough", n).execute().await?;
        }
        tx.commit().await?;
    }
    for (who, name) in [(NORTH, "north"), (SOUTH, "south")] {
        let mut scope = stage.conn(who).await?;
        let mut before = (at(1_000), i64::MAX);
        for page in 1..=4 {
            let sql = "SELECT id, seen_at FROM visits WHERE seen_at < $1 OR (seen_at = $1 AND id < $2) \
                       ORDER BY seen_at DESC, id DESC LIMIT 20";
            let rows = scope.query(sql).bind(before.0).bind(before.1).fetch_all().await;
            if let Some(last) = rows.as_ref().ok().and_then(|rows| rows.last()) {
                before = (last.get("seen_at")?, last.get("id")?);
            }
            note_page(stage, &format!("page {page}, {name}"), rows);
        }
        let rows = scope.query("SELECT id FROM visits ORDER BY seen_at DESC LIMIT 20 OFFSET 20").fetch_all().await;
        note_page(stage, &format!("by offset, {name}"), rows);
        let after = "SELECT id FROM visits WHERE (seen_at, id) < ($1, $2) ORDER BY seen_at DESC, id DESC LIMIT $3";
        let rows = scope.query(after).bind(at(11)).bind(11_i64).bind(5_i64).fetch_all().await;
        note_page(stage, &format!("by a row of values, {name}"), rows);
    }
    Ok(())
}

fn note_page(stage: &mut Stage<'_>, step: &str, rows: Result<Vec<Row>, Error>) {
    let ids = rows.and_then(|rows| {
        let ids = rows.iter().map(|row| Ok(row.get::<i64>("id")?.to_string())).collect::<Result<Vec<_>, Error>>()?;
        Ok(ids.join(" "))
    });
    let answer = answer::outcome(ids, |ids| if ids.is_empty() { "no row".to_owned() } else { format!("ids {ids}") });
    stage.note(step, answer);
}

pub(super) async fn reference(stage: &mut Stage<'_>) -> Result<(), Error> {
    ask(
        stage,
        &[
            ("read", "code name", "SELECT code, name FROM countries ORDER BY code"),
            ("one", "name", "SELECT name FROM countries WHERE code = 'fr'"),
            ("joined", "n:int", "SELECT count(*) AS n FROM countries c LEFT JOIN patients p ON p.country = c.code"),
        ],
    )
    .await?;
    let mut north = stage.conn(NORTH).await?;
    for (step, sql) in [
        ("add", "INSERT INTO countries (code, name) VALUES ('xx', 'Nowhere')"),
        ("change", "UPDATE countries SET name = 'Nowhere'"),
        ("delete", "DELETE FROM countries"),
    ] {
        let written = north.query(sql).execute().await;
        stage.changed(step, written);
    }
    ask(stage, &[("after all that", "code name", "SELECT code, name FROM countries ORDER BY code")]).await
}

pub(super) async fn qualified(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let asked = [
        (
            "home",
            "name",
            stage.either("SELECT name FROM public.patients ORDER BY id", "SELECT name FROM main.patients ORDER BY id"),
        ),
        (
            "home, its column",
            "name",
            stage.either(
                "SELECT public.patients.name FROM public.patients ORDER BY public.patients.id",
                "SELECT main.patients.name FROM main.patients ORDER BY main.patients.id",
            ),
        ),
        (
            "home, an alias",
            "name",
            stage.either(
                "SELECT p.name FROM public.patients AS p JOIN public.visits v ON v.patient_id = p.id ORDER BY v.id",
                "SELECT p.name FROM main.patients AS p JOIN main.visits v ON v.patient_id = p.id ORDER BY v.id",
            ),
        ),
        ("table.column", "name", "SELECT patients.name FROM patients ORDER BY patients.id"),
        ("in quotes", "name", r#"SELECT "patients"."name" FROM "patients" ORDER BY "patients"."id""#),
        ("capitals", "name", "SELECT Patients.NAME FROM PATIENTS ORDER BY ID"),
        (
            "home, a reference table",
            "code",
            stage.either(
                "SELECT code FROM public.countries ORDER BY code",
                "SELECT code FROM main.countries ORDER BY code",
            ),
        ),
        (
            "the other database's home",
            "name",
            stage.either("SELECT name FROM main.patients", "SELECT name FROM public.patients"),
        ),
        ("another schema", "name", "SELECT name FROM elsewhere.patients"),
        (
            "a temporary schema",
            "name",
            stage.either("SELECT name FROM pg_temp.patients", "SELECT name FROM temp.patients"),
        ),
    ];
    ask(stage, &asked).await?;
    let mut north = stage.conn(NORTH).await?;
    for (step, sql) in [
        (
            "add",
            stage.either(
                "INSERT INTO public.counters (name, n) VALUES ('a', 1)",
                "INSERT INTO main.counters (name, n) VALUES ('a', 1)",
            ),
        ),
        ("change", stage.either("UPDATE public.counters SET n = n + 1", "UPDATE main.counters SET n = n + 1")),
        ("delete", stage.either("DELETE FROM public.counters", "DELETE FROM main.counters")),
    ] {
        let written = north.query(sql).execute().await;
        stage.changed(step, written);
    }
    Ok(())
}
