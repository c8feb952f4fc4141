//! A request to the product, from a client's socket to the database and back: list 20 patients, get one. A server with one
//! clinic against servers with 10 and 1,000, asked for another clinic each time. All stand on PostgreSQL databases of their own
//! and share tables under row-level security; client and server share a thread. Unit: one request on a kept connection.

use std::{rc::Rc, time::Instant};

use nadia_benches::{Cases, Effort, Error};
use nadia_platform::{App, Config, Limits, Running, rotate_keys};
use nadia_quota::{Plans, RateLimit};
use reqwest::{Client, Method, header::HOST};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::database::Database;

const PATIENTS: usize = 20;
const PASSWORD: &str = "a quiet river bend";

/// A server and its clinics.
struct Product {
    client: Client,
    running: Running,
    clinics: Vec<Clinic>,
    _folder: TempDir,
}

struct Clinic {
    host: String,
    token: String,
    /// A patient of it.
    patient: String,
}

#[derive(Clone, Copy)]
enum What {
    List,
    Get,
}

pub(super) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let sizes: [usize; 3] = if cases.effort() == Effort::Once { [1, 2, 3] } else { [1, 10, 1_000] };
    let mut products = Vec::new();
    for size in sizes {
        let database = Database::make(cases, &format!("product_{size}"))?;
        products.push(Rc::new(cases.block_on(Product::start(&database, size))?));
    }
    for what in [What::List, What::Get] {
        note_latencies(cases, what, &products)?;
        let floor = format!("floor: {}, {} clinic", what.name(), sizes[0]);
        for (size, product) in sizes.iter().zip(&products) {
            let name = match size {
                1 => floor.clone(),
                size => format!("nadia: {}, {size} clinics", what.name()),
            };
            let (product, mut turn) = (Rc::clone(product), 0);
            cases.add_async(name, floor.clone(), async move || {
                turn += 1;
                product.ask(what, turn).await
            });
        }
    }
    Ok(())
}

/// Tells the median and the 99th of a hundred, the servers asked in turn.
fn note_latencies(cases: &Cases, what: What, products: &[Rc<Product>]) -> Result<(), Error> {
    let rounds = if cases.effort() == Effort::Once { 10 } else { 3_000 };
    let mut samples = vec![Vec::with_capacity(rounds); products.len()];
    cases.block_on(async {
        for round in 0..rounds + rounds / 10 {
            for (product, samples) in products.iter().zip(&mut samples) {
                let begun = Instant::now();
                product.ask(what, round).await?;
                // The first ones connect and prepare.
                if round >= rounds / 10 {
                    samples.push(begun.elapsed());
                }
            }
        }
        Ok::<_, Error>(())
    })?;
    for (product, samples) in products.iter().zip(&mut samples) {
        samples.sort_unstable();
        let (median, late) = (samples[samples.len() / 2], samples[samples.len() * 99 / 100]);
        cases.note(format_args!("{}, {} clinics: p50 {median:?}, p99 {late:?}", what.name(), product.clinics.len()))?;
    }
    Ok(())
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
        }
    }
}

impl Product {
    async fn start(database: &Database, size: usize) -> Result<Self, Error> {
        let folder = TempDir::new()?;
        rotate_keys(&folder.path().join("keys.json"))?;
        let free: RateLimit = "1000000/s".parse()?;
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            data: folder.path().to_owned(),
            database: Some(database.url().parse()?),
            role_suffix: Some(database.name().to_owned()),
            limits: Limits { sign_up_client: free, sign_up_address: free, log_in_client: free, log_in_address: free },
            plans: Plans::builder().plan("starter".parse()?, free).build()?,
            ..Config::default()
        };
        let running = App::start(config).await?;
        let client = Client::builder().no_proxy().build()?;
        let mut product = Self { client, running, clinics: Vec::with_capacity(size), _folder: folder };
        for number in 0..size {
            let clinic = product.clinic(number).await?;
            product.clinics.push(clinic);
        }
        Ok(product)
    }

    /// Signs a clinic up, with its patients.
    async fn clinic(&self, number: usize) -> Result<Clinic, Error> {
        let (slug, email) = (format!("bench-{number}"), format!("owner@bench-{number}.example"));
        let body = json!({"organization_name": slug, "slug": slug, "email": email, "password": PASSWORD});
        self.send(Method::POST, "localhost", "/api/v1/signup", "", Some(&body)).await?;
        let host = format!("{slug}.localhost");
        let grant = json!({"email": email, "password": PASSWORD});
        let grant = self.send(Method::POST, &host, "/api/v1/auth/login", "", Some(&grant)).await?;
        let token = grant["access_token"].as_str().ok_or("no token")?.to_owned();
        let mut patient = String::new();
        for number in 0..PATIENTS {
            let body = json!({"given_name": format!("Number {number}"), "family_name": "Example"});
            let made = self.send(Method::POST, &host, "/api/v1/patients", &token, Some(&body)).await?;
            patient = made["id"].as_str().ok_or("no id")?.to_owned();
        }
        Ok(Clinic { host, token, patient })
    }

    async fn ask(&self, what: What, turn: usize) -> Result<Value, Error> {
        // Another clinic each time, far from the one before.
        let Clinic { host, token, patient } = &self.clinics[turn * 7_919 % self.clinics.len()];
        match what {
            What::List => self.send(Method::GET, host, "/api/v1/patients?limit=20", token, None).await,
            What::Get => self.send(Method::GET, host, &format!("/api/v1/patients/{patient}"), token, None).await,
        }
    }

    async fn send(
        &self,
        method: Method,
        host: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let url = format!("http://{}{path}", self.running.address());
        let mut request = self.client.request(method, url).header(HOST, host).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{host}{path} answered {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }
}
