//! What clients rely on: names, statuses, headers.

use std::collections::BTreeSet;

use nadia_tests::{BASE, PASSWORD, Server, at_both_places};
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";
const MEMBERS: [&str; 10] =
    ["birth_date", "created_at", "email", "family_name", "given_name", "id", "notes", "phone", "updated_at", "version"];

fn full() -> Value {
    json!({
        "given_name": "Zoë", "family_name": "Ōkubo", "birth_date": "1984-02-29", "email": "zoe@patients.example",
        "phone": "+1 555 0100", "notes": "two\nlines",
    })
}

#[track_caller]
fn members(value: &Value, expected: &[&str]) {
    let members: BTreeSet<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, expected.iter().copied().collect(), "{value}");
}

fn given_names(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|patient| patient["given_name"].as_str().unwrap()).collect()
}

at_both_places! {
    async fn signing_up_makes_a_clinic_and_says_where_it_is(place) {
        let server = Server::start(place).await;
        let port = server.http.address().port();
        let body = json!({
            "organization_name": " Harbour Clinic ", "slug": "harbour", "email": "Owner@Harbour.example",
            "password": PASSWORD,
        });
        let host = format!("{BASE}:{port}");
        let answer = server.http.post(&host, "/api/v1/signup", &body).send().await;
        let signed_up = answer.expect(201);
        members(&signed_up, &["tenant", "url"]);
        members(&signed_up["tenant"], &["id", "name", "slug", "status"]);
        assert_eq!(signed_up["tenant"]["slug"], "harbour");
        assert_eq!(signed_up["tenant"]["name"], "Harbour Clinic");
        assert_eq!(signed_up["tenant"]["status"], "active");
        assert_eq!(signed_up["url"], format!("http://harbour.localhost:{port}"));
        assert_eq!(answer.header("location"), signed_up["url"]);

        let grant = server.http.log_in("harbour.localhost", "owner@harbour.example", PASSWORD).await.expect(200);
        let token = grant["access_token"].as_str().unwrap();
        let list = server.http.get("harbour.localhost", PATIENTS).token(token).send().await.expect(200);
        assert_eq!(list, json!({"data": [], "page": {"next": null}}));
    }

    async fn logging_in_gives_a_short_lived_token_and_refreshing_gives_the_next(place) {
        let server = Server::start(place).await;
        let answer = server.http.log_in(&server.north.host, &server.north.email, PASSWORD).await;
        let first = answer.expect(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let second = server.http.refresh(&server.north.host, first["refresh_token"].as_str().unwrap()).await.expect(200);
        for grant in [&first, &second] {
            members(grant, &["access_token", "expires_in", "refresh_token", "token_type"]);
            assert_eq!(grant["token_type"], "Bearer");
            assert!((1..=3600).contains(&grant["expires_in"].as_u64().unwrap()), "short-lived");
            let token = grant["access_token"].as_str().unwrap();
            server.http.get(&server.north.host, PATIENTS).token(token).send().await.expect(200);
        }
        assert_ne!(first["refresh_token"], second["refresh_token"]);
    }

    async fn a_patient_is_added_read_changed_and_removed(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        let added = http.post(&north.host, PATIENTS, &full()).token(&north.token).send().await;
        let patient = added.expect(201);
        members(&patient, &MEMBERS);
        for (member, value) in full().as_object().unwrap() {
            assert_eq!(&patient[member], value, "{member}");
        }
        assert_eq!(patient["version"], 1);
        assert_eq!(patient["created_at"], patient["updated_at"]);
        assert_eq!(added.header("etag"), "\"1\"");
        let path = format!("{PATIENTS}/{}", patient["id"].as_str().unwrap());
        assert_eq!(added.header("location"), path);

        let read = http.get(&north.host, &path).token(&north.token).send().await;
        assert_eq!(read.expect(200), patient, "what is read is what was answered, to the microsecond");
        assert_eq!(read.header("etag"), "\"1\"");
        let known = http.get(&north.host, &path).token(&north.token).header("if-none-match", "\"1\"").send().await;
        known.expect(304);
        assert_eq!(known.header("etag"), "\"1\"");

        let change = json!({"family_name": "Sato", "phone": null});
        let changed = http.patch(&north.host, &path, &change).token(&north.token).send().await;
        let new = changed.expect(200);
        members(&new, &MEMBERS);
        assert_eq!(changed.header("etag"), "\"2\"");
        assert_eq!((&new["family_name"], &new["phone"], &new["version"]), (&json!("Sato"), &Value::Null, &json!(2)));
        assert_eq!((&new["given_name"], &new["created_at"]), (&patient["given_name"], &patient["created_at"]));
        assert_eq!(http.get(&north.host, &path).token(&north.token).send().await.expect(200), new);

        let removed = http.delete(&north.host, &path).token(&north.token).send().await;
        assert_eq!(removed.expect(204), Value::Null);
        http.get(&north.host, &path).token(&north.token).send().await.problem(404, "not_found");
        http.delete(&north.host, &path).token(&north.token).send().await.problem(404, "not_found");
    }

    async fn a_change_is_kept_only_on_the_version_it_was_meant_for(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let patient = server.add_patient(north, "Ann").await;
        let path = format!("{PATIENTS}/{}", patient["id"].as_str().unwrap());
        let change = |tag: &'static str, name: &'static str| {
            http.patch(&north.host, &path, &json!({"given_name": name})).token(&north.token).header("if-match", tag).send()
        };
        change("\"7\"", "Bea").await.problem(412, "version_mismatch");
        change("W/\"1\"", "Bea").await.problem(412, "version_mismatch");
        change("\"1\"", "Bea").await.expect(200);
        change("\"1\"", "Cleo").await.problem(412, "version_mismatch");
        change("\"1\", \"2\"", "Dora").await.expect(200);
        change("*", "Eve").await.expect(200);
        let stale = json!({"given_name": "Flo", "version": 1});
        http.patch(&north.host, &path, &stale).token(&north.token).send().await.problem(412, "version_mismatch");

        let remove = |tag: &'static str| http.delete(&north.host, &path).token(&north.token).header("if-match", tag).send();
        remove("\"3\"").await.problem(412, "version_mismatch");
        let read = http.get(&north.host, &path).token(&north.token).send().await.expect(200);
        assert_eq!((&read["given_name"], &read["version"]), (&json!("Eve"), &json!(4)));
        remove("\"4\"").await.expect(204);
    }

    async fn of_many_changes_at_once_each_is_kept_or_refused(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let patient = server.add_patient(north, "Ann").await;
        let path = format!("{PATIENTS}/{}", patient["id"].as_str().unwrap());
        let changes = (0..12).map(|n| {
            let change = json!({"given_name": format!("Ann {n}")});
            http.patch(&north.host, &path, &change).token(&north.token).header("if-match", "\"1\"").send()
        });
        let answers = futures_util::future::join_all(changes).await;
        let kept: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(kept.len(), 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.problem(412, "version_mismatch");
        }
        assert_eq!(http.get(&north.host, &path).token(&north.token).send().await.expect(200), kept[0].json());
    }

    async fn a_list_is_walked_page_by_page_without_a_gap(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let names: Vec<_> = (0..7).map(|n| format!("Number {n}")).collect();
        for name in &names {
            server.add_patient(north, name).await;
            server.add_patient(south, "Stranger").await;
        }
        for limit in [1, 3, 6, 7, 8] {
            let (mut seen, mut path) = (Vec::new(), format!("{PATIENTS}?limit={limit}"));
            loop {
                let list = http.get(&north.host, &path).token(&north.token).send().await.expect(200);
                members(&list, &["data", "page"]);
                members(&list["page"], &["next"]);
                assert!(list["data"].as_array().unwrap().len() <= limit);
                for patient in list["data"].as_array().unwrap() {
                    members(patient, &MEMBERS);
                }
                seen.extend(given_names(&list).into_iter().map(str::to_owned));
                let Some(next) = list["page"]["next"].as_str() else { break };
                path = format!("{PATIENTS}?limit={limit}&cursor={next}");
            }
            assert_eq!(seen, names, "limit {limit}");
        }
    }

    async fn a_page_is_not_disturbed_by_what_is_added_and_removed_meanwhile(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let mut ids = Vec::new();
        for name in ["A", "B", "C"] {
            ids.push(server.add_patient(north, name).await["id"].as_str().unwrap().to_owned());
        }
        let first = http.get(&north.host, &format!("{PATIENTS}?limit=2")).token(&north.token).send().await.expect(200);
        assert_eq!(given_names(&first), ["A", "B"]);
        for id in &ids[..2] {
            http.delete(&north.host, &format!("{PATIENTS}/{id}")).token(&north.token).send().await.expect(204);
        }
        server.add_patient(north, "D").await;
        let next = format!("{PATIENTS}?limit=2&cursor={}", first["page"]["next"].as_str().unwrap());
        let second = http.get(&north.host, &next).token(&north.token).send().await.expect(200);
        assert_eq!(given_names(&second), ["C", "D"]);
        assert_eq!(second["page"]["next"], Value::Null);
    }

    async fn a_search_finds_parts_of_names_in_either_case_and_takes_wildcards_literally(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        for name in ["Zoë", "ZOË Anne", "50% Ann", "Under_score", "UnderXscore", "Wow!"] {
            server.add_patient(north, name).await;
        }
        server.add_patient(south, "Zoë of south").await;
        for (search, expected) in [
            ("zo%C3%AB", vec!["Zoë", "ZOË Anne"]),
            ("ZO%C3%8B", vec!["Zoë", "ZOË Anne"]),
            ("ann", vec!["ZOË Anne", "50% Ann"]),
            ("%25", vec!["50% Ann"]),
            ("_", vec!["Under_score"]),
            ("!", vec!["Wow!"]),
            ("example+zo", vec!["Zoë", "ZOË Anne"]),
            ("%27+OR+1%3D1+--", vec![]),
            ("of+south", vec![]),
        ] {
            let path = format!("{PATIENTS}?search={search}");
            let list = http.get(&north.host, &path).token(&north.token).send().await.expect(200);
            assert_eq!(given_names(&list), expected, "{search}");
        }
        let path = format!("{PATIENTS}?search=ann&limit=1");
        let first = http.get(&north.host, &path).token(&north.token).send().await.expect(200);
        let next = first["page"]["next"].as_str().unwrap();
        let second = http.get(&north.host, &format!("{path}&cursor={next}")).token(&north.token).send().await.expect(200);
        assert_eq!(given_names(&second), ["50% Ann"]);
        let elsewhere = http.get(&north.host, &format!("{PATIENTS}?search=zo&cursor={next}")).token(&north.token);
        elsewhere.send().await.problem(400, "cursor_invalid");
    }

    async fn the_server_says_that_it_lives_and_is_ready_on_any_host(place) {
        let server = Server::start(place).await;
        for host in [BASE, &server.north.host, &server.asleep.host, "127.0.0.1", "unknown.example"] {
            server.http.get(host, "/livez").send().await.expect(200);
            server.http.get(host, "/readyz").send().await.expect(200);
        }
    }
}
