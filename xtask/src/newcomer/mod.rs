//! `cargo xtask newcomer`: the product's first ten minutes, over HTTP, on an empty folder.

mod http;
mod server;

use std::process::ExitCode;

use serde_json::{Value, json};

use self::{
    http::{Request, Response},
    server::Server,
};
use crate::{
    error::{Failure, Result},
    services::random_word,
    session::Session,
};

/// A clinic that signed up, and its log-in.
struct Clinic {
    slug: &'static str,
    host: String,
    token: String,
}

pub(crate) fn run() -> Result<ExitCode> {
    let mut session = Session::start(&[])?;
    let server = Server::start(&mut session)?;
    println!("the product is ready on port {}", server.port);
    // Its log says more than an unexpected status.
    story(&server).map_err(|error| server.failure(&error.to_string()))?;
    server.stop()?;
    println!("stopped by SIGTERM, exit code 0");
    Ok(ExitCode::SUCCESS)
}

fn story(server: &Server<'_>) -> Result<()> {
    let printed = server.output()?;
    check("the start prints where to go", printed.contains(&format!("localhost:{}", server.port)))?;

    let north = Clinic::sign_up(server, "newcomer-north")?;
    let south = Clinic::sign_up(server, "newcomer-south")?;

    let patient = json!({"given_name": "Synthetic", "family_name": "Person", "birth_date": "1990-02-03"});
    let made = north.send(server, "POST", "/api/v1/patients", Some(patient))?;
    expect("a clinic makes a patient", &made, &[201])?;
    let id = text(&made.json(), "id")?;
    let path = format!("/api/v1/patients/{id}");

    let own = north.send(server, "GET", &path, None)?;
    expect("it reads the patient", &own, &[200])?;
    let list = north.send(server, "GET", "/api/v1/patients", None)?;
    expect("it lists the patient", &list, &[200])?;
    check("the list holds the patient", list.body.contains(&id))?;

    let list = south.send(server, "GET", "/api/v1/patients", None)?;
    expect("the other clinic lists its patients", &list, &[200])?;
    check("the other clinic's list is empty", list.json()["data"] == json!([]))?;
    same_as_absent(server, &south, "GET", &id)?;
    same_as_absent(server, &south, "PATCH", &id)?;
    same_as_absent(server, &south, "DELETE", &id)?;

    for (what, host, token, header) in [
        ("one clinic's token on the other's host", &north.host, &south.token, None),
        ("the other way round", &south.host, &north.token, None),
        ("a header that names the other clinic", &south.host, &south.token, Some(("x-tenant-id", north.slug))),
    ] {
        let crossed = Request { token: Some(token), header, ..Request::get(host, &path) }.send(server.port)?;
        expect(what, &crossed, &[400, 401, 404])?;
    }
    let anonymous = Request::get(&north.host, &path).send(server.port)?;
    expect("no token", &anonymous, &[401])?;
    let unknown = Request { token: Some(&north.token), ..Request::get("nobody.localhost", &path) }.send(server.port)?;
    expect("a host that nobody has", &unknown, &[404])?;

    let after = north.send(server, "GET", &path, None)?;
    expect("the patient is still there", &after, &[200])?;
    check("the patient is unchanged", after.body == own.body)
}

impl Clinic {
    fn sign_up(server: &Server<'_>, slug: &'static str) -> Result<Self> {
        let password = random_word()?;
        let email = format!("owner@{slug}.example");
        let body = json!({"organization_name": slug, "slug": slug, "email": email, "password": password});
        let request = Request { method: "POST", body: Some(body), ..Request::get("localhost", "/api/v1/signup") };
        let signed_up = request.send(server.port)?;
        expect(&format!("{slug} signs up"), &signed_up, &[201])?;
        check("the answer names the tenant", signed_up.json()["tenant"]["slug"] == slug)?;

        let host = format!("{slug}.localhost");
        check("the answer names the host", text(&signed_up.json(), "url")?.contains(&host))?;
        let body = json!({"email": email, "password": password});
        let request = Request { method: "POST", body: Some(body), ..Request::get(&host, "/api/v1/auth/login") };
        let logged_in = request.send(server.port)?;
        expect(&format!("{slug} logs in"), &logged_in, &[200])?;
        let token = text(&logged_in.json(), "access_token")?;
        Ok(Self { slug, host, token })
    }

    fn send(&self, server: &Server<'_>, method: &str, path: &str, body: Option<Value>) -> Result<Response> {
        Request { method, token: Some(&self.token), body, ..Request::get(&self.host, path) }.send(server.port)
    }
}

/// The answer for another clinic's patient is the one for a patient that nobody has.
fn same_as_absent(server: &Server<'_>, clinic: &Clinic, method: &str, foreign: &str) -> Result<()> {
    // One digit away, so it has the same form.
    let last = if foreign.ends_with('0') { "1" } else { "0" };
    let absent = format!("{}{last}", &foreign[..foreign.len() - 1]);
    let ask = |id: &str| -> Result<String> {
        let body = (method == "PATCH").then(|| json!({"notes": "seen by a stranger"}));
        let response = clinic.send(server, method, &format!("/api/v1/patients/{id}"), body)?;
        expect(&format!("{method} by another clinic"), &response, &[404])?;
        // The id is the asker's own words; the request's id differs by its nature.
        let request_id = text(&response.json(), "request_id")?;
        Ok(response.body.replace(id, "ID").replace(&request_id, "REQUEST"))
    };
    check(&format!("{method}: foreign and absent look the same"), ask(foreign)? == ask(&absent)?)
}

fn expect(what: &str, response: &Response, allowed: &[u16]) -> Result<()> {
    if allowed.contains(&response.status) {
        println!("    {what}: {}", response.status);
        return Ok(());
    }
    Err(format!("{what}: expected {allowed:?}, got {} with {}", response.status, response.body).into())
}

fn check(what: &str, holds: bool) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure::from(format!("this does not hold: {what}"))) }
}

fn text(value: &Value, key: &str) -> Result<String> {
    let text = value[key].as_str().map(str::to_owned);
    text.ok_or_else(|| format!("the answer has no text `{key}`: {value}").into())
}
