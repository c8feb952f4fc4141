//! `nadia mvp-demo` and `nadia import-mvp`, the real binary: from a single-user product's database to a clinic.

use std::time::Duration;

use nadia_tests::{Clinic, Ground, Place, at_both_places};
use serde_json::{Value, json};
use tokio::{process::Command, time::timeout};

use super::{
    mvp::{KINDS, OWNER, Source, column, in_shared, installed, log_in, patients, report},
    raw,
};

const PATIENCE: Duration = Duration::from_secs(120);
const SHARED: [&str; 6] = ["patients", "appointments", "appointment_slots", "notes", "documents", "counters"];

async fn shared_counts(ground: &Ground) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in SHARED {
        counts.push(in_shared(ground, &format!("SELECT count(*) FROM {table}")).await);
    }
    counts
}

/// Waits until an import has read so many rows; returns whether it still ran then.
async fn has_read(ground: &Ground, child: &mut tokio::process::Child, rows: i64) -> bool {
    let read = "SELECT CAST(coalesce(sum(rows_read), 0) AS bigint) FROM imports";
    let reached = async {
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if raw::count(ground, "SELECT count(*) FROM imports").await > 0 && raw::count(ground, read).await >= rows {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, reached).await.expect("the import goes on")
}

at_both_places! {
    async fn a_dry_run_tells_all_and_writes_nothing(place) {
        let ground = installed(place).await;
        let mut hashes = Vec::new();
        for kind in KINDS {
            let source = Source::new(&ground, kind, 400, 7).await;
            let dry = report(&ground.run(&source.create("north", &["--dry-run"])).await);
            assert_eq!((&dry["dry_run"], &dry["tenant"]), (&json!(true), &Value::Null));
            assert_eq!(column(&dry, "read")[0], 400);
            hashes.push(column(&dry, "hash_read"));
            for table in ["tenants", "identities", "audit", "imports"] {
                assert_eq!(raw::count(&ground, &format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
            }
        }
        assert_eq!(hashes[0], hashes[1], "the same data on another database becomes the same rows");
        assert_eq!(shared_counts(&ground).await, [0; SHARED.len()]);
        let source = Source::new(&ground, Place::Sqlite, 400, 7).await;
        let real = report(&ground.run_with_password(&source.create("north", &[])).await);
        assert_eq!(column(&real, "hash_there"), hashes[0], "what was told is what is done");
        let dry = report(&ground.run(&source.import("north", &["--dry-run"])).await);
        assert_eq!(column(&dry, "hash_read"), hashes[0]);
        assert_eq!(dry["tenant"], real["tenant"]);
    }

    async fn a_source_becomes_a_clinics_own_and_is_taken_once(place) {
        let ground = installed(place).await;
        for kind in KINDS {
            let slug = if kind == Place::Sqlite { "north" } else { "south" };
            let source = Source::new(&ground, kind, 2_000, 1).await;
            let before = shared_counts(&ground).await;
            let first = report(&ground.run_with_password(&source.create(slug, &[])).await);
            assert_eq!((&first["equal"], &first["was_done"]), (&json!(true), &json!(false)));
            assert_eq!(column(&first, "kept"), column(&first, "there"));
            assert_eq!(column(&first, "added"), column(&first, "kept"));
            let after = shared_counts(&ground).await;
            let added: Vec<i64> = before.iter().zip(&after).map(|(before, after)| after - before).collect();
            for (table, at) in [(0, 0), (1, 1), (2, 3), (3, 4)] {
                assert_eq!(json!(added[at]), column(&first, "kept")[table]);
            }
            let limit = &first["limits"][0];
            assert_eq!((&limit["resource"], &limit["used"], &limit["above"]), (&json!("patients"), &json!(2_000), &json!(true)));

            let again = report(&ground.run_with_password(&source.create(slug, &[])).await);
            assert_eq!((&again["equal"], &again["was_done"]), (&json!(true), &json!(true)));
            assert_eq!(column(&again, "added"), [0; 4]);
            assert_eq!(column(&again, "hash_there"), column(&first, "hash_there"));
            // Forgotten by the ledger, the rows are found by their ids.
            raw::execute(&ground, &format!(
                "UPDATE imports SET last_key = -1, rows_read = 0, rows_kept = 0, hash = '{}', findings = '{{}}', state = 'running' \
                 WHERE tenant_id IN (SELECT id FROM tenants WHERE slug = '{slug}')", "0".repeat(64))).await;
            let found = report(&ground.run(&source.import(slug, &["--batch", "77"])).await);
            assert_eq!(column(&found, "added"), [0; 4]);
            assert_eq!(column(&found, "hash_there"), column(&first, "hash_there"));
            assert_eq!(column(&found, "findings"), column(&first, "findings"));
            assert_eq!(shared_counts(&ground).await, after);
        }
        let wrong = "SELECT count(*) FROM counters c WHERE resource = 'patients' AND used <> 2000 OR resource = 'storage' AND used <> \
                     (SELECT sum(size_bytes) FROM documents d WHERE d.tenant_id = c.tenant_id)";
        assert_eq!(in_shared(&ground, wrong).await, 0);
        let met = "SELECT count(*) FROM appointments a WHERE status = 'booked' AND NOT EXISTS \
                   (SELECT 1 FROM appointment_slots s WHERE s.appointment_id = a.id)";
        assert_eq!(in_shared(&ground, met).await, 0, "whatever is booked has its time");

        let server = ground.serve("info,sqlx=warn").await;
        for slug in ["north", "south"] {
            let (host, token) = log_in(&server.http, slug).await;
            assert_eq!(patients(&server.http, &host, &token).await.len(), 2_000);
        }
        assert!(ground.run(&["audit", "verify"]).await.code == Some(0));
    }

    async fn it_is_the_same_in_whatever_place_the_clinic_is(place) {
        let ground = installed(place).await;
        let source = Source::new(&ground, Place::Sqlite, 200, 3).await;
        let mut hashes = Vec::new();
        for isolation in ["shared", "schema", "database"] {
            if place == Place::Sqlite && isolation == "schema" { continue }
            let slug = format!("c-{isolation}");
            let done = report(&ground.run_with_password(&source.create(&slug, &["--isolation", isolation])).await);
            assert_eq!(done["equal"], true);
            hashes.push(column(&done, "hash_there"));
        }
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    }

    async fn killed_anywhere_it_goes_on_and_ends_as_if_nothing_had_been(place) {
        let ground = installed(place).await;
        for kind in KINDS {
            let source = Source::new(&ground, kind, 2_000, 2).await;
            let [undisturbed, cut] = if kind == Place::Sqlite { ["one", "two"] } else { ["three", "four"] };
            ground.run_with_password(&["tenant", "create", cut, "--name", "Cut", "--owner-email", OWNER]).await;
            raw::execute(&ground, "DELETE FROM imports").await;
            let mut killed = 0;
            for rows in [0, 700, 2_100, 3_900, 5_300] {
                let args = source.import(cut, &["--batch", "40"]);
                let mut child = ground.start(&args);
                if has_read(&ground, &mut child, rows).await {
                    child.kill().await.unwrap();
                    killed += 1;
                }
            }
            assert!(killed >= 3, "most were cut short");
            let resumed = report(&ground.run(&source.import(cut, &[])).await);
            let whole = report(&ground.run_with_password(&source.create(undisturbed, &[])).await);
            assert_eq!((&resumed["equal"], &whole["equal"]), (&json!(true), &json!(true)));
            for name in ["read", "kept", "there", "hash_read", "hash_there", "findings"] {
                assert_eq!(column(&resumed, name), column(&whole, name), "{name}");
            }
            let slots = format!(
                "SELECT count(*) FROM appointment_slots WHERE tenant_id = {}",
                if place == Place::Postgres { format!("'{}'", resumed["tenant"].as_str().unwrap()) } else { format!("x'{}'", resumed["tenant"].as_str().unwrap().replace('-', "")) }
            );
            let other = slots.replace(resumed["tenant"].as_str().unwrap(), whole["tenant"].as_str().unwrap());
            let other = other.replace(&resumed["tenant"].as_str().unwrap().replace('-', ""), &whole["tenant"].as_str().unwrap().replace('-', ""));
            assert_eq!(in_shared(&ground, &slots).await, in_shared(&ground, &other).await);
        }
    }

    async fn asked_to_stop_it_stops_after_a_batch_and_says_how_to_go_on(place) {
        let ground = installed(place).await;
        let source = Source::new(&ground, place, 1_500, 5).await;
        ground.run_with_password(&["tenant", "create", "north", "--name", "North", "--owner-email", OWNER]).await;
        let mut child = ground.start(&source.import("north", &["--batch", "10"]));
        assert!(has_read(&ground, &mut child, 200).await);
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
        let ended = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("run the same command again to go on"), "{said}");
        let rest = report(&ground.run(&source.import("north", &[])).await);
        assert_eq!(rest["equal"], true);
        let (kept, added) = (column(&rest, "kept")[0].as_i64().unwrap(), column(&rest, "added")[0].as_i64().unwrap());
        assert!((1..kept).contains(&added), "{added} of {kept} were left");
    }

    async fn a_clinic_keeps_what_it_has_and_the_others_see_nothing(place) {
        let ground = Ground::new(place).await;
        let server = ground.serve("info,sqlx=warn").await;
        let [north, south] = [Clinic::new(&server.http, "north").await, Clinic::new(&server.http, "south").await];
        let mut own = Vec::new();
        for clinic in [&north, &south] {
            let body = json!({"given_name": "Ann", "family_name": "Example"});
            own.push(server.http.post(&clinic.host, "/api/v1/patients", &body).token(&clinic.token).send().await.expect(201));
        }
        let source = Source::new(&ground, Place::Sqlite, 300, 4).await;
        let done = report(&ground.run(&source.import("north", &[])).await);
        assert_eq!((&done["equal"], &column(&done, "there")[0]), (&json!(true), &json!(300)));
        let all = patients(&server.http, &north.host, &north.token).await;
        assert_eq!((all.len(), all.last()), (301, Some(&own[0])), "what is new comes after what was imported");
        assert_eq!(patients(&server.http, &south.host, &south.token).await, own[1..]);
        // The same source gives another clinic rows of its own.
        let twice = report(&ground.run(&source.import("south", &[])).await);
        assert_eq!(column(&twice, "hash_there"), column(&done, "hash_there"));
        let away = server.http.get(&south.host, &format!("/api/v1/patients/{}", all[0]["id"].as_str().unwrap()));
        away.token(&south.token).send().await.problem(404, "not_found");
    }
}
