//! What is changed of a clinic reaches every server within a second, whoever changed it.

use std::time::{Duration, Instant};

use nadia_tests::{BASE, Clinic, Ground, PASSWORD, Place, Process, at_both_places};
use sqlx::Connection;

use super::raw;

const LOG: &str = "info,sqlx=warn";
const PATIENTS: &str = "/api/v1/patients";
/// A second is promised; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two servers on one installation.
struct Nodes {
    nodes: [Process; 2],
    ground: Ground,
}

impl Nodes {
    async fn start(place: Place) -> Self {
        let ground = Ground::new(place).await;
        let nodes = [ground.serve(LOG).await, ground.serve(LOG).await];
        Self { nodes, ground }
    }

    /// Waits until every server answers for a page of this host so, and returns how long it took.
    async fn answer(&self, host: &str, outcome: &str) -> Duration {
        let begun = Instant::now();
        for node in &self.nodes {
            loop {
                let answer = node.http.get(host, "/login").send().await;
                if answer.outcome() == outcome {
                    break;
                }
                assert!(begun.elapsed() < PATIENCE, "{outcome} is awaited: {answer:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        begun.elapsed()
    }
}

at_both_places! {
    #[expect(clippy::print_stdout, reason = "the figures are wanted, and no bound on them is asserted")]
    async fn a_clinic_suspended_from_the_command_line_is_refused_by_every_server_and_resumed_served(place) {
        let nodes = Nodes::start(place).await;
        let [first, second] = &nodes.nodes;
        let north = Clinic::new(&first.http, "north").await;
        let south = Clinic::new(&second.http, "south").await;
        let call = |node: &Process, clinic: &Clinic| node.http.get(&clinic.host, PATIENTS).token(&clinic.token);
        for round in 0..2 {
            // From here on both servers have both clinics in memory.
            nodes.answer(&north.host, "200").await;
            nodes.answer(&south.host, "200").await;
            nodes.ground.run(&["tenant", "suspend", "north"]).await.done();
            let suspended = nodes.answer(&north.host, "403 tenant_suspended").await;
            for node in &nodes.nodes {
                call(node, &north).send().await.problem(403, "tenant_suspended");
                node.http.log_in(&north.host, &north.email, PASSWORD).await.problem(403, "tenant_suspended");
                call(node, &south).send().await.expect(200);
            }
            nodes.ground.run(&["tenant", "resume", &north.id]).await.done();
            let resumed = nodes.answer(&north.host, "200").await;
            for node in &nodes.nodes {
                call(node, &north).send().await.expect(200);
            }
            println!("{place:?}, round {round}: refused by both after {suspended:?}, served again after {resumed:?}");
        }
    }

    async fn a_new_clinic_is_served_by_servers_that_were_asked_for_it_before(place) {
        let nodes = Nodes::start(place).await;
        for (slug, node) in [("north", 0), ("south", 1)] {
            let host = format!("{slug}.{BASE}");
            nodes.answer(&host, "404 tenant_unknown").await;
            Clinic::new(&nodes.nodes[node].http, slug).await;
            nodes.answer(&host, "200").await;
        }
    }

    async fn a_server_that_cannot_ask_what_changed_serves_nothing_from_memory(place) {
        let nodes = Nodes::start(place).await;
        let north = Clinic::new(&nodes.nodes[0].http, "north").await;
        nodes.answer(&north.host, "200").await;
        raw::execute(&nodes.ground, "ALTER TABLE registry_clock RENAME TO hidden").await;
        // This takes no number of the clock, so that no server could be told.
        raw::execute(&nodes.ground, "UPDATE tenants SET status = 'suspended'").await;
        nodes.answer(&north.host, "403 tenant_suspended").await;
        raw::execute(&nodes.ground, "UPDATE tenants SET status = 'active'").await;
        nodes.answer(&north.host, "200").await;
        raw::execute(&nodes.ground, "ALTER TABLE hidden RENAME TO registry_clock").await;
        nodes.ground.run(&["tenant", "suspend", "north"]).await.done();
        nodes.answer(&north.host, "403 tenant_suspended").await;
        let log = nodes.nodes[0].log();
        assert!(log.contains("the registry can't be asked for changes") && log.contains("the registry answers again"));
    }
}

#[tokio::test]
async fn a_server_that_is_kept_waiting_serves_nothing_from_memory() {
    let nodes = Nodes::start(Place::Postgres).await;
    let north = Clinic::new(&nodes.nodes[0].http, "north").await;
    nodes.answer(&north.host, "200").await;
    let mut lock = sqlx::PgConnection::connect(nodes.ground.database().unwrap()).await.unwrap();
    let sql = "BEGIN; LOCK TABLE nadia_control.registry_clock; UPDATE nadia_control.tenants SET status = 'suspended'; \
        COMMIT; BEGIN; LOCK TABLE nadia_control.registry_clock";
    sqlx::raw_sql(sql).execute(&mut lock).await.unwrap();
    nodes.answer(&north.host, "403 tenant_suspended").await;
    sqlx::raw_sql("ROLLBACK").execute(&mut lock).await.unwrap();
    nodes.ground.run(&["tenant", "resume", "north"]).await.done();
    nodes.answer(&north.host, "200").await;
}
