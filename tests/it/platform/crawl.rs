//! Goes wherever links, forms and ids lead, as somebody of one clinic and as an operator, and never receives what is
//! another clinic's, or a patient's.

mod fill;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nadia_platform::{Access, HostKind, Route, routes};
use nadia_tests::{Answer, Browser, Clinic, Http, Server, at_both_places};
use uuid::Uuid;

use self::fill::{CONTROL, PLACE, fill};
use super::matrix::{
    credential::{ADMIN, KeyRing, Who, operator},
    record::{Records, Slot, Whose},
    without_limits,
};

/// How many questions are put to one path: calendars have no end.
const QUERIES: usize = 5;

/// How a crawler says who it is.
enum Pass {
    Token(String),
    Cookie { cookie: String, csrf: String },
}

struct Crawler {
    http: Http,
    host: String,
    pass: Pass,
    /// What must not be in any answer.
    forbidden: &'static [&'static str],
    /// The ids that were seen.
    ids: BTreeSet<Uuid>,
    /// What answered 200.
    read: BTreeSet<String>,
}

impl Crawler {
    fn new(server: &Server, host: &str, pass: Pass, forbidden: &'static [&'static str]) -> Self {
        let (ids, read) = (BTreeSet::new(), BTreeSet::new());
        Self { http: server.http.clone(), host: host.to_owned(), pass, forbidden, ids, read }
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let call = self.http.call(method, &self.host, path);
        let call = match &self.pass {
            Pass::Token(token) if method == "GET" => call.token(token),
            Pass::Cookie { cookie, .. } if method == "GET" => {
                call.header("cookie", cookie).header("accept", "text/html")
            }
            Pass::Token(token) => call.token(token).header("content-type", "application/json").body(body),
            Pass::Cookie { cookie, csrf } => call
                .header("cookie", cookie)
                .header("accept", "text/html")
                .header("origin", &format!("http://{}", self.host))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("{body}&csrf={csrf}")),
        };
        let answer = call.send().await;
        let heads: Vec<_> = answer.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        for mark in self.forbidden {
            let found = answer.body.contains(mark) || heads.iter().any(|value| value.contains(mark));
            assert!(!found, "{mark} by {method} {path}: {answer:?}");
        }
        assert!(answer.status < 500, "{method} {path}: {answer:?}");
        answer
    }

    /// Tells whether this crawler's kind of pass is one for the route.
    fn is_for(&self, route: &Route) -> bool {
        let host = if self.host == ADMIN { HostKind::Admin } else { HostKind::Tenant };
        let pages = matches!(self.pass, Pass::Cookie { .. });
        route.host == host && route.access.is_page() == pages && route.access != Access::PublicPage
    }

    /// Reads everything that can be come to, and whatever `more` ids lead to.
    async fn read_all(&mut self, more: &[Uuid]) {
        self.ids.extend(more);
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut open: VecDeque<String> = VecDeque::from(["/".to_owned()]);
        let reads: Vec<Route> =
            routes().into_iter().filter(|route| route.method == "GET" && self.is_for(route)).collect();
        loop {
            while let Some(path) = open.pop_front() {
                let times = asked.entry(path.split('?').next().unwrap().to_owned()).or_default();
                if *times > QUERIES || !seen.insert(path.clone()) {
                    continue;
                }
                *times += 1;
                let answer = self.send("GET", &path, "").await;
                // A refusal names only itself.
                if answer.status == 200 {
                    self.read.insert(path);
                    self.ids.extend(ids(&answer.body));
                    open.extend(links(&answer.body));
                }
                open.extend(links(&format!("href=\"{}\"", answer.header("location"))));
            }
            // What no link leads to: each path of the table with each id.
            for route in &reads {
                match route.path.contains('{') {
                    false => open.push_back(route.path.to_owned()),
                    true => open.extend(self.ids.iter().map(|id| with_ids(route.path, &[*id]))),
                }
            }
            open.retain(|path| !seen.contains(path));
            if open.is_empty() {
                break;
            }
        }
        for route in reads.iter().filter(|route| self.expects(route)) {
            assert!(self.read.iter().any(|path| is_of(route.path, path)), "never came to {}", route.path);
        }
    }

    fn expects(&self, route: &Route) -> bool {
        let for_people = [
            "/api/v1/members",
            "/api/v1/invitations",
            "/api/v1/api-keys",
            "/api/v1/me/sessions",
            "/api/v1/audit",
            "/api/v1/exports",
            "/api/v1/exports/{id}",
        ];
        // Style sheets are for everybody, and `branding.rs` has them.
        if route.path.starts_with("/assets/") {
            return false;
        }
        // There is none that is done, and `export.rs` looks into one.
        if route.path.ends_with("/exports/{id}/download") {
            return false;
        }
        let is_key = matches!(&self.pass, Pass::Token(token) if token.starts_with("nadia_key") || !token.contains('.'));
        self.host == ADMIN || !is_key || !for_people.contains(&route.path)
    }

    /// Sends each route that names something each of these ids, which is to find nothing.
    async fn try_all(&self, ids: &BTreeMap<String, Uuid>) {
        let own = self.ids.first().copied().unwrap_or_default();
        for route in routes().into_iter().filter(|route| self.is_for(route) && route.path.contains('{')) {
            for (table, id) in ids {
                for pair in [[*id, *id], [own, *id], [*id, own]] {
                    let path = with_ids(route.path, &pair);
                    let body = if matches!(self.pass, Pass::Token(_)) { "{}" } else { "" };
                    let answer = self.send(route.method.as_str(), &path, body).await;
                    if path.contains(&id.to_string()) {
                        assert!(answer.status >= 400, "{} {path} ({table}): {answer:?}", route.method);
                    }
                }
            }
        }
    }
}

fn with_ids(path: &str, ids: &[Uuid]) -> String {
    let mut ids = ids.iter().cycle();
    let segment = |segment: &str| match segment.starts_with('{') {
        true => ids.next().unwrap().to_string(),
        false => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn is_of(pattern: &str, path: &str) -> bool {
    let path: Vec<_> = path.split('?').next().unwrap().split('/').collect();
    let pattern: Vec<_> = pattern.split('/').collect();
    path.len() == pattern.len()
        && path.iter().zip(&pattern).all(|(given, named)| named.starts_with('{') || given == named)
}

fn ids(text: &str) -> BTreeSet<Uuid> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let words = text.as_bytes().split(|byte| !is_part(byte)).filter(|word| word.len() == 36);
    words.filter_map(|word| Uuid::try_parse_ascii(word).ok()).collect()
}

/// Returns the paths on this host that a page leads to by links and by forms that ask.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["href=\"", "src=\"", "action=\""] {
        for rest in page.split(start).skip(1) {
            let Some(path) = rest.split('"').next() else { continue };
            let path = path.replace("&amp;", "&").replace("&#38;", "&");
            if path.starts_with('/') && !path.starts_with("//") && !path.contains('#') {
                found.push(path);
            }
        }
    }
    found
}

/// Makes a clinic whose every text is a marker, and returns it with the ids of all its rows.
async fn marked_clinic(server: &Server) -> (Clinic, BTreeMap<String, Uuid>) {
    let clinic = Clinic::new(&server.http, &format!("{CONTROL}-b")).await;
    let ids = fill(server, &clinic).await;
    // The clinic's own owner receives them: what follows looks for what is there.
    let call = |path: &str| server.http.get(&clinic.host, path).token(&clinic.token).send();
    let patients = call("/api/v1/patients").await.expect(200).to_string();
    for column in ["given_name", "family_name", "email", "phone", "notes"] {
        assert!(patients.contains(&format!("{PLACE}-patients")) && patients.contains(column), "{patients}");
    }
    let document = call(&format!("/api/v1/documents/{}", ids["documents"])).await;
    assert_eq!(document.body, format!("{PLACE}-documents-content"));
    assert!(call("/api/v1/members").await.expect(200).to_string().contains(&format!("{CONTROL}-identities")));
    (clinic, ids)
}

/// Gives the own clinic one of each thing, so that there are links and ids to follow.
async fn furnish(server: &Server, ring: &KeyRing) {
    let mut records = Records::new(server, ring).await;
    for slot in [
        Slot::Cursor,
        Slot::Patient,
        Slot::Document,
        Slot::Appointment,
        Slot::Team,
        Slot::Invitation,
        Slot::ApiKey,
        Slot::Member,
    ] {
        records.named(server, ring, slot, Whose::Own).await;
    }
}

at_both_places! {
    async fn nobody_of_a_clinic_ever_receives_a_byte_of_another(place) {
        let server = &Server::start_with(place, without_limits).await;
        let ring = KeyRing::new(server).await;
        furnish(server, &ring).await;
        let (other, theirs) = marked_clinic(server).await;
        let owner = ring.held(Who::Owner);
        let cookie = || Pass::Cookie { cookie: owner.cookie.clone(), csrf: owner.csrf.clone() };
        let key = ring.held(Who::Key).token.clone();
        let all: Vec<Uuid> = theirs.values().copied().collect();
        for pass in [cookie(), Pass::Token(owner.token.clone()), Pass::Token(key.clone())] {
            let mut crawler = Crawler::new(server, &server.north.host, pass, &[PLACE, CONTROL]);
            crawler.read_all(&all).await;
            crawler.ids.retain(|id| !all.contains(id));
            crawler.try_all(&theirs).await;
        }

        // At the other clinic's host they are nobody. Its name is on its log-in, which is everybody's.
        for route in routes().into_iter().filter(|route| route.host == HostKind::Tenant && route.method == "GET") {
            let path = with_ids(route.path, &[theirs["patients"]]);
            match route.access {
                Access::Page(_) => {
                    let answer = server.http.get(&other.host, &path).header("cookie", &owner.cookie).send().await;
                    assert_eq!(answer.status, 303, "{path}: {answer:?}");
                    assert!(answer.header("location").starts_with("/login"), "{path}: {answer:?}");
                }
                Access::Member(_) => {
                    for token in [&owner.token, &key] {
                        server.http.get(&other.host, &path).token(token).send().await.problem(401, "invalid_token");
                    }
                }
                _ => {}
            }
        }
    }

    async fn no_operator_ever_receives_what_is_of_a_patient(place) {
        let server = &Server::start_with(place, without_limits).await;
        let ring = KeyRing::new(server).await;
        furnish(server, &ring).await;
        let (_, theirs) = marked_clinic(server).await;
        let (token, browser) = operator(server).await;
        let cookie = |browser: &Browser| Pass::Cookie {
            cookie: browser.cookie_header(ADMIN).unwrap(),
            csrf: browser.csrf(ADMIN).to_owned(),
        };
        let all: Vec<Uuid> = theirs.values().copied().collect();
        let rows: BTreeMap<String, Uuid> =
            theirs.iter().filter(|(table, _)| *table != "tenants").map(|(table, id)| (table.clone(), *id)).collect();
        for pass in [cookie(&browser), Pass::Token(token)] {
            let is_api = matches!(pass, Pass::Token(_));
            let mut crawler = Crawler::new(server, ADMIN, pass, &[PLACE]);
            crawler.read_all(&all).await;
            for question in ["tenants_over_time", "patients_over_time", "active_users", "usage_by_plan", "heaviest_tenants"] {
                let (path, body) = match is_api {
                    true => {
                        let reason = r#""reason":"capacity of the next quarter""#;
                        ("/api/v1/analytics", format!(r#"{{"question":"{question}",{reason}}}"#))
                    }
                    false => ("/analytics", format!("question={question}&reason=capacity+of+the+next+quarter")),
                };
                assert_eq!(crawler.send("POST", path, &body).await.status, 200);
            }
            // The ids of what a clinic keeps name nothing here.
            crawler.ids.clear();
            crawler.try_all(&rows).await;
        }
    }
}
