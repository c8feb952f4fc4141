//! Every route, through every way in, at every tenant's relation to the caller, written out and compared with
//! `tests/output/isolation-matrix.txt`. `NADIA_UPDATE=1` writes the file anew; read its difference before it is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use nadia_platform::{Access, routes};
use nadia_tests::{BASE, Call, PASSWORD, Place, Server, at_both_places, sign_up_body};
use serde_json::{Value, json};
use uuid::Uuid;

use super::forge::Forge;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/output/isolation-matrix.txt");
const UNKNOWN: &str = "unknown.localhost";
const MARKER: &str = "Patient of south";

/// What a request to a route brings along.
#[derive(Clone, Copy)]
enum Brings {
    Nothing,
    SignUp,
    LogIn,
    RefreshToken,
    /// A token of a session that is of no use to the other requests.
    SpentToken,
    Patient,
    Change,
}

/// A request for each route. One without a route, and a route without one, fail the test.
const SAMPLES: [(&str, &str, Brings); 15] = [
    ("GET", "/livez", Brings::Nothing),
    ("GET", "/readyz", Brings::Nothing),
    ("GET", "/", Brings::Nothing),
    ("GET", "/assets/page.css", Brings::Nothing),
    ("GET", "/assets/welcome.js", Brings::Nothing),
    ("GET", "/assets/clinic.js", Brings::Nothing),
    ("POST", "/api/v1/signup", Brings::SignUp),
    ("POST", "/api/v1/auth/login", Brings::LogIn),
    ("POST", "/api/v1/auth/refresh", Brings::RefreshToken),
    ("POST", "/api/v1/auth/logout", Brings::SpentToken),
    ("GET", "/api/v1/patients", Brings::Nothing),
    ("POST", "/api/v1/patients", Brings::Patient),
    ("GET", "/api/v1/patients/{id}", Brings::Nothing),
    ("PATCH", "/api/v1/patients/{id}", Brings::Change),
    ("DELETE", "/api/v1/patients/{id}", Brings::Nothing),
];

/// Ways in, as host, token and tenant header. The caller is the owner of north; to them south is foreign.
const WAYS: [[&str; 3]; 17] = [
    ["own", "none", "none"],
    ["own", "own", "none"],
    ["own", "own, as viewer", "none"],
    ["own", "own", "own"],
    ["own", "own", "foreign"],
    ["own", "foreign", "none"],
    ["own", "foreign", "foreign"],
    ["foreign", "none", "none"],
    ["foreign", "own", "none"],
    ["foreign", "own", "own"],
    ["suspended", "none", "none"],
    ["suspended", "own", "none"],
    ["suspended", "its", "none"],
    ["base", "none", "own"],
    ["base", "own", "own"],
    ["unknown", "none", "own"],
    ["unknown", "own", "own"],
];

/// The records that a path with an id is asked for.
const RECORDS: [&str; 4] = ["own", "foreign", "absent", "impossible"];

struct Matrix {
    server: Server,
    viewer: String,
    foreign: Value,
    refresh_token: String,
    sign_ups: u32,
}

at_both_places! {
    async fn the_matrix_is_the_committed_one(place) {
        let text = Matrix::new(place).await.write().await;
        if std::env::var_os("NADIA_UPDATE").is_some() {
            fs::write(FILE, &text).unwrap();
        }
        let committed = fs::read_to_string(FILE).unwrap();
        for (line, (now, then)) in text.lines().zip(committed.lines()).enumerate() {
            assert_eq!(now, then, "line {} of {FILE}; NADIA_UPDATE=1 writes it anew", line + 1);
        }
        assert_eq!(text.lines().count(), committed.lines().count(), "{FILE}; NADIA_UPDATE=1 writes it anew");
    }
}

#[test]
fn every_route_is_in_the_matrix_and_no_other() {
    let routes: BTreeSet<_> = routes().iter().map(|route| (route.method.to_string(), route.path)).collect();
    let samples: BTreeSet<_> = SAMPLES.iter().map(|(method, path, _)| ((*method).to_owned(), *path)).collect();
    let missing: Vec<_> = routes.difference(&samples).collect();
    assert!(missing.is_empty(), "routes that the matrix lacks; add a sample of each: {missing:?}");
    let stale: Vec<_> = samples.difference(&routes).collect();
    assert!(stale.is_empty(), "samples of routes that are gone; remove them: {stale:?}");
}

impl Matrix {
    async fn new(place: Place) -> Self {
        let server = Server::start(place).await;
        let viewer = Forge::new(&server, &server.north).claims(json!({"role": "viewer"})).signed();
        let foreign = server.add_patient(&server.south, MARKER).await;
        let refresh_token = server.north.refresh_token.clone();
        Self { server, viewer, foreign, refresh_token, sign_ups: 0 }
    }

    async fn write(mut self) -> String {
        let mut text = String::from(
            "What the owner of one clinic gets, by the tenant that host, token and x-tenant-id name, and by whose\n\
             record the path names. Made from real requests, the same on both databases.\n",
        );
        for (method, path, brings) in SAMPLES {
            let _ = write!(text, "\n{method} {path}\n");
            for (host, access) in offered(method, path) {
                let _ = writeln!(text, "  on host: {host}; for: {access}");
            }
            let records: &[&str] = if path.contains("{id}") { &RECORDS } else { &["-"] };
            let mut row = |cells: &mut dyn Iterator<Item = String>| {
                let line: String = cells.map(|cell| format!("{cell:<22}")).collect();
                let _ = writeln!(text, "  {}", line.trim_end());
            };
            let titles = ["host", "token", "x-tenant-id"].map(str::to_owned);
            let named =
                |record: &&str| if records.len() == 1 { "outcome".to_owned() } else { format!("{record} record") };
            row(&mut titles.into_iter().chain(records.iter().map(named)));
            for way in WAYS {
                let mut outcomes = Vec::new();
                for record in records {
                    outcomes.push(self.outcome(method, path, brings, way, record).await);
                }
                row(&mut way.map(str::to_owned).into_iter().chain(outcomes));
            }
        }
        let south = self.server.patients(&self.server.south).await;
        assert_eq!(south, json!([self.foreign]), "nothing of the foreign clinic changed");
        text
    }

    async fn outcome(&mut self, method: &str, path: &str, brings: Brings, way: [&str; 3], record: &str) -> String {
        let path = path.replace("{id}", &self.id(record).await);
        let Server { http, north, south, asleep, .. } = &self.server;
        let [host, token, header] = way;
        let host = match host {
            "own" => &north.host,
            "foreign" => &south.host,
            "suspended" => &asleep.host,
            "base" => BASE,
            _ => UNKNOWN,
        };
        let mut call = http.call(method, host, &path);
        call = match token {
            "none" => call,
            "own" => call.token(&north.token),
            "own, as viewer" => call.token(&self.viewer),
            "foreign" => call.token(&south.token),
            _ => call.token(&asleep.token),
        };
        call = match header {
            "none" => call,
            "own" => call.header("x-tenant-id", &north.id),
            _ => call.header("x-tenant-id", &south.id),
        };
        let answer = self.with_body(call, brings).send().await;
        assert!(!answer.body.contains(MARKER), "{method} {path} {way:?}: {answer:?}");
        if let (Brings::RefreshToken, 200) = (brings, answer.status) {
            self.refresh_token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        }
        answer.outcome()
    }

    fn with_body(&mut self, call: Call, brings: Brings) -> Call {
        let body = match brings {
            Brings::Nothing => return call,
            Brings::SignUp => {
                self.sign_ups += 1;
                let slug = format!("matrix-{}", self.sign_ups);
                sign_up_body(&slug, &format!("owner@{slug}.example"), PASSWORD)
            }
            Brings::LogIn => json!({"email": self.server.north.email, "password": PASSWORD}),
            Brings::RefreshToken => json!({"refresh_token": self.refresh_token}),
            Brings::SpentToken => json!({"refresh_token": "nadia_rt_spent"}),
            Brings::Patient => json!({"given_name": "New", "family_name": "Example"}),
            Brings::Change => json!({"given_name": "Changed"}),
        };
        call.json(&body)
    }

    async fn id(&self, record: &str) -> String {
        let id = |patient: &Value| patient["id"].as_str().unwrap().to_owned();
        match record {
            "own" => id(&self.server.add_patient(&self.server.north, "Own").await),
            "foreign" => id(&self.foreign),
            "absent" => Uuid::now_v7().to_string(),
            _ => "impossible".to_owned(),
        }
    }
}

/// Who may call a route, by the kind of host that has it.
fn offered(method: &str, path: &str) -> BTreeMap<String, String> {
    let same = routes().into_iter().filter(|route| route.method == method && route.path == path);
    same.map(|route| {
        let access = match route.access {
            Access::Public | Access::PublicPage => "everybody".to_owned(),
            Access::Page(permission) => format!("members' browsers who may {permission:?}"),
            Access::Operator => "operators".to_owned(),
            Access::OperatorPage => "operators' browsers".to_owned(),
            Access::Member(permission) => format!("members who may {permission:?}"),
        };
        (format!("{:?}", route.host).to_lowercase(), access)
    })
    .collect()
}
