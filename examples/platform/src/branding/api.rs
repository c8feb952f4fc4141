use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::{Tenant, TenantRef};
use nadia_tenant_tower::Tenant as Resolved;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    change,
    logo::MOST,
    store::{branding, content},
};
use crate::{
    json::{Fields, read_body_of},
    openapi::body,
    people::Caller,
    problem::Problem,
    state::AppState,
};

/// A logo runs nothing and fetches nothing, even when it is opened by itself.
const LOGO_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

#[derive(Serialize, ToSchema)]
#[schema(as = Branding)]
pub(super) struct BrandingAnswer {
    name: String,
    brand_colour: Option<String>,
    /// The colours that follow from it; ours to choose.
    text_colour: Option<String>,
    dark_colour: Option<String>,
    dark_text_colour: Option<String>,
    welcome_text: Option<String>,
    logo: Option<LogoAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Logo)]
struct LogoAnswer {
    url: &'static str,
    media_type: String,
    sha256: String,
}

body! {
    /// What of the branding is to change: `null` sets the platform's.
    pub(super) struct BrandingPatch {
        #[schema(nullable = false)]
        name: Option<String>,
        /// As `#rrggbb`, readable on light and dark pages.
        brand_colour: Option<String>,
        welcome_text: Option<String>,
    }
}

/// `GET /api/v1/branding`
pub(super) async fn show(State(app): State<AppState>, Resolved(tenant): Resolved) -> Result<Response, Problem> {
    answer(&app, tenant.tenant()).await
}

/// `PATCH /api/v1/branding`
pub(super) async fn change(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    change::change(&app, tenant.tenant(), &caller, Fields::read(request).await?).await?;
    answer(&app, tenant.tenant()).await
}

/// `PUT /api/v1/branding/logo`: the body is the file.
pub(super) async fn set_logo(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let content = read_body_of(request, MOST).await?;
    change::set_logo(&app, tenant.tenant(), &caller, content).await?;
    answer(&app, tenant.tenant()).await
}

/// `DELETE /api/v1/branding/logo`
pub(super) async fn remove_logo(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
) -> Result<Response, Problem> {
    change::remove_logo(&app, tenant.tenant(), &caller).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn answer(app: &AppState, tenant: &Tenant) -> Result<Response, Problem> {
    let record = app.control().tenant(&TenantRef::Id(tenant.id())).await?.ok_or_else(Problem::not_found)?;
    let brand = branding(app, tenant.id()).await?;
    let colour = |colour: Option<super::Colour>| colour.map(|colour| colour.to_string());
    let dark = brand.colour.map(super::Colour::for_dark);
    let logo = brand.logo.as_ref().map(|logo| LogoAnswer {
        url: "/assets/logo",
        media_type: logo.media_type.clone(),
        sha256: logo.sha256.clone(),
    });
    let answer = BrandingAnswer {
        name: record.tenant.name().to_owned(),
        brand_colour: colour(brand.colour),
        text_colour: colour(brand.colour.map(super::Colour::text)),
        dark_colour: colour(dark),
        dark_text_colour: colour(dark.map(super::Colour::text)),
        welcome_text: brand.welcome.clone(),
        logo,
    };
    Ok(Json(answer).into_response())
}

/// `GET /assets/brand.css`
pub(super) async fn style(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let brand = branding(&app, tenant.tenant().id()).await?;
    let (style, hash) = brand.style.as_ref().ok_or_else(Problem::not_found)?;
    let kept = kept(hash)?;
    if is_known(&headers, hash) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))];
    Ok((kept, kind, style.clone()).into_response())
}

/// `GET /assets/logo`
pub(super) async fn logo(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = tenant.tenant().id();
    let brand = branding(&app, id).await?;
    let logo = brand.logo.as_ref().ok_or_else(Problem::not_found)?;
    let kept = kept(&logo.sha256)?;
    if is_known(&headers, &logo.sha256) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let content = content(&app, id, &logo.sha256).await?.ok_or_else(Problem::not_found)?;
    let kind = HeaderValue::from_str(&logo.media_type).map_err(|error| Problem::internal(&error))?;
    let guard = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(LOGO_POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((kept, guard, content).into_response())
}

/// Lets browsers keep it, and ask each time whether it is still the one.
fn kept(hash: &str) -> Result<[(header::HeaderName, HeaderValue); 2], Problem> {
    let etag = HeaderValue::from_str(&format!("\"{hash}\"")).map_err(|error| Problem::internal(&error))?;
    Ok([(header::ETAG, etag), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))])
}

fn is_known(headers: &HeaderMap, hash: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|tag| {
        let tag = tag.trim();
        tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == hash
    })
}
