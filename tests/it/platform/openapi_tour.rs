//! Each operation of the API once, so that each stands the comparison with the document.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use nadia_platform::ApiDocument;
use nadia_tests::{Answer, BASE, Call, Ground, Http, PASSWORD, at_both_places, sign_up_body};
use serde_json::{Value, json};

const ADMIN: &str = "admin.localhost";
const CLINIC: &str = "harbour.localhost";
const TENANT: &str = "/api/v1/tenants/{}";
const APPOINTMENT: &str = "/api/v1/appointments/{}";
const PATIENT: &str = "/api/v1/patients/{}";

/// Somebody who asks a host for one thing after another, and what they asked for.
struct Tour<'h> {
    http: &'h Http,
    host: &'h str,
    token: String,
    asked: BTreeSet<String>,
}

impl<'h> Tour<'h> {
    fn new(http: &'h Http, host: &'h str) -> Self {
        Self { http, host, token: String::new(), asked: BTreeSet::new() }
    }

    /// Asks for an operation, `{}` in its path being these, and expects that it is done.
    async fn go(&mut self, method: &str, path: &str, ids: &[&str], body: Value) -> Value {
        let call = self.call(method, path, ids);
        let answer = if body.is_null() { call.send().await } else { call.json(&body).send().await };
        self.done(&answer)
    }

    fn call(&mut self, method: &str, path: &str, ids: &[&str]) -> Call {
        let (path, query) =
            path.split_once('?').map_or((path, String::new()), |(path, query)| (path, format!("?{query}")));
        self.asked.insert(format!("{method} {path}"));
        let path = ids.iter().fold(path.to_owned(), |path, id| path.replacen("{}", id, 1));
        let call = self.http.call(method, self.host, &(path + &query));
        if self.token.is_empty() { call } else { call.token(&self.token) }
    }

    fn done(&self, answer: &Answer) -> Value {
        assert!(answer.status < 300, "{answer:?}");
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    async fn log_in(&mut self, email: &str, password: &str) -> Value {
        let grant = self.go("POST", "/api/v1/auth/login", &[], json!({"email": email, "password": password})).await;
        self.token = grant["access_token"].as_str().unwrap().to_owned();
        grant
    }
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

/// Lists a document's operations as a tour does.
fn operations(document: ApiDocument) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(document.text()).unwrap();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path: String =
            path.split(['{', '}']).enumerate().map(|(at, part)| if at % 2 == 1 { "{}" } else { part }).collect();
        operations.extend(item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    operations
}

at_both_places! {
    async fn every_operation_stands_the_comparison_with_the_document(place) {
        let ground = Ground::new(place).await;
        let server = ground.serve("warn").await;
        let made = ground.run(&["operator", "create", "ops@operators.example"]).await;
        let password = made.out.split("their password is ").nth(1).expect("a password is shown").trim().to_owned();
        let mut operator = Tour::new(&server.http, ADMIN);
        operator.log_in("ops@operators.example", &password).await;
        let tenant = of_the_platform(&mut operator).await;
        let mut owner = Tour::new(&server.http, CLINIC);
        owner.log_in("owner@harbour.example", PASSWORD).await;
        let colleague = of_people(&mut owner).await;
        of_patients(&mut owner).await;
        of_the_clinic(&mut owner).await;
        owner.go("DELETE", "/api/v1/members/{}", &[&colleague], Value::Null).await;
        of_oneself(&mut owner).await;
        let mut base = Tour::new(&server.http, BASE);
        base.go("POST", "/api/v1/signup", &[], sign_up_body("river", "owner@river.example", PASSWORD)).await;
        owner.asked.append(&mut base.asked);
        assert_eq!(owner.asked, operations(ApiDocument::Clinics));

        operator.go("DELETE", "/api/v1/tenants/{}/features/{}", &[&tenant, "api_keys"], Value::Null).await;
        operator.go("POST", "/api/v1/auth/logout", &[], Value::Null).await;
        assert_eq!(operator.asked, operations(ApiDocument::Operators));
    }
}

async fn of_the_platform(tour: &mut Tour<'_>) -> String {
    tour.go("GET", "/api/v1/openapi.json", &[], Value::Null).await;
    let mut body = sign_up_body("harbour", "owner@harbour.example", PASSWORD);
    body["plan"] = json!("starter");
    let tenant = id(&tour.go("POST", "/api/v1/tenants", &[], body).await);
    tour.go("GET", "/api/v1/tenants?search=harbour", &[], Value::Null).await;
    tour.go("GET", TENANT, &[&tenant], Value::Null).await;
    tour.go("PATCH", TENANT, &[&tenant], json!({"name": "Harbour"})).await;
    for (change, body) in [
        ("suspend", Value::Null),
        ("resume", Value::Null),
        ("close", json!({"confirm": "harbour"})),
        ("reopen", Value::Null),
    ] {
        tour.go("POST", &format!("{TENANT}/{change}"), &[&tenant], body).await;
    }
    let limit = [&*tenant, "patients"];
    tour.go("PUT", "/api/v1/tenants/{}/limits/{}", &limit, json!({"value": 9, "days": 30})).await;
    tour.go("DELETE", "/api/v1/tenants/{}/limits/{}", &limit, Value::Null).await;
    tour.go("PUT", "/api/v1/tenants/{}/features/{}", &[&tenant, "api_keys"], json!({"enabled": true})).await;
    tour.go("PUT", "/api/v1/tenants/{}/features/{}", &[&tenant, "branding"], json!({"enabled": true})).await;
    tour.go("GET", "/api/v1/fleet", &[], Value::Null).await;
    tour.go("GET", "/api/v1/fleet/doctor", &[], Value::Null).await;
    let entries = tour.go("GET", &format!("/api/v1/audit?tenant={tenant}"), &[], Value::Null).await;
    assert_ne!(entries["data"], json!([]));
    let question = json!({"question": "tenants_over_time", "reason": "to see how it grows"});
    tour.go("POST", "/api/v1/analytics", &[], question).await;
    tenant
}

async fn of_people(tour: &mut Tour<'_>) -> String {
    tour.go("GET", "/api/v1/openapi.json", &[], Value::Null).await;
    let invitation = |name: &str| json!({"email": format!("{name}@harbour.example"), "role": "clinician"});
    let revoked = id(&tour.go("POST", "/api/v1/invitations", &[], invitation("ben")).await);
    tour.go("GET", "/api/v1/invitations", &[], Value::Null).await;
    tour.go("DELETE", "/api/v1/invitations/{}", &[&revoked], Value::Null).await;
    let made = tour.go("POST", "/api/v1/invitations", &[], invitation("cleo")).await;
    let accepted = json!({"token": made["token"], "password": PASSWORD, "name": "Cleo"});
    tour.go("POST", "/api/v1/invitations/accept", &[], accepted).await;
    let members = tour.go("GET", "/api/v1/members", &[], Value::Null).await;
    let colleague = id(members["data"].as_array().unwrap().iter().find(|one| one["name"] == "Cleo").unwrap());
    tour.go("PATCH", "/api/v1/members/{}", &[&colleague], json!({"role": "viewer"})).await;

    let team = id(&tour.go("POST", "/api/v1/teams", &[], json!({"name": "Nurses"})).await);
    tour.go("PUT", "/api/v1/teams/{}/members/{}", &[&team, &colleague], Value::Null).await;
    tour.go("GET", "/api/v1/teams", &[], Value::Null).await;
    let read = tour.go("GET", "/api/v1/teams/{}", &[&team], Value::Null).await;
    assert_eq!(read["members"].as_array().map(Vec::len), Some(1));
    tour.go("PATCH", "/api/v1/teams/{}", &[&team], json!({"name": "Carers"})).await;
    tour.go("DELETE", "/api/v1/teams/{}/members/{}", &[&team, &colleague], Value::Null).await;
    tour.go("DELETE", "/api/v1/teams/{}", &[&team], Value::Null).await;

    let body = json!({"name": "lab import", "role": "viewer", "expires_in_days": 30});
    let key = id(&tour.go("POST", "/api/v1/api-keys", &[], body).await);
    tour.go("GET", "/api/v1/api-keys", &[], Value::Null).await;
    tour.go("DELETE", "/api/v1/api-keys/{}", &[&key], Value::Null).await;
    colleague
}

async fn of_patients(tour: &mut Tour<'_>) {
    let body = json!({"given_name": "Ana", "family_name": "Silva", "birth_date": "1980-02-29", "phone": null});
    let patient = id(&tour.go("POST", "/api/v1/patients", &[], body).await);
    tour.go("GET", "/api/v1/patients?search=ana&limit=5", &[], Value::Null).await;
    tour.go("GET", PATIENT, &[&patient], Value::Null).await;
    tour.go("PATCH", PATIENT, &[&patient], json!({"phone": "+1 555 0100", "version": 1})).await;
    let notes = "/api/v1/patients/{}/notes";
    tour.go("POST", notes, &[&patient], json!({"body": "Slept well."})).await;
    tour.go("GET", notes, &[&patient], Value::Null).await;

    let documents = "/api/v1/patients/{}/documents";
    let call = tour.call("POST", &format!("{documents}?name=a.txt"), &[&patient]);
    let added = call.header("content-type", "text/plain").body("a").send().await;
    let document = id(&tour.done(&added));
    tour.go("GET", documents, &[&patient], Value::Null).await;
    tour.go("GET", "/api/v1/documents/{}", &[&document], Value::Null).await;
    tour.go("DELETE", "/api/v1/documents/{}", &[&document], Value::Null).await;

    let body = json!({"patient_id": patient, "starts_at": "2030-01-31T09:30:00Z", "minutes": 30, "reason": "cough"});
    let appointment = id(&tour.go("POST", "/api/v1/appointments", &[], body).await);
    let day = format!("/api/v1/appointments?from=2030-01-31&to=2030-01-31&patient_id={patient}");
    tour.go("GET", &day, &[], Value::Null).await;
    tour.go("GET", APPOINTMENT, &[&appointment], Value::Null).await;
    tour.go("PATCH", APPOINTMENT, &[&appointment], json!({"status": "done", "version": 1})).await;
    tour.go("DELETE", APPOINTMENT, &[&appointment], Value::Null).await;
    tour.go("DELETE", PATIENT, &[&patient], Value::Null).await;
    tour.go("GET", "/api/v1/usage?by=month", &[], Value::Null).await;
    tour.go("GET", "/api/v1/usage.csv", &[], Value::Null).await;
}

async fn of_the_clinic(tour: &mut Tour<'_>) {
    tour.go("GET", "/api/v1/settings", &[], Value::Null).await;
    let changes = json!({"time_zone": "Europe/Lisbon", "appointment_minutes": 20, "contact_email": null});
    tour.go("PATCH", "/api/v1/settings", &[], changes).await;
    let history = tour.go("GET", "/api/v1/settings/history?limit=1", &[], Value::Null).await;
    assert_ne!(history["data"], json!([]));
    tour.go("GET", "/api/v1/features", &[], Value::Null).await;
    tour.go("GET", "/api/v1/audit?limit=2", &[], Value::Null).await;
    tour.go("PATCH", "/api/v1/branding", &[], json!({"brand_colour": "#7a1fa2", "welcome_text": "Come in."})).await;
    let logo = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#7a1fa2"/></svg>"##;
    let set =
        tour.call("PUT", "/api/v1/branding/logo", &[]).header("content-type", "image/svg+xml").body(logo).send().await;
    tour.done(&set);
    tour.go("GET", "/api/v1/branding", &[], Value::Null).await;
    tour.go("DELETE", "/api/v1/branding/logo", &[], Value::Null).await;
    tour.go("POST", "/api/v1/slug", &[], json!({"slug": "harbour"})).await;
    let export = id(&tour.go("POST", "/api/v1/exports", &[], Value::Null).await);
    let begun = Instant::now();
    while tour.go("GET", "/api/v1/exports/{}", &[&export], Value::Null).await["state"] != "done" {
        assert!(begun.elapsed() < Duration::from_secs(60), "an export is made in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tour.go("GET", "/api/v1/exports", &[], Value::Null).await;
    let (answer, _) = tour.call("GET", "/api/v1/exports/{}/download", &[&export]).download().await;
    assert_eq!(answer.status, 200);
    tour.go("DELETE", "/api/v1/exports/{}", &[&export], Value::Null).await;
}

async fn of_oneself(tour: &mut Tour<'_>) {
    tour.go("GET", "/api/v1/me", &[], Value::Null).await;
    tour.go("PATCH", "/api/v1/me", &[], json!({"name": "Olga"})).await;
    let grant = tour.log_in("owner@harbour.example", PASSWORD).await;
    let renewed = json!({"refresh_token": grant["refresh_token"]});
    let grant = tour.go("POST", "/api/v1/auth/refresh", &[], renewed).await;
    let sessions = tour.go("GET", "/api/v1/me/sessions", &[], Value::Null).await;
    let other = id(sessions["data"].as_array().unwrap().iter().find(|one| one["current"] == false).unwrap());
    tour.go("DELETE", "/api/v1/me/sessions/{}", &[&other], Value::Null).await;
    let passwords = json!({"old_password": PASSWORD, "new_password": "another quiet river"});
    tour.go("POST", "/api/v1/me/password", &[], passwords).await;
    let ended = json!({"refresh_token": grant["refresh_token"]});
    tour.go("POST", "/api/v1/auth/logout", &[], ended).await;
}
