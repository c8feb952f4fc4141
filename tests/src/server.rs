use std::{collections::BTreeMap, fs, path::Path};

use nadia_platform::{App, Config, Running, rotate_keys};
use nadia_tenant_core::{TenantId, TenantStatus};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{Answer, Http, PostgresTemplate};

/// The host of sign-up.
pub const BASE: &str = "localhost";
/// The password of everybody in these suites.
pub const PASSWORD: &str = "a quiet river bend";

static TEMPLATE: PostgresTemplate = PostgresTemplate::new("server");
static POSTGRES: OnceCell<Seed> = OnceCell::const_new();
static SQLITE: OnceCell<Seed> = OnceCell::const_new();

/// The database that a server under test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A clone of a template.
    Postgres,
    /// Files in a temporary folder.
    Sqlite,
}

/// A clinic that signed up, and its owner's log-in.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// The tenant's id.
    pub id: String,
    /// The label of its host.
    pub slug: String,
    /// Its host.
    pub host: String,
    /// The owner's e-mail address; the password is [`PASSWORD`].
    pub email: String,
    /// An access token of the owner.
    pub token: String,
    /// A refresh token of the same session, not used yet.
    pub refresh_token: String,
}

/// The reference server in this process, with a database of its own, where three clinics have signed up.
#[derive(Debug)]
pub struct Server {
    /// The way to it.
    pub http: Http,
    /// A clinic.
    pub north: Clinic,
    /// Another one.
    pub south: Clinic,
    /// One that is suspended.
    pub asleep: Clinic,
    running: Running,
    folder: TempDir,
}

/// What every server of a place starts from, made once in a process by signing up and logging in.
#[derive(Clone, Debug)]
struct Seed {
    clinics: [Clinic; 3],
    files: BTreeMap<String, Vec<u8>>,
}

impl Server {
    /// Starts one.
    ///
    /// # Panics
    /// If it doesn't start.
    pub async fn start(place: Place) -> Self {
        Self::start_with(place, |_| {}).await
    }

    /// Starts one whose configuration was changed.
    ///
    /// # Panics
    /// If it doesn't start.
    pub async fn start_with(place: Place, change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let (seed, database) = match place {
            Place::Sqlite => (SQLITE.get_or_init(|| Seed::make(None)).await, None),
            Place::Postgres => {
                let prepare = |url: String| async {
                    POSTGRES.get_or_init(|| Seed::make(Some(url))).await;
                };
                let url = TEMPLATE.clone_database(prepare).await;
                (POSTGRES.get().expect("a cloned template was prepared"), Some(url))
            }
        };
        for (name, content) in &seed.files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder takes folders");
            fs::write(path, content).expect("the folder takes files");
        }
        own(&folder.path().join("keys.json"));
        let mut config = config(folder.path(), database.as_deref());
        change(&mut config);
        let running = App::start(config).await.expect("the server starts");
        let [north, south, asleep] = seed.clinics.clone();
        Self { http: Http::new(running.address()), north, south, asleep, running, folder }
    }

    /// Returns the running server.
    #[must_use]
    pub const fn running(&self) -> &Running {
        &self.running
    }

    /// Returns the folder with the key file, and on SQLite with the database.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a patient to a clinic and returns the record.
    ///
    /// # Panics
    /// If it isn't added.
    pub async fn add_patient(&self, clinic: &Clinic, given_name: &str) -> Value {
        let body = json!({"given_name": given_name, "family_name": "Example"});
        let added = self.http.post(&clinic.host, "/api/v1/patients", &body).token(&clinic.token).send().await;
        added.expect(201)
    }

    /// Lists the patients of a clinic.
    ///
    /// # Panics
    /// If they aren't listed.
    pub async fn patients(&self, clinic: &Clinic) -> Value {
        self.http.get(&clinic.host, "/api/v1/patients").token(&clinic.token).send().await.expect(200)["data"].take()
    }

    /// Tells whether a clinic has this host.
    pub async fn has_host(&self, slug: &str) -> bool {
        self.http.get(&format!("{slug}.{BASE}"), "/login").send().await.status == 200
    }
}

impl Http {
    /// Signs a clinic up.
    pub async fn sign_up(&self, slug: &str, email: &str, password: &str) -> Answer {
        self.post(BASE, "/api/v1/signup", &sign_up_body(slug, email, password)).send().await
    }

    /// Logs in.
    pub async fn log_in(&self, host: &str, email: &str, password: &str) -> Answer {
        self.post(host, "/api/v1/auth/login", &json!({"email": email, "password": password})).send().await
    }

    /// Renews a session.
    pub async fn refresh(&self, host: &str, refresh_token: &str) -> Answer {
        self.post(host, "/api/v1/auth/refresh", &json!({"refresh_token": refresh_token})).send().await
    }
}

/// Returns the body of a sign-up.
#[must_use]
pub fn sign_up_body(slug: &str, email: &str, password: &str) -> Value {
    json!({"organization_name": format!("Clinic {slug}"), "slug": slug, "email": email, "password": password})
}

impl Seed {
    async fn make(database: Option<String>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        rotate_keys(&folder.path().join("keys.json")).expect("a key file");
        let running = App::start(config(folder.path(), database.as_deref())).await.expect("the server starts");
        let http = Http::new(running.address());
        let mut clinics = Vec::new();
        for slug in ["north", "south", "asleep"] {
            clinics.push(Clinic::new(&http, slug).await);
        }
        let clinics: [Clinic; 3] = clinics.try_into().expect("three");
        let id: TenantId = clinics[2].id.parse().expect("the id of a tenant");
        let control = running.installation().control();
        let moved = control.transition(id, TenantStatus::Active, TenantStatus::Suspended).await;
        assert!(moved.expect("the control database answers"));
        running.shutdown().await;

        let mut files = BTreeMap::new();
        collect(folder.path(), folder.path(), &mut files);
        Self { clinics, files }
    }
}

/// Reads all files below `folder`, by their paths from `root`.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).ok().and_then(Path::to_str).expect("a name");
            files.insert(name.to_owned(), fs::read(&path).expect("a file"));
        }
    }
}

impl Clinic {
    /// Signs up and logs in.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn new(http: &Http, slug: &str) -> Self {
        let (email, host) = (format!("owner@{slug}.example"), format!("{slug}.{BASE}"));
        let signed_up = http.sign_up(slug, &email, PASSWORD).await.expect(201);
        let grant = http.log_in(&host, &email, PASSWORD).await.expect(200);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            id: text(&signed_up["tenant"]["id"]),
            slug: slug.to_owned(),
            host,
            email,
            token: text(&grant["access_token"]),
            refresh_token: text(&grant["refresh_token"]),
        }
    }
}

fn config(folder: &Path, database: Option<&str>) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data: folder.to_owned(),
        database: database.map(|url| url.parse().expect("the URL is well formed")),
        role_suffix: Some(TEMPLATE.role_suffix()),
        ..Config::default()
    }
}

/// Closes a key file to others, as the server demands.
fn own(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
}

/// Declares a test that runs once on PostgreSQL and once on SQLite; a [`Server`] starts at its [`Place`].
///
/// ```text
/// at_both_places! {
///     async fn keeps_clinics_apart(place) { let server = Server::start(place).await; … }
/// }
/// ```
#[macro_export]
macro_rules! at_both_places {
    ($($(#[$attribute:meta])* async fn $name:ident($place:ident) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            async fn case($place: $crate::Place) $body

            #[tokio::test]
            async fn postgres() {
                case($crate::Place::Postgres).await;
            }

            #[tokio::test]
            async fn sqlite() {
                case($crate::Place::Sqlite).await;
            }
        }
    )+};
}
