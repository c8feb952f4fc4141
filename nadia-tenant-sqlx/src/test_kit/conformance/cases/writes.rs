use super::{ADD_PATIENT, ADD_VISIT, clinics, id, patient, patients, visit, visits};
use crate::{
    Error,
    portable::Row,
    test_kit::conformance::stage::{NORTH, SOUTH, Stage},
};

pub(super) async fn rows(stage: &mut Stage<'_>) -> Result<(), Error> {
    let mut north = stage.conn(NORTH).await?;
    let none = north.query("SELECT id FROM patients").fetch_all().await;
    stage.rows("nothing yet", "id:uuid", none);
    let added = patient(north.query(ADD_PATIENT), 1, "Ann", Some("ann@example.org")).execute().await;
    stage.changed("add", added);
    let added = patient(north.query(ADD_PATIENT), 2, "Ben", None).execute().await;
    stage.changed("add another", added);
    let mut south = stage.conn(SOUTH).await?;
    let added = patient(south.query(ADD_PATIENT), 1, "Zoe", Some("ann@example.org")).execute().await;
    stage.changed("the same id and email in another tenant", added);
    patients(stage, "all").await?;

    let one = north.query("SELECT id, name, created_at FROM patients WHERE id = $1").bind(id(1)).fetch_optional().await;
    stage.row("one by its id", "id:uuid name created_at:time", one);
    let one = south.query("SELECT id, name FROM patients WHERE id = $1").bind(id(2)).fetch_optional().await;
    stage.row("one that only another tenant has", "id:uuid name", one);
    let one = south.query("SELECT id, name FROM patients WHERE id = $1").bind(id(2)).fetch_one().await;
    stage.row("and must be there", "id:uuid name", one.map(Some));
    let update = "UPDATE patients SET name = $1 WHERE id = $2";
    let changed = north.query(update).bind("Anna".to_owned()).bind(id(1)).execute().await;
    stage.changed("change one", changed);
    let changed = south.query(update).bind("Lost".to_owned()).bind(id(2)).execute().await;
    stage.changed("change another tenant's", changed);
    let delete = "DELETE FROM patients WHERE id = $1";
    let deleted = south.query(delete).bind(id(2)).execute().await;
    stage.changed("delete another tenant's", deleted);
    let deleted = north.query(delete).bind(id(2)).execute().await;
    stage.changed("delete one", deleted);
    let deleted = north.query(delete).bind(id(2)).execute().await;
    stage.changed("delete it again", deleted);
    let many = "INSERT INTO patients (id, name, created_at) VALUES ($1, 'Cid', $3), ($2, 'Dan', $3)";
    let added = north.query(many).bind(id(3)).bind(id(4)).bind(super::at(0)).execute().await;
    stage.changed("add two at once", added);
    let copied = "INSERT INTO counters (name, n) SELECT name, 7 FROM patients WHERE id <> $1";
    let added = north.query(copied).bind(id(1)).execute().await;
    stage.changed("add what a query gives", added);
    for (name, scope) in [("north", &mut north), ("south", &mut south)] {
        let all = scope.query("SELECT tenant_id, name, n FROM counters ORDER BY name").fetch_all().await;
        stage.rows(&format!("copied, {name}"), "tenant_id:tenant name n:int", all);
    }
    patients(stage, "left").await
}

pub(super) async fn without_where(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let mut north = stage.conn(NORTH).await?;
    let changed = north.query("UPDATE patients SET email = NULL").execute().await;
    stage.changed("change all", changed);
    let changed = north.query("UPDATE visits SET fee = fee + 1 WHERE true OR fee > 0").execute().await;
    stage.changed("change all by OR", changed);
    patients(stage, "changed").await?;
    visits(stage, "changed").await?;
    let from = "UPDATE visits SET reason = p.name FROM patients p WHERE p.id = visits.patient_id";
    let changed = north.query(from).execute().await;
    stage.changed("change all from another table", changed);
    let deleted = north.query("DELETE FROM visits").execute().await;
    stage.changed("delete all", deleted);
    let deleted = north.query("DELETE FROM patients WHERE id IN (SELECT id FROM patients) OR true").execute().await;
    stage.changed("delete all by OR", deleted);
    patients(stage, "left").await?;
    visits(stage, "left").await
}

pub(super) async fn returning(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let mut north = stage.conn(NORTH).await?;
    let insert = "INSERT INTO visits (id, patient_id, reason, fee, seen_at) VALUES ($1, $2, $3, $4, $5) \
                  RETURNING tenant_id, id, reason";
    let columns = "tenant_id:tenant id:int reason";
    let row = visit(north.query(insert), 4, 2, "rash", 40).fetch_one().await;
    stage.row("of an insert", columns, row.map(Some));
    let rows = north.query("UPDATE visits SET fee = fee * 2 RETURNING tenant_id, id, fee").fetch_all().await;
    stage.rows("of a change", "tenant_id:tenant id:int fee:int", sorted(rows));
    let row = north.query("UPDATE visits SET fee = 0 WHERE id = 9 RETURNING id").fetch_optional().await;
    stage.row("of a change of nothing", "id:int", row);
    let rows = north.query("DELETE FROM visits WHERE fee >= 40 RETURNING tenant_id, id, reason").fetch_all().await;
    stage.rows("of a delete", columns, sorted(rows));
    let row = north.query("DELETE FROM visits RETURNING id, fee + 1 AS more").fetch_optional().await;
    stage.row("its first row", "id:int more:int", row);
    visits(stage, "left").await
}

/// Puts rows in the order of their ids, since RETURNING has none.
fn sorted(rows: Result<Vec<Row>, Error>) -> Result<Vec<Row>, Error> {
    let keyed = rows?.into_iter().map(|row| Ok((row.get::<i64>("id")?, row)));
    let mut keyed = keyed.collect::<Result<Vec<_>, Error>>()?;
    keyed.sort_by_key(|(id, _)| *id);
    Ok(keyed.into_iter().map(|(_, row)| row).collect())
}

pub(super) async fn upserts(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let mut north = stage.conn(NORTH).await?;
    for (step, sql) in [
        (
            "on the key",
            "INSERT INTO counters (name, n) VALUES ('a', 1) ON CONFLICT (tenant_id, name) DO UPDATE SET n = counters.n + 1",
        ),
        (
            "on the key without its tenant",
            "INSERT INTO counters (name, n) VALUES ('b', 1) ON CONFLICT (name) DO UPDATE SET n = counters.n + 1",
        ),
        ("or nothing", "INSERT INTO counters (name, n) VALUES ('a', 100) ON CONFLICT DO NOTHING"),
        (
            "or nothing on the key",
            "INSERT INTO counters (name, n) VALUES ('a', 100) ON CONFLICT (tenant_id, name) DO NOTHING",
        ),
        (
            "under a condition",
            "INSERT INTO counters (name, n) VALUES ('a', 100) ON CONFLICT (tenant_id, name) DO UPDATE SET n = excluded.n \
          WHERE counters.n > 50",
        ),
    ] {
        for time in ["first", "again"] {
            let changed = north.query(sql).execute().await;
            stage.changed(&format!("{step}, {time}"), changed);
        }
    }
    let mut south = stage.conn(SOUTH).await?;
    let upsert = "INSERT INTO counters (name, n) VALUES ('a', 50) ON CONFLICT (tenant_id, name) DO UPDATE SET \
                  n = excluded.n RETURNING tenant_id, n";
    let row = south.query(upsert).fetch_one().await;
    stage.row("on a key that another tenant has", "tenant_id:tenant n:int", row.map(Some));
    let row = south.query(upsert).fetch_one().await;
    stage.row("and then has itself", "tenant_id:tenant n:int", row.map(Some));
    let by_email = "INSERT INTO patients (id, name, email, created_at) VALUES ($1, 'New', 'Ann@example.org', $2) \
                    ON CONFLICT (tenant_id, email) DO UPDATE SET name = excluded.name";
    for (name, scope) in [("north", &mut north), ("south", &mut south)] {
        let changed = scope.query(by_email).bind(id(8)).bind(super::at(0)).execute().await;
        stage.changed(&format!("on another unique, {name}"), changed);
        let all = scope.query("SELECT tenant_id, name, n FROM counters ORDER BY name").fetch_all().await;
        stage.rows(&format!("counters, {name}"), "tenant_id:tenant name n:int", all);
    }
    let twice = "INSERT INTO patients (id, name, email, created_at) VALUES ($1, 'New', 'new@example.org', $2) \
                 ON CONFLICT (tenant_id, email) DO NOTHING";
    let clash = north.query(twice).bind(id(1)).bind(super::at(0)).execute().await;
    stage.changed("a conflict on a key that isn't named", clash);
    patients(stage, "left").await
}

pub(super) async fn cascades(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let mut north = stage.conn(NORTH).await?;
    let added = visit(north.query(ADD_VISIT), 4, 2, "rash", 40).execute().await;
    stage.changed("another patient's visit", added);
    let deleted = north.query("DELETE FROM patients WHERE id = $1").bind(id(1)).execute().await;
    stage.changed("delete a patient with visits", deleted);
    visits(stage, "of those left").await?;
    let added = north.query("INSERT INTO notes (id, visit_id, body) VALUES (1, 4, 'n')").execute().await;
    stage.changed("a note on a visit", added);
    let deleted = north.query("DELETE FROM visits WHERE id = 4").execute().await;
    stage.changed("delete a visit with a note", deleted);
    let deleted = north.query("DELETE FROM patients WHERE id = $1").bind(id(2)).execute().await;
    stage.changed("delete its patient", deleted);
    let mut tx = stage.begin(NORTH).await?;
    let deleted = tx.query("DELETE FROM patients").execute().await;
    stage.changed("in a transaction", deleted);
    let deleted = tx.query("DELETE FROM notes").execute().await;
    stage.changed("and the note after it", deleted);
    stage.done("commit", tx.commit().await);
    visits(stage, "left").await?;
    patients(stage, "left").await
}
