//! Every route, through every way in, for every tenant's record, written out and compared with
//! `tests/output/isolation-matrix.txt`. `NADIA_UPDATE=1` writes the file anew; read its difference before it is kept.
//!
//! What may never be, whatever that file says, is in `law`.

pub(crate) mod credential;
mod law;
pub(crate) mod record;
mod sample;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use nadia_platform::{Access, Config, HostKind, Limits, Route, routes};
use nadia_quota::Plans;
use nadia_tests::{Answer, Call, PASSWORD, Place, Server, at_both_places};
use serde_json::json;

use self::{
    credential::{By, Credential, Host, KeyRing, Who},
    law::{Cell, is_success, without},
    record::{Records, Whose},
    sample::{Body, SAMPLES, Sample},
    text::{list, offered, shown, title},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/output/isolation-matrix.txt");
const HEAD: &str = "\
What each route answers by what lets the caller in, on the host where it is at home. Routes with the same table share it.
An outcome `A | B` is for a record of the own clinic | for a foreign one, one that nobody has, and what can't be one, which
are answered alike. `elsewhere E1` refers to the end: what comes of it on other hosts, and where x-tenant-id names a clinic.
Made from real requests, the same on both databases.
";

/// A host and what lets in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) host: Host,
    pub(crate) credential: Credential,
}

struct Matrix {
    server: Server,
    ring: KeyRing,
    records: Records,
    /// What broke a law.
    broken: Vec<String>,
}

/// Lets a server under test take as many requests as come.
pub(crate) fn without_limits(config: &mut Config) {
    let often = "100000/s".parse().unwrap();
    config.limits =
        Limits { sign_up_client: often, sign_up_address: often, log_in_client: often, log_in_address: often };
    let plans = ["starter", "group", "enterprise"].into_iter();
    let plans = plans.fold(Plans::builder(), |plans, plan| plans.plan(plan.parse().unwrap(), often));
    config.plans = plans.build().unwrap();
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
    let name = |host: HostKind, method: &str, path: &str| format!("{host:?} {method} {path}");
    let routes: BTreeSet<_> =
        routes().iter().map(|route| name(route.host, route.method.as_str(), route.path)).collect();
    let samples: BTreeSet<_> = SAMPLES.iter().map(|sample| name(sample.host, sample.method, sample.path)).collect();
    let missing: Vec<_> = routes.difference(&samples).collect();
    assert!(missing.is_empty(), "routes that the matrix lacks; add a sample of each: {missing:#?}");
    let stale: Vec<_> = samples.difference(&routes).collect();
    assert!(stale.is_empty(), "samples of routes that are gone; remove them: {stale:#?}");
}

/// Returns the ways in that are tried at a route.
fn ways(route: &Route) -> Vec<Way> {
    use By::{Cookie, Token};
    use Who::{Admin, Asleep, Clinician, Foreign, ForeignKey, Key, Operator, Owner, Viewer};
    let at = |host: Host, credentials: &[Credential]| {
        credentials.iter().map(move |credential| Way { host, credential: *credential }).collect::<Vec<_>>()
    };
    let tokens = [Owner, Admin, Clinician, Viewer, Key, Foreign, ForeignKey, Operator].map(|who| Some((who, Token)));
    let cookies = [Owner, Admin, Clinician, Viewer, Foreign, Operator].map(|who| Some((who, Cookie)));
    let [nobody, owner, visitor] = [None, Some((Owner, Token)), Some((Owner, Cookie))];
    let [operator, operator_visit] = [Some((Operator, Token)), Some((Operator, Cookie))];
    let forged = |who: Who| match route.access {
        Access::Page(_) | Access::OperatorPage if route.method == "POST" => {
            By::FORGED.map(|by| Some((who, by))).to_vec()
        }
        _ => Vec::new(),
    };
    let everybody = [&[nobody][..], &tokens, &cookies].concat();
    match route.host {
        HostKind::Any => {
            let hosts = [Host::Own, Host::Suspended, Host::Base, Host::Admin, Host::Unknown];
            hosts.into_iter().flat_map(|host| at(host, &[nobody, owner])).collect()
        }
        HostKind::Base => [
            at(Host::Base, &[nobody, owner, visitor, operator, operator_visit]),
            at(Host::BaseNamed, &[owner]),
            at(Host::Own, &[nobody, owner]),
            at(Host::Admin, &[nobody, operator]),
            at(Host::Unknown, &[nobody]),
        ]
        .concat(),
        HostKind::Tenant => [
            at(Host::Own, &everybody),
            at(Host::Own, &forged(Owner)),
            at(Host::OwnNamed, &[owner]),
            at(Host::OwnButForeignNamed, &[nobody, owner, visitor]),
            at(Host::Foreign, &[owner, Some((Key, Token)), visitor, operator, operator_visit]),
            at(Host::Suspended, &[nobody, owner, Some((Asleep, Token)), visitor, operator]),
            at(Host::Base, &[owner, visitor]),
            at(Host::BaseNamed, &[owner, visitor]),
            at(Host::Admin, &[owner, visitor]),
            at(Host::Unknown, &[owner, visitor]),
        ]
        .concat(),
        HostKind::Admin => [
            at(Host::Admin, &everybody),
            at(Host::Admin, &forged(Operator)),
            at(Host::AdminNamed, &[owner, operator]),
            at(Host::Own, &[operator, operator_visit]),
            at(Host::Base, &[operator, operator_visit]),
            at(Host::Unknown, &[operator]),
        ]
        .concat(),
    }
}

/// Returns the choices of records that a sample is sent with: the own ones first, then others at each place alone and at all.
fn choices(sample: &Sample) -> Vec<Vec<Whose>> {
    let own = vec![Whose::Own; sample.records.len()];
    let mut choices = vec![own.clone()];
    let is_tenants = sample.host == HostKind::Tenant;
    for whose in Whose::OTHERS.into_iter().filter(|whose| is_tenants || *whose != Whose::Foreign) {
        choices.extend((0..sample.records.len()).map(|at| {
            let mut choice = own.clone();
            choice[at] = whose;
            choice
        }));
        if sample.records.len() > 1 {
            choices.push(vec![whose; sample.records.len()]);
        }
    }
    choices
}

impl Matrix {
    async fn new(place: Place) -> Self {
        let server = Server::start_with(place, without_limits).await;
        let ring = KeyRing::new(&server).await;
        let records = Records::new(&server, &ring).await;
        Self { server, ring, records, broken: Vec::new() }
    }

    async fn write(mut self) -> String {
        let before = self.foreign_clinic().await;
        let (mut text, mut last, mut elsewheres) = (HEAD.to_owned(), String::new(), Vec::new());
        for sample in SAMPLES {
            let same = |route: &Route| {
                (route.host, route.method.as_str(), route.path) == (sample.host, sample.method, sample.path)
            };
            let Some(route) = routes().into_iter().find(same) else { continue };
            let (home, elsewhere) = self.tables(&route, sample).await;
            let number = elsewheres.iter().position(|known| *known == elsewhere).unwrap_or(elsewheres.len());
            if number == elsewheres.len() {
                elsewheres.push(elsewhere);
            }
            let table = format!("  {}, elsewhere E{}\n{home}", offered(&route), number + 1);
            let end = text.len() - last.len();
            match table == last {
                true => text.insert_str(end, &title(sample)),
                false => text.push_str(&format!("\n{}{table}", title(sample))),
            }
            last = table;
        }
        for (number, elsewhere) in elsewheres.iter().enumerate() {
            let _ = write!(text, "\nE{}\n{elsewhere}", number + 1);
        }
        assert!(self.broken.is_empty(), "{} laws are broken:\n{}", self.broken.len(), self.broken.join("\n"));
        assert_eq!(self.foreign_clinic().await, before, "nothing of the foreign clinic changed");
        for (slot, path, body) in [
            (record::Slot::RefreshToken, "/api/v1/auth/refresh", "refresh_token"),
            (record::Slot::InvitationToken, "/api/v1/invitations/accept", "token"),
        ] {
            let token = self.records.named(&self.server, &self.ring, slot, Whose::Foreign).await;
            let body = json!({body: token, "password": PASSWORD});
            let body = if slot == record::Slot::RefreshToken { json!({"refresh_token": token}) } else { body };
            self.server.http.post(&self.server.south.host, path, &body).send().await.expect(200);
        }
        text
    }

    /// Writes what a sample comes to at its own host, and elsewhere.
    async fn tables(&mut self, route: &Route, sample: &Sample) -> (String, String) {
        let mut rows: Vec<(Host, String, Vec<Credential>)> = Vec::new();
        for way in ways(route) {
            let outcome = self.outcome(route, sample, way).await;
            match rows.iter_mut().find(|(host, same, _)| *host == way.host && *same == outcome) {
                Some((_, _, credentials)) => credentials.push(way.credential),
                None => rows.push((way.host, outcome, vec![way.credential])),
            }
        }
        let (mut home, mut elsewhere) = (String::new(), String::new());
        for (host, outcome, credentials) in rows {
            let who = list(&credentials, &ways(route), host);
            let _ = match host == at_home(route.host) {
                true => writeln!(home, "    {outcome:<54} {who}"),
                false => writeln!(elsewhere, "    {:<25} {outcome:<34} {who}", host.name()),
            };
        }
        (home, elsewhere)
    }

    /// Sends a sample in one way, for each choice of records, and says what came of it.
    async fn outcome(&mut self, route: &Route, sample: &Sample, way: Way) -> String {
        // What is told to who names another's record, by the places where they do.
        let (mut outcomes, mut others) = (Vec::new(), BTreeMap::<Vec<bool>, String>::new());
        // Elsewhere no record is looked for at all.
        let is_forged = way.credential.is_some_and(|(_, by)| By::FORGED.contains(&by));
        let choices = match way.host {
            _ if is_forged => vec![vec![Whose::Own; sample.records.len()]],
            Host::Own | Host::Admin | Host::Base if way.host == at_home(sample.host) => choices(sample),
            _ => vec![vec![Whose::Own; sample.records.len()]],
        };
        for choice in choices {
            for slot in sample.records {
                // Made before there is a number for the request: what it echoes is compared.
                self.records.named(&self.server, &self.ring, *slot, Whose::Own).await;
            }
            let mut named = Vec::new();
            for (slot, whose) in sample.records.iter().zip(&choice) {
                named.push(self.records.named(&self.server, &self.ring, *slot, *whose).await);
            }
            // What is echoed of the request is to be the same for all others' records.
            if outcomes.is_empty() || choice.iter().all(|whose| *whose == Whose::Own) {
                self.records.number();
            }
            let answer = self.send(sample, way, &named).await;
            let whose = choice.iter().copied().find(|whose| *whose != Whose::Own).unwrap_or(Whose::Own);
            let cell = Cell { route, sample, way, whose, answer: &answer };
            if let Some(law) = cell.broken() {
                self.broken.push(format!("{law}: {cell:?}"));
            }
            let outcome = shown(&answer, &named);
            if !outcomes.contains(&outcome) || whose == Whose::Own {
                outcomes.push(outcome);
            }
            if whose == Whose::Own {
                self.after(sample, way, &answer).await;
            } else {
                let reads = sample.method == "GET" || sample.path.ends_with("logout");
                if is_success(&answer) && !reads {
                    self.broken.push(format!("something was done to {choice:?}: {cell:?}"));
                }
                // Nobody learns whether another clinic has what theirs has not.
                let places = choice.iter().map(|whose| *whose == Whose::Own).collect();
                let told = without(&answer, &named);
                let usual = others.entry(places).or_insert_with(|| told.clone());
                if *usual != told {
                    self.broken.push(format!("{choice:?} is told apart: {cell:?}; usual is {usual}"));
                }
            }
        }
        outcomes.dedup();
        outcomes.join(" | ")
    }

    async fn send(&mut self, sample: &Sample, way: Way, named_records: &[String]) -> Answer {
        let fill = |text: &str, records: &Records| {
            let mut text = text.replace("$slug", &records.slug);
            for (at, named) in named_records.iter().enumerate() {
                text = text.replace(&format!("${at}"), named);
            }
            text.replace("$time", &records.time()).replace("$n", &records.present().to_string())
        };
        let mut path = String::new();
        let mut next = named_records.iter();
        for segment in sample.path.split('/').skip(1) {
            path.push('/');
            path.push_str(if segment.starts_with('{') { next.next().unwrap() } else { segment });
        }
        if !sample.query.is_empty() {
            path = format!("{path}?{}", fill(sample.query, &self.records));
        }
        let (host, named_tenant) = way.host.of(&self.server);
        let mut call = self.server.http.call(sample.method, host, &path);
        if let Some(tenant) = named_tenant {
            call = call.header("x-tenant-id", tenant);
        }
        call = self.ring.open(call, way.credential);
        call = match way.credential {
            Some((_, By::CookieFromNowhere)) => call,
            Some((_, By::CookieFromElsewhere)) => call.header("origin", &format!("http://{}", self.server.south.host)),
            _ => call.header("origin", &format!("http://{host}")),
        };
        let csrf = self.ring.csrf(way.credential).unwrap_or_default().to_owned();
        let call = match sample.body {
            Body::Nothing => call,
            Body::Json(body) => typed(call, "application/json", fill(body, &self.records)),
            Body::Form(body) => {
                let body = fill(body, &self.records);
                let body = if csrf.is_empty() { body } else { format!("{body}&csrf={csrf}") };
                typed(call, "application/x-www-form-urlencoded", body)
            }
            Body::File => typed(call, "text/plain", "a letter".to_owned()),
            Body::Upload => {
                let csrf = match csrf.as_str() {
                    "" => String::new(),
                    csrf => format!("--xx\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n"),
                };
                let file =
                    "--xx\r\ncontent-disposition: form-data; name=\"file\"; filename=\"letter.txt\"\r\n\r\na letter";
                typed(call, "multipart/form-data; boundary=xx", format!("{csrf}{file}\r\n--xx--\r\n"))
            }
        };
        call.send().await
    }

    /// Makes good what a request used up.
    async fn after(&mut self, sample: &Sample, way: Way, answer: &Answer) {
        if sample.method == "GET" || !is_success(answer) {
            return;
        }
        self.records.spend(sample.records);
        if let (true, Some((who, _))) = (sample.logs_out, way.credential) {
            self.records.spend(&[record::Slot::OwnersSession, record::Slot::RefreshToken]);
            self.ring.log_in(&self.server, who).await;
        }
    }

    /// Returns all that the foreign clinic's owner sees of it.
    async fn foreign_clinic(&self) -> Vec<String> {
        let Server { http, south, .. } = &self.server;
        let mut seen = Vec::new();
        for list in ["patients", "appointments", "teams", "members", "invitations", "api-keys", "me"] {
            let list = http.get(&south.host, &format!("/api/v1/{list}")).token(&self.ring.held(Who::Foreign).token);
            seen.push(list.send().await.expect(200).to_string());
        }
        seen
    }
}

const fn at_home(host: HostKind) -> Host {
    match host {
        HostKind::Admin => Host::Admin,
        HostKind::Base => Host::Base,
        HostKind::Any | HostKind::Tenant => Host::Own,
    }
}

fn typed(call: Call, media_type: &str, body: String) -> Call {
    call.header("content-type", media_type).body(body)
}
