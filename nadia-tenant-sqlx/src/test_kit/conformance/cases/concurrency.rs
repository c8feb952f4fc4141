use nadia_tenant_core::TenantContext;
use tokio::task::JoinSet;

use super::{at, id};
use crate::{
    Error,
    portable::Tenants,
    test_kit::conformance::{answer, stage::Stage},
};

const TASKS: usize = 50;
const ROUNDS: usize = 2;

/// Each task writes in a transaction and reads on a connection, in turns with tasks of its own and of other tenants.
pub(super) async fn fifty_tasks(stage: &mut Stage<'_>) -> Result<(), Error> {
    let mut running = JoinSet::new();
    for task in 0..TASKS {
        let owner = task % stage.contexts().len();
        running.spawn(work(stage.tenants().clone(), stage.contexts()[owner].clone(), task, owner));
    }
    let (mut foreign, mut faults) = (0, Vec::new());
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(Ok(seen)) => foreign += seen,
            Ok(Err(error)) => faults.push(answer::fault(&error)),
            Err(error) => faults.push(error.to_string()),
        }
    }
    stage.note("tasks that failed", faults.len().to_string());
    faults.sort();
    faults.dedup();
    stage.note("their errors", if faults.is_empty() { "none".to_owned() } else { faults.join("\n") });
    stage.note("rows seen that belong to others", foreign.to_string());
    for owner in 0..stage.contexts().len() {
        let mut scope = stage.conn(owner).await?;
        let sql = "SELECT c.tenant_id, c.n, (SELECT count(*) FROM patients) AS rows, \
                   (SELECT count(*) FROM patients WHERE name = $1) AS own FROM counters c";
        let rows = scope.query(sql).bind(name_of(owner)).fetch_all().await;
        stage.rows(&format!("tenant {owner}"), "tenant_id:tenant n:int rows:int own:int", rows);
    }
    Ok(())
}

fn name_of(owner: usize) -> String {
    format!("of {owner}")
}

/// Returns how many rows of others it saw.
async fn work(tenants: Tenants, ctx: TenantContext, task: usize, owner: usize) -> Result<i64, Error> {
    let mut foreign = 0;
    let others = "SELECT count(*) AS n FROM patients WHERE name <> $1";
    for round in 0..ROUNDS {
        let mut tx = tenants.begin(&ctx).await?;
        let count = "INSERT INTO counters (name, n) VALUES ('done', 1) ON CONFLICT (tenant_id, name) DO UPDATE SET \
                     n = counters.n + 1";
        tx.query(count).execute().await?;
        let add = "INSERT INTO patients (id, name, created_at) VALUES ($1, $2, $3)";
        let number = (task * ROUNDS + round) as u128;
        tx.query(add).bind(id(number)).bind(name_of(owner)).bind(at(0)).execute().await?;
        foreign += tx.query(others).bind(name_of(owner)).fetch_one().await?.get::<i64>("n")?;
        tx.commit().await?;
    }
    let mut scope = tenants.conn(&ctx).await?;
    foreign += scope.query(others).bind(name_of(owner)).fetch_one().await?.get::<i64>("n")?;
    Ok(foreign)
}
