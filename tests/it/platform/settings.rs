//! What a clinic sets for itself, and who changed what.

use nadia_tests::{Browser, Server, at_both_places};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/settings";

async fn read(server: &Server, path: &str) -> Value {
    server.http.get(&server.north.host, path).token(&server.north.token).send().await.expect(200)
}

at_both_places! {
    async fn what_is_not_set_has_its_default_and_null_sets_it_again(place) {
        let server = Server::start(place).await;
        let (http, north) = (&server.http, &server.north);
        let before = read(&server, PATH).await;
        assert_eq!((&before["time_zone"], &before["appointment_minutes"]), (&json!("UTC"), &json!(30)));
        assert_eq!(before["contact_email"], Value::Null);
        let change = json!({"time_zone": "Europe/Lisbon", "appointment_minutes": 45, "contact_email": "Desk@Example.org"});
        let changed = http.patch(&north.host, PATH, &change).token(&north.token).send().await.expect(200);
        assert_eq!((&changed["time_zone"], &changed["appointment_minutes"]), (&json!("Europe/Lisbon"), &json!(45)));
        assert_eq!(changed["contact_email"], "desk@example.org");
        assert_eq!(changed["week_start"], before["week_start"], "what is not named stays");
        let change = json!({"time_zone": null, "contact_email": null, "appointment_minutes": 30});
        let again = http.patch(&north.host, PATH, &change).token(&north.token).send().await.expect(200);
        assert_eq!(again, before);
        let south = http.get(&server.south.host, PATH).token(&server.south.token).send().await.expect(200);
        assert_eq!(south, before);
    }

    async fn a_mistake_is_told_of_its_member_and_nothing_is_kept(place) {
        let server = Server::start(place).await;
        let (http, north) = (&server.http, &server.north);
        let before = read(&server, PATH).await;
        let change = json!({
            "locale": "pt", "time_zone": "Mars/Base", "appointment_minutes": 7, "week_start": 1, "colour": "#fff",
            "brand_colour": "#0b6e66",
        });
        let refused = http.patch(&north.host, PATH, &change).token(&north.token).send().await;
        let problem = refused.problem(422, "validation_failed");
        let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/appointment_minutes", "/brand_colour", "/colour", "/time_zone", "/week_start"]);
        assert_eq!(read(&server, PATH).await, before);
        assert_eq!(read(&server, "/api/v1/settings/history").await["data"], json!([]));
    }

    async fn the_history_says_who_changed_what_from_what(place) {
        let server = Server::start(place).await;
        let (http, north) = (&server.http, &server.north);
        for minutes in [json!(15), json!(60), json!(60), Value::Null] {
            let change = json!({"appointment_minutes": minutes});
            http.patch(&north.host, PATH, &change).token(&north.token).send().await.expect(200);
        }
        let history = read(&server, "/api/v1/settings/history").await;
        let told: Vec<_> = history["data"].as_array().unwrap().iter().map(|change| {
            assert_eq!((&change["key"], &change["actor"]), (&json!("appointment_minutes"), &json!(north.email)));
            assert!(change["at"].as_str().unwrap().ends_with('Z'));
            (change["old_value"].clone(), change["new_value"].clone())
        }).collect();
        let text = |text: &str| json!(text);
        let expected = [(text("60"), Value::Null), (text("15"), text("60")), (Value::Null, text("15"))];
        assert_eq!(told, expected, "the newest first, and nothing of what changed nothing");

        let mut seen = Vec::new();
        let mut path = "/api/v1/settings/history?limit=1".to_owned();
        loop {
            let page = read(&server, &path).await;
            seen.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["page"]["next"].as_str() else { break };
            path = format!("/api/v1/settings/history?limit=1&cursor={next}");
        }
        assert_eq!(json!(seen), history["data"]);
        let foreign = http.get(&server.south.host, "/api/v1/settings/history").token(&server.south.token).send().await;
        assert_eq!(foreign.expect(200)["data"], json!([]));
        let journal = read(&server, "/api/v1/audit").await;
        let entries = journal["data"].as_array().unwrap();
        assert_eq!(entries.iter().filter(|entry| entry["action"] == "settings.changed").count(), 3, "{journal}");
    }

    async fn a_page_sets_them_as_well_and_shows_mistakes_beside_the_fields(place) {
        let server = Server::start(place).await;
        let host = &server.north.host;
        let mut browser = Browser::logged_in(&server.http, host, &server.north.email).await;
        browser.open(host, "/settings").await.page(200, &["Time zone", "value=\"UTC\"", "Nothing was changed yet", "API keys"]);
        let fields = [("time_zone", "Asia/Tokyo"), ("locale", "ja"), ("week_start", "sunday"), ("appointment_minutes", "20"),
            ("contact_email", ""), ("contact_phone", ""), ("retention_days", "")];
        let saved = browser.submit(host, "/settings", &fields).await;
        saved.page(200, &["Saved.", "value=\"Asia/Tokyo\"", "<option selected>sunday</option>", "value=\"3650\""]);
        let refused = browser.post(host, "/settings", &[("appointment_minutes", "21"), ("time_zone", "<b>")]).await;
        refused.page(422, &["a multiple of 5", "name of a time zone", "&#60;b&#62;"]);
        let settings = read(&server, PATH).await;
        assert_eq!((&settings["time_zone"], &settings["appointment_minutes"]), (&json!("Asia/Tokyo"), &json!(20)));
        let forged = browser.post(host, "/settings", &[("locale", "en"), ("csrf", "no")]).await;
        assert_eq!(forged.status, 403);
    }

    async fn features_say_by_whose_decision(place) {
        let server = Server::start(place).await;
        let features = read(&server, "/api/v1/features").await;
        let branding = features["data"].as_array().unwrap().iter().find(|one| one["feature"] == "branding").unwrap().clone();
        assert_eq!((&branding["enabled"], &branding["decided_by"]), (&json!(false), &json!("plan")));
    }

    async fn the_clinics_audit_is_its_own(place) {
        let server = Server::start(place).await;
        let (http, north) = (&server.http, &server.north);
        for minutes in 1..=4 {
            let change = json!({"appointment_minutes": minutes * 5});
            http.patch(&north.host, PATH, &change).token(&north.token).send().await.expect(200);
        }
        let all = read(&server, "/api/v1/audit").await;
        let mut paged = Vec::new();
        let mut path = "/api/v1/audit?limit=2".to_owned();
        loop {
            let page = read(&server, &path).await;
            paged.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["page"]["next"].as_str() else { break };
            path = format!("/api/v1/audit?limit=2&cursor={next}");
        }
        assert_eq!(json!(paged), all["data"]);
        assert_eq!(paged.last().unwrap()["action"], "tenant.signed_up");
        let south = http.get(&server.south.host, "/api/v1/audit").token(&server.south.token).send().await.expect(200);
        assert_eq!(south["data"].as_array().unwrap().len(), 1);
        let mut browser = Browser::logged_in(http, &north.host, &north.email).await;
        browser.open(&north.host, "/audit").await.page(200, &["settings.changed", &north.email]);
    }
}
