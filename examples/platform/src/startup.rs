use std::{net::SocketAddr, sync::Arc, time::Duration};

use nadia_quota::TenantLimiter;
use nadia_tenant_core::CellLayout;
use nadia_tenant_sqlx::{Installation, InstallationConfig};
use nadia_tenant_tower::{BaseDomainError, CachedStore, HeaderResolver, SubdomainResolver, TenantLayer};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    branding::Brands,
    clinic::Patient,
    config::Config,
    demo::{self, DemoClinic},
    edge,
    export::{self, Exporting},
    keys::{self, KeyFileError, KeyRing},
    limits::Doors,
    people::{Passwords, Tokens, sweep_sessions},
    problem::chain,
    routes::{Routers, writes_tenant},
    server::{self, Bounds},
    state::{AppState, Parts},
    tenants::{self, FormerHosts},
    usage::{self, Meters},
    watch,
};

/// How long open requests have to end when the server stops.
const PARTING: Duration = Duration::from_secs(10);

pub(crate) static CONTROL: sqlx::migrate::Migrator = sqlx::migrate!("migrations/control");
pub(crate) static PLACE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/place");

/// The server.
#[derive(Debug)]
pub struct App;

/// A server that runs until it is shut down; dropped, it stops on its own.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    base_domain: String,
    demo: Vec<DemoClinic>,
    installation: Installation,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// Says why the server didn't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The key file is missing or can't be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The base domain is none.
    #[error("the base domain can't be used")]
    BaseDomain(#[from] BaseDomainError),
    /// The database can't be opened or brought up to date.
    #[error("the database can't be prepared; check --database-url, that the server runs, and its user's rights")]
    Database(#[from] nadia_tenant_sqlx::Error),
    /// The port is taken, or not for this user.
    #[error("can't listen on {address}; free the port, or choose another with --listen")]
    Listen {
        /// The address and port.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers; check /dev/urandom")]
    Random,
    /// The demo's clinics can't be made.
    #[error(
        "the demo's clinic {slug:?} can't be made: {code}; remove the data folder to begin anew, or start without --demo"
    )]
    Demo {
        /// The clinic.
        slug: &'static str,
        /// The code of the refusal.
        code: &'static str,
    },
    /// The demo made clinics here, and this is to be no demo.
    #[error(
        "the demo made the clinic {slug:?} in this database, and everybody knows its password; \
         name another folder with --data (or another --database-url), or serve this one with --demo"
    )]
    DemoPresent {
        /// The clinic.
        slug: &'static str,
    },
    /// The demo's operator may log in here, and this is to be no demo.
    #[error(
        "the demo's operator {} may log in to this database, and everybody knows their password; \
         run `nadia operator disable` with this address, or serve this one with --demo",
        demo::OPERATOR
    )]
    DemoOperator,
}

impl App {
    /// Opens the database, brings it up to date and serves.
    ///
    /// It may run several times in one process, each on a port of its own.
    ///
    /// # Errors
    /// [`StartError`]; nothing is served then.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let hosts = SubdomainResolver::new(&config.base_domain)?;
        let base_domain = config.base_domain.trim_end_matches('.').to_ascii_lowercase();
        let keys = Arc::new(open_keys(&config)?);
        // Before the database: who can't serve changes nothing.
        let listener = listen(config.listen).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen { address: config.listen, source })?;

        let installation = Installation::provision(installation(&config)).await?;
        installation.check::<Patient>()?;
        tell_what_is_left(&installation).await?;

        let mut layout = CellLayout::builder();
        let limiter = TenantLimiter::new(&mut layout, config.plans.clone());
        // The watch drops what changes; the times to live are for what somebody changes past the registry's clock.
        let registry = CachedStore::new(installation.control().store(), layout.build());
        let app = AppState::new(Parts {
            registry: registry.clone(),
            hosts: hosts.clone(),
            tokens: Tokens::new(Arc::clone(&keys), &base_domain),
            base_domain: base_domain.clone(),
            sign_up: config.sign_up,
            closing_grace: config.closing_grace,
            data: config.data.clone(),
            keys,
            passwords: Passwords::new().map_err(|_| StartError::Random)?,
            doors: Doors::new(&config.limits),
            meters: Meters::default(),
            brands: Brands::default(),
            exporting: Exporting::default(),
            former_hosts: FormerHosts::default(),
            installation: installation.clone(),
        });
        let demo = if config.demo {
            demo::seed(&app).await?
        } else {
            demo::refuse(app.control()).await?;
            Vec::new()
        };

        // The host alone leads to a clinic; a header that names another one is a mistake, and refused as one.
        let layer = TenantLayer::new(registry)
            .add_resolver(hosts)
            .add_resolver(HeaderResolver::default())
            .with_writes(writes_tenant);
        let service = edge::service(&app, Routers::new(&app, layer, &limiter));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // A dropped sender stops the server as well.
            let _ = stopped.await;
        };
        let serving = server::serve(listener, service, Bounds::of_system(), stopped);
        let server = tokio::spawn(async move {
            tokio::select! {
                () = serving => {}
                () = sweep_sessions(app.control()) => {}
                () = tenants::finish_begun(&app) => {}
                () = usage::gather(&app) => {}
                () = tenants::former::follow(&app) => {}
                () = export::work(&app) => {}
                () = watch::registry(&app) => {}
            }
            export::give_back(&app).await;
            // What was counted since the last time goes with the last request.
            if let Err(error) = app.meters.flush(app.control()).await {
                tracing::warn!(error = %chain(&error), "the last of the usage could not be written down");
            }
        });
        tracing::info!(%address, base_domain, "serving");
        Ok(Running { address, base_domain, demo, installation, stop, server })
    }
}

impl Running {
    /// Returns the address that is listened on, with its real port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of sign-up, or of the clinic with this slug.
    #[must_use]
    pub fn url(&self, slug: Option<&str>) -> String {
        let host = slug.map_or_else(|| self.base_domain.clone(), |slug| format!("{slug}.{}", self.base_domain));
        format!("http://{host}:{}", self.address.port())
    }

    /// Returns the demo's clinics; none unless the configuration asked for them.
    #[must_use]
    pub fn demo(&self) -> &[DemoClinic] {
        &self.demo
    }

    /// Returns the installation that is served.
    #[must_use]
    pub const fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Stops: takes no new connections, lets open requests end for up to 10 seconds, closes the database.
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let mut server = self.server;
        if tokio::time::timeout(PARTING, &mut server).await.is_err() {
            tracing::warn!("requests were still open after {PARTING:?} and were cut");
            server.abort();
        }
        self.installation.close().await;
        tracing::info!("stopped");
    }
}

/// Returns what the installation of a configuration is made of.
pub(crate) fn installation(config: &Config) -> InstallationConfig {
    let wanted = InstallationConfig::new(config.database_url(), &PLACE).with_control(&CONTROL);
    let servers = config.servers.iter().cloned();
    let wanted = servers.fold(wanted, |wanted, (placement, url)| wanted.add_server(placement, url));
    match &config.role_suffix {
        Some(suffix) => wanted.with_role_suffix(suffix),
        None => wanted,
    }
}

/// Tells by the log what an operator is to do. Nothing of it keeps the other clinics from being served.
async fn tell_what_is_left(installation: &Installation) -> Result<(), nadia_tenant_sqlx::Error> {
    let fleet = installation.migration_status().await?;
    if !fleet.is_current() {
        let (behind, failed) = (fleet.places - fleet.current, fleet.failed);
        tracing::warn!(behind, failed, "clinics' own places lack migrations; run `nadia migrate`");
    }
    let unfinished = installation.unfinished_work().await?.len();
    if unfinished > 0 {
        tracing::warn!(
            unfinished,
            "clinics are half made or half removed; run `nadia tenant create` or `nadia tenant delete` again for each"
        );
    }
    Ok(())
}

fn open_keys(config: &Config) -> Result<KeyRing, KeyFileError> {
    let path = config.key_path();
    match KeyRing::load(&path) {
        Err(KeyFileError::Missing { .. }) if config.demo => {
            keys::rotate(&path)?;
            KeyRing::load(&path)
        }
        outcome => outcome,
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}
