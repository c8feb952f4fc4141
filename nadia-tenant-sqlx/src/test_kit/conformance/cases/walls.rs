use super::{at, clinics, id, patients, visits};
use crate::{
    Error,
    test_kit::conformance::stage::{NORTH, SOUTH, Stage},
};

pub(super) async fn foreign_id(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let (own, other) = (stage.id_of(NORTH).as_uuid(), stage.id_of(SOUTH).as_uuid());
    let nobody = id(1);
    let mut north = stage.conn(NORTH).await?;
    let insert = "INSERT INTO patients (tenant_id, id, name, created_at) VALUES ($1, $2, 'Eve', $3)";
    for (step, tenant, n) in [("its own", own, 31), ("another's", other, 32), ("nobody's", nobody, 33)] {
        let added = north.query(insert).bind(tenant).bind(id(n)).bind(at(0)).execute().await;
        stage.changed(&format!("add as {step}"), added);
    }
    let two = "INSERT INTO patients (tenant_id, id, name, created_at) VALUES ($1, $3, 'Fay', $5), ($2, $4, 'Gus', $5)";
    let added = north.query(two).bind(own).bind(other).bind(id(34)).bind(id(35)).bind(at(0)).execute().await;
    stage.changed("add as both", added);
    let copy = "INSERT INTO counters (tenant_id, name, n) SELECT $1, name, 1 FROM patients WHERE id = $2";
    let added = north.query(copy).bind(other).bind(id(1)).execute().await;
    stage.changed("add what a query gives as another's", added);
    let upsert = "INSERT INTO visits (tenant_id, id, patient_id, reason, fee, seen_at) VALUES ($1, 1, $2, 'taken', 0, $3) \
                  ON CONFLICT (tenant_id, id) DO UPDATE SET reason = excluded.reason, fee = excluded.fee";
    let taken = north.query(upsert).bind(other).bind(id(1)).bind(at(0)).execute().await;
    stage.changed("upsert on another's key", taken);
    for (step, tenant) in [("its own", own), ("another's", other)] {
        let moved = north.query("UPDATE patients SET tenant_id = $1").bind(tenant).execute().await;
        stage.changed(&format!("move to {step}"), moved);
    }
    let read = north.query("SELECT name FROM patients WHERE tenant_id = $1").bind(other).fetch_all().await;
    stage.rows("read by another's id", "name", read);
    let read = north.query("SELECT name FROM patients WHERE tenant_id <> $1").bind(own).fetch_all().await;
    stage.rows("read by not its own id", "name", read);
    let changed = north.query("UPDATE visits SET fee = 0 WHERE tenant_id = $1").bind(other).execute().await;
    stage.changed("change by another's id", changed);
    let deleted = north.query("DELETE FROM visits WHERE tenant_id = $1").bind(other).execute().await;
    stage.changed("delete by another's id", deleted);
    patients(stage, "left").await?;
    visits(stage, "left").await
}

/// The scopes of two tenants take turns, on however few connections.
pub(super) async fn foreign_rows(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    for (who, name) in [(NORTH, "north"), (SOUTH, "south"), (2, "a third"), (NORTH, "north again")] {
        let mut scope = stage.conn(who).await?;
        for (step, columns, sql) in [
            ("fees", "n:int", "SELECT CAST(coalesce(sum(fee), 0) AS bigint) AS n FROM visits"),
            ("owners", "tenant_id:tenant", "SELECT DISTINCT tenant_id FROM visits"),
            ("pairs", "n:int", "SELECT count(*) AS n FROM visits a JOIN visits b ON a.tenant_id <> b.tenant_id"),
            (
                "dearest",
                "n:int",
                "SELECT max(fee) AS n FROM (SELECT fee FROM visits UNION ALL SELECT fee FROM visits) x",
            ),
            (
                "dear",
                "n:int",
                "SELECT count(*) AS n FROM patients WHERE (SELECT max(v.fee) FROM visits v WHERE v.patient_id = patients.id) > 100",
            ),
        ] {
            let rows = scope.query(sql).fetch_all().await;
            stage.rows(&format!("{step}, {name}"), columns, rows);
        }
    }
    Ok(())
}
