//! What a clinic's status does to those who use it.

use std::time::{Duration, Instant};

use nadia_tenant_core::TenantStatus::{self, Active, Closing, Moving, ReadOnly, Suspended};
use nadia_tests::{Clinic, PASSWORD, Server, at_both_places};
use serde_json::json;
use uuid::Uuid;

use super::matrix::credential::{add_operator, operator};

const PATIENTS: &str = "/api/v1/patients";

/// Moves a clinic to another status and asks for its patients until the answer is this one.
async fn moved(server: &Server, clinic: &Clinic, from: TenantStatus, to: TenantStatus, outcome: &str) {
    let control = server.running().installation().control();
    assert!(control.transition(clinic.id.parse().unwrap(), from, to).await.unwrap());
    answered(server, clinic, outcome).await;
}

/// Asks for a clinic's patients until the answer is this one.
async fn answered(server: &Server, clinic: &Clinic, outcome: &str) {
    let begun = Instant::now();
    loop {
        let answer = server.http.get(&clinic.host, PATIENTS).token(&clinic.token).send().await;
        if answer.outcome() == outcome {
            // One second is promised; the rest is for a busy machine.
            return assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{answer:?}");
        // A pause between two polls, so that they don't use up the clinic's quota.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

at_both_places! {
    async fn a_suspended_clinic_says_so_and_serves_nothing(place) {
        let server = Server::start(place).await;
        let Server { http, asleep, north, .. } = &server;
        let usual = http.get(&asleep.host, "/").send().await;
        usual.problem(403, "tenant_suspended");
        for call in [
            http.get(&asleep.host, PATIENTS).token(&asleep.token),
            http.get(&asleep.host, PATIENTS).token(&north.token),
            http.get(&asleep.host, PATIENTS),
            http.get(&asleep.host, &format!("{PATIENTS}/{}", Uuid::now_v7())).token(&asleep.token),
            http.post(&asleep.host, "/api/v1/auth/login", &json!({"email": asleep.email, "password": PASSWORD})),
            http.post(&asleep.host, "/api/v1/auth/refresh", &json!({"refresh_token": asleep.refresh_token})),
        ] {
            call.send().await.problem(403, "tenant_suspended");
        }
        http.get(&north.host, PATIENTS).token(&asleep.token).send().await.problem(401, "invalid_token");
        http.refresh(&north.host, &asleep.refresh_token).await.problem(401, "invalid_token");
    }

    async fn a_change_of_status_is_seen_at_once_and_by_its_own_clinic_alone(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = server.add_patient(north, "Ann").await;
        let path = format!("{PATIENTS}/{}", ann["id"].as_str().unwrap());

        moved(&server, north, Active, Suspended, "403 tenant_suspended").await;
        http.delete(&north.host, &path).token(&north.token).send().await.problem(403, "tenant_suspended");
        http.get(&south.host, PATIENTS).token(&south.token).send().await.expect(200);
        moved(&server, north, Suspended, ReadOnly, "200").await;
        http.get(&north.host, &path).token(&north.token).send().await.expect(200);
        http.delete(&north.host, &path).token(&north.token).send().await.problem(403, "tenant_read_only");
        let change = http.patch(&north.host, &path, &json!({"notes": "x"})).token(&north.token).send().await;
        change.problem(403, "tenant_read_only");
        // To read, people must be able to log in.
        let grant = http.log_in(&north.host, &north.email, PASSWORD).await.expect(200);
        http.refresh(&north.host, grant["refresh_token"].as_str().unwrap()).await.expect(200);
        moved(&server, north, ReadOnly, Moving, "503 tenant_moving").await;
        let moving = http.get(&north.host, &path).token(&north.token).send().await;
        assert_eq!(moving.header("retry-after"), "5");
        moved(&server, north, Moving, Active, "200").await;
        moved(&server, north, Active, Closing, "403 tenant_closing").await;
        moved(&server, north, Closing, Active, "200").await;
        assert_eq!(server.patients(north).await, json!([ann]));
    }

    async fn a_quarantined_clinic_says_when_to_come_back_and_serves_nothing(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = server.add_patient(north, "Ann").await;
        let (control, id) = (server.running().installation().control(), north.id.parse().unwrap());
        assert!(control.quarantine(id).await.unwrap());
        answered(&server, north, "503 tenant_quarantined").await;
        for call in [
            http.get(&north.host, "/"),
            http.get(&north.host, &format!("{PATIENTS}/{}", ann["id"].as_str().unwrap())).token(&north.token),
            http.post(&north.host, "/api/v1/auth/login", &json!({"email": north.email, "password": PASSWORD})),
        ] {
            let refused = call.send().await;
            refused.problem(503, "tenant_quarantined");
            assert_eq!(refused.header("retry-after"), "30");
        }
        http.get(&south.host, PATIENTS).token(&south.token).send().await.expect(200);
        assert!(control.release(id).await.unwrap());
        answered(&server, north, "200").await;
        assert_eq!(server.patients(north).await, json!([ann]));
    }

    async fn a_clinic_whose_removal_began_is_not_opened_again(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        add_operator(&server).await;
        let (token, _) = operator(&server).await;
        let ask = async |clinic: &Clinic, what: &str, body: serde_json::Value| {
            let path = format!("/api/v1/tenants/{}/{what}", clinic.id);
            http.post("admin.localhost", &path, &body).token(&token).send().await
        };
        for clinic in [north, south] {
            ask(clinic, "close", json!({"confirm": clinic.slug})).await.expect(200);
        }
        // As a removal leaves it that is at work or was cut short.
        let mut scope = server.running().installation().control().conn().await.unwrap();
        let begun = scope.query("INSERT INTO audit (id, at, tenant_id, action) VALUES ($1, $2, $3, 'tenant.deleted')");
        let begun = begun.bind(Uuid::now_v7()).bind(time::OffsetDateTime::now_utc()).bind(north.uuid());
        begun.execute().await.unwrap();
        drop(scope);

        ask(north, "reopen", json!({})).await.problem(409, "status_unfit");
        assert_eq!(ask(south, "reopen", json!({})).await.expect(200)["status"], "active");
    }
}
