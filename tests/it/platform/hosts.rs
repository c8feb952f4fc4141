//! Which clinic a request is for: exactly one, or none.

use nadia_tests::{BASE, PASSWORD, Server, at_both_places};
use serde_json::json;

const PATIENTS: &str = "/api/v1/patients";

at_both_places! {
    async fn unknown_and_impossible_clinics_get_the_same_answer_byte_for_byte(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let calls = |host: &str| {
            [
                http.get(host, PATIENTS).token(&north.token),
                http.get(host, PATIENTS),
                http.get(host, "/login"),
                http.get(host, "/no/such/route"),
                http.delete(host, PATIENTS),
                http.post(host, "/api/v1/auth/login", &json!({"email": north.email, "password": PASSWORD})),
            ]
        };
        let mut unknown = Vec::new();
        for call in calls("unknown.localhost") {
            let answer = call.send().await;
            answer.problem(404, "tenant_unknown");
            unknown.push(answer.comparable());
        }
        for host in ["ab.localhost", "no--rth.localhost", "-north.localhost", "xn--nrth-0ra.localhost", "api.localhost",
            "north.example.org", "deep.north.localhost", "127.0.0.1", "n0rth.localhost"] {
            let mut answers = Vec::new();
            for call in calls(host) {
                answers.push(call.send().await.comparable());
            }
            assert_eq!(answers, unknown, "{host}");
        }
    }

    async fn a_host_is_the_same_in_any_spelling(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = server.add_patient(north, "Ann").await;
        for host in ["NORTH.localhost", "North.LocalHost:8080", "north.localhost.", "north.localhost.:80"] {
            let list = http.get(host, PATIENTS).token(&north.token).send().await.expect(200);
            assert_eq!(list["data"], json!([ann]), "{host}");
        }
        for host in ["north.localhost:port", "north.localhost:99999", "a@north.localhost", "north.localhost/..", "..", "nörth.localhost"] {
            http.get(host, PATIENTS).token(&north.token).send().await.problem(400, "host_invalid");
        }
        let two = http.get(&north.host, PATIENTS).header("host", &server.south.host).token(&north.token).send().await;
        two.problem(400, "tenant_ambiguous");
    }

    async fn a_request_line_and_a_host_must_agree(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        server.add_patient(north, "Ann of north").await;
        server.add_patient(south, "Ben of south").await;
        let get = |target: &str, hosts: &[&str]| {
            let hosts: String = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
            let token = &north.token;
            http.raw(format!("GET {target} HTTP/1.1\r\n{hosts}authorization: Bearer {token}\r\nconnection: close\r\n\r\n"))
        };
        let [north, south] = [north.host.as_str(), south.host.as_str()];
        let agreeing = get(&format!("http://{north}{PATIENTS}"), &[north]).await;
        assert!(agreeing.starts_with("HTTP/1.1 200 ") && agreeing.contains("Ann of north"), "{agreeing}");
        for (target, hosts, code) in [
            (format!("http://{south}{PATIENTS}"), vec![north], "tenant_ambiguous"),
            (format!("http://{north}{PATIENTS}"), vec![south], "tenant_ambiguous"),
            (PATIENTS.to_owned(), vec![north, south], "tenant_ambiguous"),
            (PATIENTS.to_owned(), vec![north, north], "tenant_ambiguous"),
            (PATIENTS.to_owned(), vec![&format!("{north}, {south}")], "host_invalid"),
            (PATIENTS.to_owned(), vec![&format!("{south}#.{north}")], "host_invalid"),
            (PATIENTS.to_owned(), vec![], "tenant_missing"),
            (format!("http://{south}{PATIENTS}"), vec![south], "invalid_token"),
            (format!("http://{BASE}{PATIENTS}"), vec![BASE], "route_unknown"),
        ] {
            let answer = get(&target, &hosts).await;
            assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{target} {hosts:?}: {answer}");
            assert!(!answer.contains("Ann of north") && !answer.contains("Ben of south"), "{answer}");
        }
    }
}
