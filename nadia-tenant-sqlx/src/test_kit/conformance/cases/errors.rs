use super::{ADD_PATIENT, ADD_VISIT, at, clinics, id, patient, patients, visit, visits};
use crate::{
    Error,
    test_kit::conformance::stage::{NORTH, SOUTH, Stage},
};

pub(super) async fn constraints(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let mut south = stage.conn(SOUTH).await?;
    patient(south.query(ADD_PATIENT), 7, "Only here", Some("here@example.org")).execute().await?;
    let mut north = stage.conn(NORTH).await?;
    let outcome = patient(north.query(ADD_PATIENT), 1, "twin", None).execute().await;
    stage.changed("a key twice", outcome);
    let outcome = patient(north.query(ADD_PATIENT), 3, "twin", Some("Ann@example.org")).execute().await;
    stage.changed("a unique twice", outcome);
    let outcome = patient(north.query(ADD_PATIENT), 3, "Cid", Some("here@example.org")).execute().await;
    stage.changed("a unique that another tenant has", outcome);
    let outcome = patient(north.query(ADD_PATIENT), 7, "Dan", None).execute().await;
    stage.changed("a key that another tenant has", outcome);
    let outcome =
        north.query("UPDATE patients SET email = 'Ann@example.org' WHERE id = $1").bind(id(3)).execute().await;
    stage.changed("a unique twice by a change", outcome);
    let outcome = north.query("UPDATE patients SET name = NULL").execute().await;
    stage.changed("NULL where none may be", outcome);
    let missing = "INSERT INTO patients (id, created_at) VALUES ($1, $2)";
    let outcome = north.query(missing).bind(id(4)).bind(at(0)).execute().await;
    stage.changed("a value left out", outcome);
    let outcome = visit(north.query(ADD_VISIT), 9, 1, "cough", -1).execute().await;
    stage.changed("a check", outcome);
    let outcome = visit(north.query(ADD_VISIT), 9, 99, "cough", 1).execute().await;
    stage.changed("of nobody", outcome);
    let outcome = north.query("DELETE FROM patients WHERE id = $1").bind(id(7)).execute().await;
    stage.changed("delete the twin of another tenant's", outcome);
    let outcome = visit(north.query(ADD_VISIT), 9, 7, "cough", 1).execute().await;
    stage.changed("of another tenant's patient", outcome);
    let outcome = north.query("UPDATE visits SET patient_id = $1").bind(id(7)).execute().await;
    stage.changed("moved to another tenant's patient", outcome);
    let outcome = north.query("UPDATE patients SET country = 'xx'").execute().await;
    stage.changed("of no country", outcome);
    let outcome = north.query("SELECT name FROM patients WHERE id = $1").bind(id(1)).fetch_all().await;
    stage.rows("the connection goes on", "name", outcome);
    patients(stage, "left").await?;
    visits(stage, "left").await
}

pub(super) async fn mistakes(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    for (step, sql) in [
        ("no SQL", "SELEC name FROM patients"),
        ("nothing", ""),
        ("an unknown table", "SELECT name FROM nowhere"),
        ("an unknown table in a sub-query", "SELECT name FROM patients WHERE id IN (SELECT id FROM nowhere)"),
        ("an unknown table in a change", "DELETE FROM nowhere"),
        ("an unknown column", "SELECT nickname FROM patients"),
        ("an unknown column of a table", "SELECT p.nickname FROM patients p"),
        ("an unknown column in a change", "UPDATE patients SET nickname = 'x'"),
        ("too few values", "SELECT name FROM patients WHERE id = $1"),
    ] {
        let mut north = stage.conn(NORTH).await?;
        let outcome = north.query(sql).fetch_all().await;
        stage.ran(step, outcome);
        let next = north.query("SELECT count(*) AS n FROM patients").fetch_all().await;
        stage.rows(&format!("{step}, and then"), "n:int", next);
    }
    let mut north = stage.conn(NORTH).await?;
    let outcome = north.query("SELECT name FROM patients").bind(id(1)).fetch_all().await;
    stage.ran("too many values", outcome);
    Ok(())
}
