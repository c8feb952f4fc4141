//! Refusals: a problem document each, and nothing half written.

use nadia_tests::{BASE, Call, Clinic, Http, PASSWORD, Server, at_both_places, sign_up_body};
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";
const SIGN_UP: &str = "/api/v1/signup";

/// Counts what the platform keeps of clinics and people.
async fn rows(server: &Server) -> [i64; 5] {
    let mut scope = server.running().installation().control().conn().await.unwrap();
    let mut counts = [0; 5];
    for (count, sql) in counts.iter_mut().zip([
        "SELECT count(*) AS n FROM tenants",
        "SELECT count(*) AS n FROM identities",
        "SELECT count(*) AS n FROM memberships",
        "SELECT count(*) AS n FROM sessions",
        "SELECT count(*) AS n FROM audit",
    ]) {
        *count = scope.query(sql).fetch_one().await.unwrap().get("n").unwrap();
    }
    counts
}

/// A sign-up that is good but for one change.
fn sign_up_with(member: &str, value: Value) -> Value {
    let mut body = sign_up_body("harbour", "owner@harbour.example", PASSWORD);
    body[member] = value;
    body
}

fn raw(http: &Http, host: &str, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Call {
    http.call("POST", host, path).header("content-type", kind).body(body)
}

fn patients(http: &Http, clinic: &Clinic, body: &Value) -> Call {
    http.post(&clinic.host, PATIENTS, body).token(&clinic.token)
}

at_both_places! {
    async fn a_sign_up_that_is_refused_leaves_nothing_behind(place) {
        let server = Server::start(place).await;
        let http = &server.http;
        let before = rows(&server).await;
        for (member, value, code) in [
            ("slug", json!("ab"), "slug_malformed"),
            ("slug", json!("Harbour"), "slug_malformed"),
            ("slug", json!("harbour-"), "slug_malformed"),
            ("slug", json!("har--bour"), "slug_malformed"),
            ("slug", json!("har.bour"), "slug_malformed"),
            ("slug", json!("hárbour"), "slug_malformed"),
            ("slug", json!("xn--hrbour-ifa"), "slug_malformed"),
            ("slug", json!("h".repeat(64)), "slug_malformed"),
            ("slug", json!("'; DROP TABLE tenants; --"), "slug_malformed"),
            ("slug", json!("admin"), "slug_reserved"),
            ("slug", json!(7), "wrong_type"),
            ("slug", json!(null), "required"),
            ("password", json!("short"), "password_weak"),
            ("password", json!("password1234"), "password_weak"),
            ("password", json!("aaaaaaaaaaaaaaaa"), "password_weak"),
            ("password", json!("owner@harbour.example"), "password_weak"),
            ("password", json!("long".repeat(1_000)), "password_weak"),
            ("password", json!(["a quiet river bend"]), "wrong_type"),
            ("email", json!("harbour"), "email_malformed"),
            ("email", json!("a@b@harbour.example"), "email_malformed"),
            ("email", json!(true), "wrong_type"),
            ("organization_name", json!(""), "name_malformed"),
            ("organization_name", json!("Har\nbour"), "name_malformed"),
            ("organization_name", json!({"name": "Harbour"}), "wrong_type"),
            ("plan", json!("group"), "member_unknown"),
            ("role", json!("operator"), "member_unknown"),
        ] {
            let answer = http.post(BASE, SIGN_UP, &sign_up_with(member, value.clone())).send().await;
            let problem = answer.problem(422, code);
            assert_eq!(problem["errors"][0]["pointer"], format!("/{member}"), "{value}");
            assert_eq!(problem["errors"][0]["code"], code, "{value}");
        }
        let several = http.post(BASE, SIGN_UP, &json!({"slug": "ab", "email": 1})).send().await;
        let several = several.problem(422, "validation_failed");
        assert_eq!(several["errors"].as_array().unwrap().len(), 4, "{several}");
        for error in several["errors"].as_array().unwrap() {
            for member in ["pointer", "code", "detail", "fix"] {
                assert!(error[member].is_string(), "{error}");
            }
        }

        assert_eq!(rows(&server).await, before);
        assert!(!server.has_host("harbour").await);
        http.post(BASE, SIGN_UP, &sign_up_body("harbour", "owner@harbour.example", PASSWORD)).send().await.expect(201);
        assert!(server.has_host("harbour").await);
    }

    async fn a_taken_slug_is_refused_and_makes_nobody_known(place) {
        let server = Server::start(place).await;
        let before = rows(&server).await;
        for slug in ["north", "asleep"] {
            let taken = server.http.sign_up(slug, "new@harbour.example", PASSWORD).await;
            taken.problem(409, "slug_taken");
            assert!(!taken.body.contains("owner@"), "{taken:?}");
        }
        assert_eq!(rows(&server).await, before);
        // Had the address become known, this other password would be refused.
        server.http.sign_up("harbour", "new@harbour.example", "another quiet river").await.expect(201);
    }

    async fn of_many_sign_ups_for_one_slug_at_once_one_succeeds(place) {
        let server = Server::start(place).await;
        let before = rows(&server).await;
        let emails: Vec<_> = (0..6).map(|n| format!("owner-{n}@harbour.example")).collect();
        let answers = emails.iter().map(|email| server.http.sign_up("harbour", email, PASSWORD));
        let answers = futures_util::future::join_all(answers).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().zip(&emails).partition(|(answer, _)| answer.status == 201);
        assert_eq!(made.len(), 1, "{answers:?}");
        refused.iter().for_each(|(answer, _)| drop(answer.problem(409, "slug_taken")));
        let [tenants, identities, memberships, sessions, audit] = before;
        assert_eq!(rows(&server).await, [tenants + 1, identities + 1, memberships + 1, sessions, audit + 1]);
        server.http.log_in("harbour.localhost", made[0].1, PASSWORD).await.expect(200);
    }

    async fn a_body_that_cannot_be_read_is_refused(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let before = rows(&server).await;
        let json = "application/json";
        for (host, path) in [
            (BASE, SIGN_UP),
            (north.host.as_str(), "/api/v1/auth/login"),
            (north.host.as_str(), "/api/v1/auth/refresh"),
            (north.host.as_str(), PATIENTS),
        ] {
            let post = |kind: &str, body: Vec<u8>| raw(http, host, path, kind, body).token(&north.token).send();
            for body in ["", "{", "{\"slug\":", "not json", "{\"a\":1,}", "{\"a\":1}{}", "\u{feff}{}"] {
                post(json, body.into()).await.problem(400, "json_malformed");
            }
            post(json, b"{\"a\":\"\xff\xfe\"}".to_vec()).await.problem(400, "json_malformed");
            post(json, "[".repeat(100_000).into()).await.problem(400, "json_malformed");
            for body in ["[]", "7", "\"text\"", "null"] {
                post(json, body.into()).await.problem(422, "wrong_type");
            }
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ""] {
                post(kind, b"{}".to_vec()).await.problem(415, "media_type_unsupported");
            }
            let large = format!("{{\"notes\":\"{}\"}}", "x".repeat(200_000));
            post(json, large.into()).await.problem(413, "body_too_large");
        }
        assert_eq!(rows(&server).await, before);
        assert_eq!(server.patients(north).await, json!([]));
    }

    async fn a_body_in_pieces_is_measured_as_it_comes(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        // A text of `count` times 16 KiB, of which each piece says its length first.
        let send = |count| {
            let (host, piece) = (&north.host, "x".repeat(0x4000));
            let pieces = format!("4000\r\n{piece}\r\n").repeat(count);
            http.raw(format!(
                "POST /api/v1/auth/login HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
                 connection: close\r\ntransfer-encoding: chunked\r\n\r\n\
                 d\r\n{{\"password\":\"\r\n{pieces}2\r\n\"}}\r\n0\r\n\r\n"
            ))
        };
        let fitting = send(4).await;
        assert!(fitting.contains("\"code\":\"required\""), "{fitting}");
        let large = send(20).await;
        assert!(large.starts_with("HTTP/1.1 413 ") && large.contains("\"code\":\"body_too_large\""), "{large}");
    }

    async fn a_large_body_without_a_token_still_hears_why_it_is_refused(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let large = "x".repeat(8 * 1024 * 1024);
        for (host, code) in [(north.host.as_str(), "401 token_missing"), ("unknown.localhost", "404 tenant_unknown")] {
            let answer = raw(http, host, PATIENTS, "application/json", large.clone()).try_send().await;
            assert_eq!(answer.expect("an answer, and no broken connection").outcome(), code);
        }
    }

    async fn a_patient_that_is_refused_is_not_kept(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let good = json!({"given_name": "Ann", "family_name": "Example"});
        let ann = patients(http, north, &good).send().await.expect(201);
        let path = format!("{PATIENTS}/{}", ann["id"].as_str().unwrap());
        for (member, value, code) in [
            ("given_name", json!(""), "name_malformed"),
            ("given_name", json!("a".repeat(101)), "name_malformed"),
            ("given_name", json!(null), "required"),
            ("family_name", json!(7), "wrong_type"),
            ("birth_date", json!("31.12.1980"), "date_malformed"),
            ("birth_date", json!("1981-02-29"), "date_malformed"),
            ("birth_date", json!(19800101), "wrong_type"),
            ("email", json!("ann"), "email_malformed"),
            ("phone", json!("call me"), "phone_malformed"),
            ("notes", json!("a\u{0}b"), "notes_malformed"),
            ("notes", json!("a".repeat(10_001)), "notes_malformed"),
            ("id", json!("00000000-0000-7000-8000-000000000001"), "member_unknown"),
            ("created_at", json!("2020-01-01T00:00:00Z"), "member_unknown"),
        ] {
            let mut body = good.clone();
            body[member] = value.clone();
            patients(http, north, &body).send().await.problem(422, code);
            let change = json!({"given_name": "Changed", member: value});
            let changed = http.patch(&north.host, &path, &change).token(&north.token).send().await;
            changed.problem(422, code);
        }
        assert_eq!(server.patients(north).await, json!([ann]));
    }

    async fn a_query_that_makes_no_sense_is_refused(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        for query in [
            "limit=0", "limit=-1", "limit=ten", "limit=1.5", "limit=", "limit=1&limit=2", "offset=3", "search=%00",
            &format!("search={}", "a".repeat(101)), "=", "sort=name",
        ] {
            let answer = http.get(&north.host, &format!("{PATIENTS}?{query}")).token(&north.token).send().await;
            assert_eq!(answer.problem(400, "query_invalid")["instance"], PATIENTS, "{query}");
        }
        http.get(&north.host, &format!("{PATIENTS}?limit=1000000")).token(&north.token).send().await.expect(200);
    }

    async fn a_malformed_precondition_is_refused(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = server.add_patient(north, "Ann").await;
        let path = format!("{PATIENTS}/{}", ann["id"].as_str().unwrap());
        for tag in ["1", "\"1", "", "\"1\";", "W/1"] {
            let change = http.patch(&north.host, &path, &json!({"given_name": "Bea"})).token(&north.token);
            change.header("if-match", tag).send().await.problem(400, "etag_malformed");
            let remove = http.delete(&north.host, &path).token(&north.token).header("if-match", tag).send().await;
            remove.problem(400, "etag_malformed");
            let read = http.get(&north.host, &path).token(&north.token).header("if-none-match", tag).send().await;
            read.problem(400, "etag_malformed");
        }
        assert_eq!(server.patients(north).await, json!([ann]));
    }

    async fn unknown_routes_and_methods_are_refused(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        for (host, path) in [
            (BASE, "/api/v1/nothing"), (BASE, PATIENTS), (BASE, "/api/v1/auth/login"), (BASE, "/api/v2/signup"),
            (&north.host, SIGN_UP), (&north.host, "/api/v1/patients/"), (&north.host, "//api/v1/patients"),
            (&north.host, "/api/v1/../v1/nothing"), (&north.host, "/assets/welcome.js"), (&north.host, "/.env"),
        ] {
            http.get(host, path).token(&north.token).send().await.problem(404, "route_unknown");
        }
        for (method, host, path, allowed) in [
            ("GET", BASE, SIGN_UP, "POST"),
            ("PUT", &north.host, PATIENTS, "GET,HEAD,POST"),
            ("DELETE", &north.host, "/api/v1/auth/login", "POST"),
            ("POST", &north.host, "/api/v1/patients/1", "DELETE,GET,HEAD,PATCH"),
            ("BREW", BASE, "/", "GET,HEAD"),
            ("POST", BASE, "/livez", "GET,HEAD"),
        ] {
            let answer = http.call(method, host, path).token(&north.token).send().await;
            answer.problem(405, "method_not_allowed");
            let mut methods: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
            methods.sort_unstable();
            assert_eq!(methods.join(","), allowed, "{method} {path}");
        }
    }

    async fn every_answer_has_an_id_of_its_own_and_protects_browsers(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        let mut ids = std::collections::BTreeSet::new();
        for call in [
            http.get(BASE, "/"),
            http.get(&north.host, "/"),
            http.get(&north.host, PATIENTS).token(&north.token),
            http.get(&north.host, PATIENTS),
            http.get("unknown.localhost", PATIENTS),
            http.get(BASE, "/nothing"),
        ] {
            let answer = call.header("x-request-id", "chosen-by-the-client").send().await;
            assert!(ids.insert(answer.header("x-request-id").to_owned()), "{answer:?}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("x-frame-options"), "DENY");
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{answer:?}");
            assert!(answer.header("access-control-allow-origin").is_empty(), "no other origin reads this");
        }
        assert!(!ids.contains("chosen-by-the-client"));
    }
}
