use nadia_platform::{App, Config, Running, rotate_keys};
use nadia_tenant_sqlx::Installation;
use tempfile::TempDir;

use crate::{Http, Place, PostgresTemplate};

static TEMPLATE: PostgresTemplate = PostgresTemplate::new("empty");

/// The reference server in this process, with a database of its own, where nobody has signed up.
#[derive(Debug)]
pub struct Empty {
    /// The way to it.
    pub http: Http,
    running: Running,
    _folder: TempDir,
}

impl Empty {
    /// Starts one whose configuration was changed.
    ///
    /// # Panics
    /// If it doesn't start.
    pub async fn start(place: Place, change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        rotate_keys(&folder.path().join("keys.json")).expect("a key file");
        let url = match place {
            Place::Sqlite => None,
            Place::Postgres => {
                let prepare = |url: String| {
                    let config = config(folder.path(), Some(&url));
                    async { App::start(config).await.expect("the server starts").shutdown().await }
                };
                Some(TEMPLATE.clone_database(prepare).await)
            }
        };
        let mut config = config(folder.path(), url.as_deref());
        change(&mut config);
        let running = App::start(config).await.expect("the server starts");
        Self { http: Http::new(running.address()), running, _folder: folder }
    }

    /// Returns the installation.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        self.running.installation()
    }
}

fn config(folder: &std::path::Path, database: Option<&str>) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data: folder.to_owned(),
        database: database.map(|url| url.parse().expect("the URL is well formed")),
        role_suffix: Some(TEMPLATE.role_suffix()),
        ..Config::default()
    }
}
