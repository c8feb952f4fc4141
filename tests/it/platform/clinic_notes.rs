//! Notes on patients, and what holds for all that belongs to one: whose it is, who may change it, what the audit says.

use nadia_tests::{Answer, Clinic, Server, at_both_places};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clinic_support::{audit, colleague, id_of, identity_of, upload};

async fn book(server: &Server, clinic: &Clinic, patient: &str, start: &str) -> Value {
    let body = json!({"patient_id": patient, "starts_at": start, "minutes": 30});
    server.http.post(&clinic.host, "/api/v1/appointments", &body).token(&clinic.token).send().await.expect(201)
}

/// Every request about something that belongs to a patient, or is named by itself.
async fn about(server: &Server, clinic: &Clinic, [patient, document, appointment]: [&str; 3]) -> Vec<Answer> {
    let (http, host) = (&server.http, &clinic.host);
    let patient = format!("/api/v1/patients/{patient}");
    let appointment = format!("/api/v1/appointments/{appointment}");
    let document = format!("/api/v1/documents/{document}");
    let notes = format!("{patient}/notes");
    let documents = format!("{patient}/documents");
    let mut answers = Vec::new();
    for call in [
        http.get(host, &notes),
        http.post(host, &notes, &json!({"body": "mine"})),
        http.post(host, &notes, &json!({"body": 7})),
        http.get(host, &documents),
        http.get(host, &format!("{documents}?limit=0")),
        http.call("POST", host, &format!("{documents}?name=a.txt")).body("mine"),
        http.call("POST", host, &documents).body(""),
        http.get(host, &document),
        http.delete(host, &document),
        http.get(host, &appointment),
        http.patch(host, &appointment, &json!({"status": "cancelled"})),
        http.patch(host, &appointment, &json!({"status": "nonsense"})).header("if-match", "\"9\""),
        http.delete(host, &appointment).header("if-match", "no tag"),
        http.delete(host, &appointment),
    ] {
        answers.push(call.token(&clinic.token).send().await);
    }
    answers
}

at_both_places! {
    async fn notes_are_added_and_stay(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let path = format!("/api/v1/patients/{ann}/notes");
        let add = |body: Value| http.post(&north.host, &path, &body).token(&north.token).send();
        let first = add(json!({"body": " two\nlines "})).await.expect(201);
        assert_eq!(first["body"], "two\nlines");
        assert_eq!(first["author"], north.email.as_str());
        assert_eq!(first["author_id"], identity_of(&server, &north.email).await.to_string());
        assert_eq!(first["patient_id"], ann);
        let second = add(json!({"body": "second"})).await.expect(201);
        for (body, code) in [
            (json!({}), "required"),
            (json!({"body": " "}), "text_malformed"),
            (json!({"body": "a\u{0}b"}), "text_malformed"),
            (json!({"body": "a".repeat(10_001)}), "text_malformed"),
            (json!({"body": "a", "author_id": ann}), "member_unknown"),
        ] {
            add(body).await.problem(422, code);
        }
        let list = |query: &str| http.get(&north.host, &format!("{path}{query}")).token(&north.token).send();
        assert_eq!(list("").await.expect(200), json!({"data": [second, first], "page": {"next": null}}));
        let page = list("?limit=1").await.expect(200);
        assert_eq!(page["data"], json!([second]));
        let next = page["page"]["next"].as_str().unwrap();
        assert_eq!(list(&format!("?limit=1&cursor={next}")).await.expect(200), json!({"data": [first], "page": {"next": null}}));
        // A cursor is of one list of one patient.
        let ben = id_of(&server.add_patient(north, "Ben").await);
        for other in [format!("/api/v1/patients/{ben}/notes"), format!("/api/v1/patients/{ann}/documents")] {
            let foreign = http.get(&north.host, &format!("{other}?cursor={next}")).token(&north.token).send().await;
            foreign.problem(400, "cursor_invalid");
        }
        for method in ["PUT", "PATCH", "DELETE"] {
            http.call(method, &north.host, &path).token(&north.token).send().await.problem(405, "method_not_allowed");
        }
    }

    async fn what_belongs_to_foreign_absent_and_impossible_patients_is_not_found(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let mut ids = Vec::new();
        for clinic in [north, south] {
            let patient = id_of(&server.add_patient(clinic, "Ann").await);
            let document = id_of(&upload(http, clinic, &patient, "a.txt", "text").send().await.expect(201));
            let appointment = id_of(&book(&server, clinic, &patient, "2030-01-31T09:00:00Z").await);
            ids.push([patient, document, appointment]);
        }
        let [own, foreign] = [&ids[0], &ids[1]].map(|ids| [ids[0].as_str(), ids[1].as_str(), ids[2].as_str()]);
        let answers = about(&server, north, foreign).await;
        for answer in &answers {
            assert_eq!(answer.outcome(), "404 not_found", "{answer:?}");
        }
        let answers: Vec<_> = answers.iter().map(Answer::comparable).collect();
        let absent = Uuid::now_v7().to_string();
        let spelt = own.map(|id| id.replace('-', ""));
        for other in [
            [absent.as_str(); 3],
            ["no-id"; 3],
            ["%ff%fe"; 3],
            [&spelt[0], &spelt[1], &spelt[2]],
            // Real ids, each in the place of another kind of record.
            [own[1], own[2], own[0]],
        ] {
            let others = about(&server, north, other).await;
            assert_eq!(others.iter().map(Answer::comparable).collect::<Vec<_>>(), answers, "{other:?}");
        }
        // With the other clinic's session on one's own host nothing is even looked for.
        let crossed = http.get(&north.host, &format!("/api/v1/documents/{}", own[1])).token(&south.token).send().await;
        crossed.problem(401, "invalid_token");
        http.get(&south.host, &format!("/api/v1/documents/{}", foreign[1])).token(&south.token).send().await.expect_text("text");
    }

    async fn viewers_read_and_clinicians_write(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let (_, viewer) = colleague(&server, north, "viewer").await;
        let (_, clinician) = colleague(&server, north, "clinician").await;
        let ann = id_of(&server.add_patient(&clinician, "Ann").await);
        let document = id_of(&upload(http, &clinician, &ann, "a.txt", "text").send().await.expect(201));
        let appointment = id_of(&book(&server, &clinician, &ann, "2030-01-31T09:00:00Z").await);
        let answers = about(&server, &viewer, [&ann, &document, &appointment]).await;
        let reads: Vec<_> = answers.iter().map(Answer::outcome).filter(|outcome| outcome != "403 role_insufficient").collect();
        assert_eq!(reads, ["200", "200", "400 query_invalid", "200", "200"]);
        let body = json!({"patient_id": ann, "starts_at": "2030-02-01T09:00:00Z", "minutes": 30});
        http.post(&north.host, "/api/v1/appointments", &body).token(&viewer.token).send().await.problem(403, "role_insufficient");
        http.get(&north.host, "/api/v1/appointments").token(&viewer.token).send().await.expect(200);

        let note = http.post(&north.host, &format!("/api/v1/patients/{ann}/notes"), &json!({"body": "x"}));
        assert_eq!(note.token(&clinician.token).send().await.expect(201)["author"], clinician.email.as_str());
    }

    async fn every_change_is_in_the_audit_and_no_read_or_refusal(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let before = audit(&server, north).await.len();
        let ann = id_of(&server.add_patient(north, "Ann of the audit").await);
        let path = format!("/api/v1/patients/{ann}");
        let patch = |path: &str, body: &Value| http.patch(&north.host, path, body).token(&north.token).send();
        patch(&path, &json!({"given_name": "Anna of the audit"})).await.expect(200);
        // What changes nothing is no change.
        patch(&path, &json!({"given_name": "Anna of the audit"})).await.expect(200);
        patch(&path, &json!({"given_name": ""})).await.problem(422, "name_malformed");
        let note = http.post(&north.host, &format!("{path}/notes"), &json!({"body": "Secret of the audit"}));
        let note = id_of(&note.token(&north.token).send().await.expect(201));
        let document = id_of(&upload(http, north, &ann, "audit.txt", "text").send().await.expect(201));
        http.delete(&north.host, &format!("/api/v1/documents/{document}")).token(&north.token).send().await.expect(204);
        let appointment = id_of(&book(&server, north, &ann, "2030-01-31T09:00:00Z").await);
        let booked = format!("/api/v1/appointments/{appointment}");
        patch(&booked, &json!({"starts_at": "2030-01-31T10:00:00Z"})).await.expect(200);
        patch(&booked, &json!({"status": "done"})).await.expect(200);
        patch(&booked, &json!({"status": "cancelled"})).await.expect(200);
        patch(&booked, &json!({"status": "booked"})).await.problem(409, "appointment_cancelled");
        http.delete(&north.host, &booked).token(&north.token).send().await.expect(204);
        http.delete(&north.host, &path).token(&north.token).send().await.expect(204);
        for list in ["/api/v1/patients", "/api/v1/appointments"] {
            http.get(&north.host, list).token(&north.token).send().await.expect(200);
        }

        let entries = audit(&server, north).await;
        let entries: Vec<_> = entries[before..].iter().map(|(action, subject)| format!("{action} {subject}")).collect();
        assert_eq!(entries, [
            format!("patient.added patient:{ann}"),
            format!("patient.changed patient:{ann}"),
            format!("note.added note:{note}"),
            format!("document.added document:{document}"),
            format!("document.removed document:{document}"),
            format!("appointment.booked appointment:{appointment}"),
            format!("appointment.changed appointment:{appointment}"),
            format!("appointment.done appointment:{appointment}"),
            format!("appointment.cancelled appointment:{appointment}"),
            format!("appointment.removed appointment:{appointment}"),
            format!("patient.removed patient:{ann}"),
        ]);
    }
}

trait Content {
    fn expect_text(&self, content: &str);
}

impl Content for Answer {
    #[track_caller]
    fn expect_text(&self, content: &str) {
        assert_eq!((self.status, self.body.as_str()), (200, content));
    }
}
