use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use nadia_tenant_core::{TenantId, TenantRef};
use nadia_tenant_sqlx::{ControlDb, Error};

use super::Colour;
use crate::{
    people::session::hash,
    plans::{self, Feature},
    settings::{self, Key},
    state::AppState,
};

/// How a clinic looks, as far as its plan lets it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branding {
    pub(crate) colour: Option<Colour>,
    pub(crate) welcome: Option<String>,
    pub(crate) logo: Option<LogoMark>,
    /// The style sheet, and its hash.
    pub(super) style: Option<(String, String)>,
}

/// A logo without its bytes.
#[derive(Clone, Debug)]
pub(crate) struct LogoMark {
    pub(crate) media_type: String,
    pub(crate) sha256: String,
}

/// How many clinics' branding is remembered.
const MOST: usize = 2_000;

/// The branding of the clinics in use, in memory. The registry's watch drops what changed.
#[derive(Debug, Default)]
pub(crate) struct Brands(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Grows when something is dropped: what was read before that is not remembered after it.
    dropped: u64,
    brands: HashMap<TenantId, Arc<Branding>>,
}

impl Brands {
    pub(crate) fn forget(&self, tenant: TenantId) {
        let mut known = self.lock();
        known.dropped += 1;
        known.brands.remove(&tenant);
    }

    pub(crate) fn forget_all(&self) {
        let mut known = self.lock();
        known.dropped += 1;
        known.brands.clear();
    }

    fn get(&self, tenant: TenantId) -> (u64, Option<Arc<Branding>>) {
        let known = self.lock();
        (known.dropped, known.brands.get(&tenant).cloned())
    }

    fn keep(&self, tenant: TenantId, brand: &Arc<Branding>, dropped: u64) {
        let mut known = self.lock();
        if known.dropped != dropped {
            return;
        }
        if known.brands.len() >= MOST {
            known.brands.clear();
        }
        known.brands.insert(tenant, Arc::clone(brand));
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Each holder leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns how a clinic looks.
pub(crate) async fn branding(app: &AppState, tenant: TenantId) -> Result<Arc<Branding>, Error> {
    let (dropped, found) = app.brands.get(tenant);
    if let Some(found) = found {
        return Ok(found);
    }
    let brand = Arc::new(load(app, tenant).await?);
    app.brands.keep(tenant, &brand, dropped);
    Ok(brand)
}

async fn load(app: &AppState, tenant: TenantId) -> Result<Branding, Error> {
    // The plan as it is now: a request may still hold the record from before a change.
    let Some(record) = app.control().tenant(&TenantRef::Id(tenant)).await? else { return Ok(Branding::default()) };
    let stored = settings::stored(app.control(), tenant).await?;
    let welcome = stored.value(Key::WelcomeText).map(str::to_owned);
    if !plans::features(app.control(), &record.tenant).await?.has(Feature::Branding) {
        return Ok(Branding { welcome, ..Branding::default() });
    }
    let colour = stored.value(Key::BrandColour).and_then(|text| Colour::parse(text).ok());
    let style = colour.map(|colour| {
        let style = colour.style();
        let hash = hash(&style);
        (style, hash)
    });
    Ok(Branding { colour, welcome, logo: logo(app, tenant).await?, style })
}

async fn logo(app: &AppState, tenant: TenantId) -> Result<Option<LogoMark>, Error> {
    let mut scope = app.control().conn().await?;
    let row = scope.query("SELECT media_type, sha256 FROM logos WHERE tenant_id = $1").bind(tenant.as_uuid());
    let row = row.fetch_optional().await?;
    row.map(|row| Ok(LogoMark { media_type: row.get("media_type")?, sha256: row.get("sha256")? })).transpose()
}

/// Reads the bytes of a logo, if it is still the one with this hash.
pub(super) async fn content(app: &AppState, tenant: TenantId, sha256: &str) -> Result<Option<Vec<u8>>, Error> {
    let mut scope = app.control().conn().await?;
    let row = scope
        .query("SELECT content FROM logos WHERE tenant_id = $1 AND sha256 = $2")
        .bind(tenant.as_uuid())
        .bind(sha256.to_owned())
        .fetch_optional()
        .await?;
    row.map(|row| row.get("content")).transpose()
}

/// Returns a clinic's logo as it is kept, whether its plan shows it or not: its type and its bytes.
pub(crate) async fn kept_logo(control: &ControlDb, tenant: TenantId) -> Result<Option<(String, Vec<u8>)>, Error> {
    let mut scope = control.conn().await?;
    let row = scope.query("SELECT media_type, content FROM logos WHERE tenant_id = $1").bind(tenant.as_uuid());
    let row = row.fetch_optional().await?;
    row.map(|row| Ok((row.get("media_type")?, row.get("content")?))).transpose()
}
