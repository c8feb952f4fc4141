use super::{ADD_PATIENT, patient, patients};
use crate::{
    Error,
    test_kit::conformance::stage::{NORTH, SOUTH, Stage},
};

const COUNT: &str = "SELECT count(*) AS n FROM patients";

pub(super) async fn plain(stage: &mut Stage<'_>) -> Result<(), Error> {
    let mut tx = stage.begin(NORTH).await?;
    patient(tx.query(ADD_PATIENT), 1, "Ann", None).execute().await?;
    let own = tx.query(COUNT).fetch_all().await;
    stage.rows("it sees its own write", "n:int", own);
    let mut outside = stage.conn(NORTH).await?;
    let others = outside.query(COUNT).fetch_all().await;
    stage.rows("nobody else does", "n:int", others);
    stage.done("commit", tx.commit().await);
    let others = outside.query(COUNT).fetch_all().await;
    stage.rows("now they do", "n:int", others);
    let mut south = stage.conn(SOUTH).await?;
    let others = south.query(COUNT).fetch_all().await;
    stage.rows("another tenant doesn't", "n:int", others);

    let mut tx = stage.begin(NORTH).await?;
    let deleted = tx.query("DELETE FROM patients").execute().await;
    stage.changed("delete all", deleted);
    stage.done("roll back", tx.rollback().await);
    patients(stage, "rolled back").await?;
    let mut tx = stage.begin(NORTH).await?;
    let deleted = tx.query("DELETE FROM patients").execute().await;
    stage.changed("delete all again", deleted);
    drop(tx);
    patients(stage, "dropped").await?;

    let mut tx = stage.begin(NORTH).await?;
    let added = tx.query("INSERT INTO notes (id, visit_id) VALUES (1, 99)").execute().await;
    stage.changed("a note on no visit", added);
    stage.done("commit it", tx.commit().await);
    let mut north = stage.conn(NORTH).await?;
    let notes = north.query("SELECT id FROM notes").fetch_all().await;
    stage.rows("its note", "id:int", notes);
    Ok(())
}

pub(super) async fn nested(stage: &mut Stage<'_>) -> Result<(), Error> {
    let mut tx = stage.begin(NORTH).await?;
    patient(tx.query(ADD_PATIENT), 1, "outer", None).execute().await?;
    let mut inner = tx.begin().await?;
    patient(inner.query(ADD_PATIENT), 2, "inner", None).execute().await?;
    let mut deeper = inner.begin().await?;
    patient(deeper.query(ADD_PATIENT), 3, "rolled back", None).execute().await?;
    let all = deeper.query("SELECT name FROM patients ORDER BY id").fetch_all().await;
    stage.rows("from within", "name", all);
    stage.done("roll back the deepest", deeper.rollback().await);
    stage.done("commit the inner", inner.commit().await);
    let mut dropped = tx.begin().await?;
    patient(dropped.query(ADD_PATIENT), 4, "dropped", None).execute().await?;
    let _ = dropped;
    let all = tx.query("SELECT name FROM patients ORDER BY id").fetch_all().await;
    stage.rows("after one was dropped", "name", all);
    let mut failed = tx.begin().await?;
    let clash = patient(failed.query(ADD_PATIENT), 1, "twin", None).execute().await;
    stage.changed("a clash within", clash);
    let next = failed.query(COUNT).fetch_all().await;
    stage.rows("the next statement within", "n:int", next);
    stage.done("commit after the clash", failed.commit().await);
    let mut inner = tx.begin().await?;
    let refused = inner.query("SELECT name FROM nowhere").fetch_all().await;
    stage.ran("an unknown table within", refused);
    drop(inner.rollback().await);
    patient(tx.query(ADD_PATIENT), 5, "last", None).execute().await?;
    stage.done("commit all", tx.commit().await);
    patients(stage, "left").await?;

    let mut tx = stage.begin(NORTH).await?;
    let mut inner = tx.begin().await?;
    inner.query("DELETE FROM patients").execute().await?;
    inner.commit().await?;
    stage.done("roll back around a committed one", tx.rollback().await);
    patients(stage, "still").await
}

pub(super) async fn failing(stage: &mut Stage<'_>) -> Result<(), Error> {
    let mut north = stage.conn(NORTH).await?;
    patient(north.query(ADD_PATIENT), 1, "Ann", None).execute().await?;
    let mut tx = stage.begin(NORTH).await?;
    let changed = tx.query("UPDATE patients SET name = 'lost'").execute().await;
    stage.changed("change", changed);
    let clash = patient(tx.query(ADD_PATIENT), 1, "twin", None).execute().await;
    stage.changed("clash", clash);
    let next = tx.query("UPDATE patients SET name = 'lost'").execute().await;
    stage.changed("change after it", next);
    let inner = tx.begin().await.map(drop);
    stage.done("begin after it", inner);
    stage.done("commit", tx.commit().await);
    patients(stage, "after the clash").await?;

    let mut tx = stage.begin(NORTH).await?;
    let clash = patient(tx.query(ADD_PATIENT), 1, "twin", None).execute().await;
    stage.changed("clash again", clash);
    stage.done("roll back", tx.rollback().await);

    // What the guard refuses was never sent, so the transaction goes on.
    let mut tx = stage.begin(NORTH).await?;
    let changed = tx.query("UPDATE patients SET name = 'kept'").execute().await;
    stage.changed("change, then err", changed);
    let refused = tx.query("SELECT name FROM nowhere").fetch_all().await;
    stage.ran("an unknown table", refused);
    stage.done("commit after that", tx.commit().await);
    patients(stage, "after the unknown table").await?;

    // Outside of a transaction a failure is nobody else's.
    let clash = patient(north.query(ADD_PATIENT), 1, "twin", None).execute().await;
    stage.changed("clash on a connection", clash);
    let next = north.query(COUNT).fetch_all().await;
    stage.rows("the next statement on it", "n:int", next);
    Ok(())
}
