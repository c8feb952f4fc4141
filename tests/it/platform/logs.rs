//! What the real binary writes into its log, and what it never does.

use nadia_tests::{BASE, Ground, at_both_places, sign_up_body};
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";
const EMAIL: &str = "secret-owner@secret-host.example";
const PASSWORD: &str = "secret-password of the owner";

at_both_places! {
    async fn a_log_names_the_tenant_and_never_a_person_a_password_or_a_token(place) {
        let ground = Ground::new(place).await;
        // All that anything has to say; a log of information alone says less.
        let process = ground.serve("trace").await;
        let http = &process.http;
        let host = "harbour.localhost";
        let signed_up = http.post(BASE, "/api/v1/signup", &sign_up_body("harbour", EMAIL, PASSWORD)).send().await.expect(201);
        http.sign_up("secret-half", EMAIL, "secret-password that is wrong").await.problem(401, "invalid_credentials");
        http.log_in(host, EMAIL, "secret-password that is wrong").await.problem(401, "invalid_credentials");
        http.log_in(host, "secret-nobody@secret-host.example", PASSWORD).await.problem(401, "invalid_credentials");
        let grant = http.log_in(host, EMAIL, PASSWORD).await.expect(200);
        let first = grant["refresh_token"].as_str().unwrap();
        let grant = http.refresh(host, first).await.expect(200);
        let second = grant["refresh_token"].as_str().unwrap();
        let token = grant["access_token"].as_str().unwrap();

        let body = json!({
            "given_name": "Secret-given", "family_name": "Secret-family", "birth_date": "1951-03-17",
            "email": "secret-patient@secret-host.example", "phone": "+1 555 0173", "notes": "secret-notes of the patient",
        });
        let patient = http.post(host, PATIENTS, &body).token(token).send().await.expect(201);
        let path = format!("{PATIENTS}/{}", patient["id"].as_str().unwrap());
        http.patch(host, &path, &json!({"notes": "secret-notes, changed"})).token(token).send().await.expect(200);
        http.get(host, &format!("{PATIENTS}?search=secret-g")).token(token).send().await.expect(200);
        http.get(host, &format!("{PATIENTS}?cursor=secret-cursor")).token(token).send().await.problem(400, "cursor_invalid");
        http.get(host, &format!("{PATIENTS}/secret-id")).token(token).send().await.problem(404, "not_found");
        http.get(host, "/secret-path").send().await.problem(404, "route_unknown");
        http.get(host, PATIENTS).token("secret-token").send().await.problem(401, "invalid_token");
        http.post(host, PATIENTS, &json!({"given_name": "secret\u{0}", "secret-member": 1})).token(token).send().await
            .problem(422, "validation_failed");
        let broken = http.call("POST", host, PATIENTS).token(token).header("content-type", "application/json");
        broken.body("{\"given_name\": \"secret-broken").send().await.problem(400, "json_malformed");
        http.delete(host, &path).token(token).send().await.expect(204);
        // It ends the session, so it comes last.
        http.refresh(host, first).await.problem(401, "invalid_token");
        http.get("secret-unknown.localhost", "/").send().await.problem(404, "tenant_unknown");

        let log = process.log();
        let own = ["1951-03-17", "555 0173", token, first, second, token.rsplit_once('.').unwrap().1];
        for line in log.lines() {
            // A client's host is no secret, and it is what finds a mistake in the names of hosts.
            let line_without_hosts = line.to_lowercase().replace("secret-unknown", "").replace("secret-half", "");
            assert!(!line_without_hosts.contains("secret-"), "{line}");
            assert!(!own.iter().any(|secret| line.contains(secret)), "{line}");
        }

        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
        let served: Vec<_> = lines.filter(|line| line["fields"]["message"] == "request served").collect();
        assert!(served.len() > 15, "{served:#?}");
        let of_tenant = |line: &&Value| {
            let spans = line["spans"].as_array().unwrap();
            spans.iter().any(|span| {
                span["nadia.tenant.slug"] == "harbour" && span["nadia.tenant.id"] == signed_up["tenant"]["id"]
            })
        };
        let listed: Vec<_> = served.iter().filter(|line| line["fields"]["route"] == PATIENTS).collect();
        assert!(!listed.is_empty());
        for line in listed {
            assert!(of_tenant(&line), "{line:#}");
        }
        for line in &served {
            let spans = line["spans"].as_array().unwrap();
            assert!(spans.iter().any(|span| span["request_id"].is_string()), "{line:#}");
        }
    }
}
