//! Appointments: a clinician is in one place at a time.

use futures_util::future::join_all;
use nadia_tests::{Answer, Clinic, Server, at_both_places};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clinic_support::{clinic_of, colleague, id_of, identity_of, isolations};

const APPOINTMENTS: &str = "/api/v1/appointments";

async fn book(server: &Server, clinic: &Clinic, body: &Value) -> Answer {
    server.http.post(&clinic.host, APPOINTMENTS, body).token(&clinic.token).send().await
}

async fn patch(server: &Server, clinic: &Clinic, appointment: &Value, change: &Value) -> Answer {
    let path = format!("{APPOINTMENTS}/{}", id_of(appointment));
    server.http.patch(&clinic.host, &path, change).token(&clinic.token).send().await
}

async fn list(server: &Server, clinic: &Clinic, query: &str) -> Answer {
    server.http.get(&clinic.host, &format!("{APPOINTMENTS}{query}")).token(&clinic.token).send().await
}

fn at(patient: &str, start: &str, minutes: i64) -> Value {
    json!({"patient_id": patient, "starts_at": start, "minutes": minutes})
}

at_both_places! {
    async fn an_appointment_is_booked_moved_done_and_removed(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let mut body = at(&ann, "2030-01-31T09:00:00+01:00", 30);
        body["reason"] = json!("Check-up");
        let answer = book(&server, north, &body).await;
        let booked = answer.expect(201);
        let path = format!("{APPOINTMENTS}/{}", id_of(&booked));
        assert_eq!((answer.header("location"), answer.header("etag")), (path.as_str(), "\"1\""));
        let me = identity_of(&server, &north.email).await.to_string();
        for (member, value) in [
            ("patient_id", json!(ann)), ("clinician_id", json!(me)), ("starts_at", json!("2030-01-31T08:00:00Z")),
            ("ends_at", json!("2030-01-31T08:30:00Z")), ("minutes", json!(30)), ("status", json!("booked")),
            ("reason", json!("Check-up")), ("version", json!(1)),
        ] {
            assert_eq!(booked[member], value, "{member}");
        }
        let read = || http.get(&north.host, &path).token(&north.token).send();
        assert_eq!(read().await.expect(200), booked);
        let known = http.get(&north.host, &path).token(&north.token).header("if-none-match", "\"1\"").send().await;
        assert_eq!(known.status, 304);

        // Into the time that it takes itself, longer, and nothing else of it changes.
        let moved = patch(&server, north, &booked, &json!({"starts_at": "2030-01-31T08:15:00Z", "minutes": 45})).await.expect(200);
        assert_eq!((&moved["ends_at"], &moved["version"]), (&json!("2030-01-31T09:00:00Z"), &json!(2)));
        assert_eq!(moved["reason"], "Check-up");
        patch(&server, north, &booked, &json!({"minutes": 5, "version": 1})).await.problem(412, "version_mismatch");
        let stale = http.patch(&north.host, &path, &json!({"minutes": 5})).token(&north.token).header("if-match", "\"1\"");
        stale.send().await.problem(412, "version_mismatch");
        // What was given up is free, and what was taken is not.
        book(&server, north, &at(&ann, "2030-01-31T08:00:00Z", 15)).await.expect(201);
        book(&server, north, &at(&ann, "2030-01-31T08:55:00Z", 5)).await.problem(409, "slot_taken");
        book(&server, north, &at(&ann, "2030-01-31T09:00:00Z", 5)).await.expect(201);

        let done = patch(&server, north, &booked, &json!({"status": "done", "reason": null})).await.expect(200);
        assert_eq!((&done["status"], &done["reason"]), (&json!("done"), &Value::Null));
        assert_eq!(read().await.expect(200), done);
        let stale = http.delete(&north.host, &path).token(&north.token).header("if-match", "\"1\"").send().await;
        stale.problem(412, "version_mismatch");
        http.delete(&north.host, &path).token(&north.token).send().await.expect(204);
        read().await.problem(404, "not_found");
        book(&server, north, &at(&ann, "2030-01-31T08:15:00Z", 45)).await.expect(201);
    }

    async fn of_many_bookings_of_one_time_at_once_one_succeeds(place) {
        let server = Server::start(place).await;
        for isolation in isolations(place) {
            let clinic = clinic_of(&server, isolation).await;
            let ann = id_of(&server.add_patient(&clinic, "Ann").await);
            // Not the same appointments: they overlap, each from another side.
            let answers = join_all((0..30).map(|number| {
                let (minute, minutes) = (5 * (number % 4), 30 + 5 * (number % 3));
                let body = at(&ann, &format!("2030-01-31T09:{minute:02}:00Z"), minutes);
                let server = &server;
                let clinic = &clinic;
                async move { book(server, clinic, &body).await }
            }))
            .await;
            let booked = answers.iter().filter(|answer| answer.status == 201).count();
            assert_eq!(booked, 1, "{isolation}: {answers:?}");
            for refused in answers.iter().filter(|answer| answer.status != 201) {
                refused.problem(409, "slot_taken");
            }
            let all = list(&server, &clinic, "").await.expect(200);
            assert_eq!(all["data"].as_array().unwrap().len(), 1, "nothing is left of those that were refused");
        }
    }

    async fn appointments_that_move_across_each_other_wait_for_nobody(place) {
        let server = Server::start(place).await;
        let clinic = &server.north;
        let ann = id_of(&server.add_patient(clinic, "Ann").await);
        let mut booked = Vec::new();
        for hour in 8..14 {
            booked.push(book(&server, clinic, &at(&ann, &format!("2030-01-31T{hour:02}:00:00Z"), 60)).await.expect(201));
        }
        // Each pair wants to change places, at once and again, and as well to meet half way.
        for minute in [0, 30, 0, 30, 0, 0, 0, 0] {
            let moves = booked.iter().enumerate().map(|(number, appointment)| {
                let hour = 8 + (number ^ 1);
                let change = json!({"starts_at": format!("2030-01-31T{hour:02}:{minute:02}:00Z")});
                let server = &server;
                async move { patch(server, clinic, appointment, &change).await }
            });
            for answer in join_all(moves).await {
                assert!(["200", "409 slot_taken"].contains(&answer.outcome().as_str()), "{answer:?}");
            }
        }
        // Whoever is where, no two are at the same time.
        let all = list(&server, clinic, "").await.expect(200);
        let all = all["data"].as_array().unwrap();
        assert_eq!(all.len(), 6);
        for pair in all.windows(2) {
            assert!(pair[0]["ends_at"].as_str() <= pair[1]["starts_at"].as_str(), "{pair:?}");
        }
    }

    async fn a_time_that_is_taken_is_refused_with_one_that_is_free(place) {
        let server = Server::start(place).await;
        let clinic = &server.north;
        let ann = id_of(&server.add_patient(clinic, "Ann").await);
        let (other, _) = colleague(&server, clinic, "clinician").await;
        book(&server, clinic, &at(&ann, "2030-01-31T09:00:00Z", 30)).await.expect(201);
        book(&server, clinic, &at(&ann, "2030-01-31T09:40:00Z", 20)).await.expect(201);
        let refused = book(&server, clinic, &at(&ann, "2030-01-31T09:10:00Z", 30)).await;
        let fix = refused.problem(409, "slot_taken")["fix"].to_string();
        assert!(fix.contains("2030-01-31 10:00 UTC"), "{fix}");
        let refused = book(&server, clinic, &at(&ann, "2030-01-31T08:55:00Z", 10)).await;
        let fix = refused.problem(409, "slot_taken")["fix"].to_string();
        assert!(fix.contains("2030-01-31 09:30 UTC"), "{fix}");
        book(&server, clinic, &at(&ann, "2030-01-31T09:30:00Z", 10)).await.expect(201);

        // A colleague is free all the while, until they take one over.
        let mut body = at(&ann, "2030-01-31T09:15:00Z", 30);
        body["clinician_id"] = json!(other);
        let theirs = book(&server, clinic, &body).await.expect(201);
        assert_eq!(theirs["clinician_id"], other.to_string());
        let first = list(&server, clinic, "").await.expect(200)["data"][0].clone();
        patch(&server, clinic, &first, &json!({"clinician_id": other})).await.problem(409, "slot_taken");
        assert_eq!(list(&server, clinic, "").await.expect(200)["data"][0], first);

        // Cancelled, it keeps nobody waiting, and doesn't come back.
        let cancelled = patch(&server, clinic, &theirs, &json!({"status": "cancelled"})).await.expect(200);
        assert_eq!(cancelled["status"], "cancelled");
        patch(&server, clinic, &first, &json!({"clinician_id": other})).await.expect(200);
        book(&server, clinic, &at(&ann, "2030-01-31T09:00:00Z", 30)).await.expect(201);
        patch(&server, clinic, &theirs, &json!({"status": "booked"})).await.problem(409, "appointment_cancelled");
        patch(&server, clinic, &theirs, &json!({"status": "cancelled"})).await.expect(200);
    }

    async fn patients_and_clinicians_are_the_clinics_own(place) {
        let server = Server::start(place).await;
        let Server { north, south, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let ben = id_of(&server.add_patient(south, "Ben").await);
        let (viewer, _) = colleague(&server, north, "viewer").await;
        let foreign = identity_of(&server, &south.email).await;
        let mut refusals = Vec::new();
        for patient in [ben, Uuid::now_v7().to_string(), ann.replace('-', ""), "no-id".to_owned()] {
            let problem = book(&server, north, &at(&patient, "2030-01-31T09:00:00Z", 30)).await.problem(422, "patient_unknown");
            refusals.push((problem["detail"].clone(), problem["errors"].clone()));
        }
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        let mut refusals = Vec::new();
        for clinician in [foreign.to_string(), viewer.to_string(), Uuid::now_v7().to_string(), "no-id".to_owned()] {
            let mut body = at(&ann, "2030-01-31T09:00:00Z", 30);
            body["clinician_id"] = json!(clinician);
            let problem = book(&server, north, &body).await.problem(422, "clinician_unknown");
            refusals.push((problem["detail"].clone(), problem["errors"].clone()));
        }
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        let booked = book(&server, north, &at(&ann, "2030-01-31T09:00:00Z", 30)).await.expect(201);
        patch(&server, north, &booked, &json!({"clinician_id": foreign})).await.problem(422, "clinician_unknown");
        patch(&server, north, &booked, &json!({"patient_id": ann})).await.problem(422, "member_unknown");
        assert_eq!(list(&server, north, "").await.expect(200)["data"], json!([booked]));
    }

    async fn a_list_is_by_time_a_page_at_a_time(place) {
        let server = Server::start(place).await;
        let Server { north, south, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let bea = id_of(&server.add_patient(north, "Bea").await);
        let (other, _) = colleague(&server, north, "clinician").await;
        let mut expected = Vec::new();
        for (start, patient, with_other) in [
            ("2030-02-03T00:00:00Z", &ann, false),
            ("2030-02-01T09:00:00Z", &ann, false),
            ("2030-02-01T09:00:00Z", &bea, true),
            ("2030-02-02T23:55:00Z", &bea, false),
            ("2030-01-31T23:55:00Z", &bea, false),
        ] {
            let mut body = at(patient, start, 5);
            if with_other {
                body["clinician_id"] = json!(other);
            }
            expected.push(book(&server, north, &body).await.expect(201));
        }
        let by_time = [4, 1, 2, 3, 0].map(|number| expected[number].clone());
        assert_eq!(list(&server, north, "").await.expect(200)["data"], json!(by_time));
        let data = async |query: &str| list(&server, north, query).await.expect(200)["data"].take();
        assert_eq!(data("?from=2030-02-01&to=2030-02-02").await, json!(by_time[1..4]));
        assert_eq!(data("?to=2030-01-31").await, json!(by_time[..1]));
        assert_eq!(data(&format!("?patient_id={ann}")).await, json!([by_time[1], by_time[4]]));
        assert_eq!(data(&format!("?clinician_id={other}&from=2030-02-01")).await, json!([by_time[2]]));
        for nobody in [Uuid::now_v7().to_string(), Uuid::max().to_string(), Uuid::nil().to_string(), "no-id".to_owned()] {
            assert_eq!(data(&format!("?patient_id={nobody}")).await, json!([]), "{nobody}");
        }
        let (mut seen, mut query) = (Vec::new(), "?limit=1&from=2030-02-01".to_owned());
        loop {
            let page = list(&server, north, &query).await.expect(200);
            seen.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["page"]["next"].as_str() else { break };
            query = format!("?limit=1&from=2030-02-01&cursor={next}");
        }
        assert_eq!(json!(seen), json!(by_time[1..]));
        let next = list(&server, north, "?limit=1").await.expect(200)["page"]["next"].as_str().unwrap().to_owned();
        for query in [format!("?from=2030-02-01&cursor={next}"), format!("?cursor={next}x")] {
            list(&server, north, &query).await.problem(400, "cursor_invalid");
        }
        list(&server, south, &format!("?cursor={next}")).await.problem(400, "cursor_invalid");
        for query in ["?from=tomorrow", "?from=2030-02-30", "?from=2030-02-01&from=2030-02-02", "?day=2030-02-01", "?search=x", "?limit=0"] {
            list(&server, north, query).await.problem(400, "query_invalid");
        }
        assert_eq!(list(&server, south, "").await.expect(200)["data"], json!([]));
    }
}
