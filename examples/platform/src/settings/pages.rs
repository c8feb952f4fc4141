use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    Group, Key, api,
    key::Kind,
    store::{Change, changes, stored},
};
use crate::{
    people::Permission,
    plans::{self, Feature},
    portal::Visit,
    problem::Problem,
    state::AppState,
    tenants,
    web::{FormState, Frame, PageForm, filters, page, see_other},
};

/// How many changes the page shows.
const SHOWN: i64 = 30;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
    form: FormState,
    slug_form: FormState,
    slug: String,
    base_domain: String,
    former: Vec<String>,
    may_rename: bool,
    features: Vec<(Feature, bool, bool)>,
    changes: Vec<Change>,
}

impl SettingsPage {
    fn keys(&self) -> impl Iterator<Item = Key> {
        Key::ALL.into_iter().filter(|key| key.group() == Group::Settings)
    }

    fn choices(&self, key: &Key) -> &'static [&'static str] {
        match key.kind() {
            Kind::Choice(choices) => choices,
            _ => &[],
        }
    }

    fn input(&self, key: &Key) -> (&'static str, String) {
        match key.kind() {
            Kind::Number { min, max, step } => ("number", format!("min={min} max={max} step={step}")),
            Kind::Email => ("email", String::new()),
            Kind::Phone => ("tel", String::new()),
            _ => ("text", String::new()),
        }
    }
}

/// `GET /settings`
pub(super) async fn show(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    let form = filled(&app, &visit).await?;
    render(&app, &visit, StatusCode::OK, form, FormState::default()).await
}

/// `POST /settings`
pub(super) async fn save(State(app): State<AppState>, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match api::set(&app, visit.tenant(), &visit.caller, form.fields()).await {
        Ok(()) => Ok(see_other("/settings?notice=saved")),
        Err(problem) if problem.status().is_client_error() => {
            render(&app, &visit, problem.status(), form.refused(&problem), FormState::default()).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /settings/slug`: moves the clinic to another host, and the person with it.
pub(super) async fn rename(
    State(app): State<AppState>,
    visit: Visit,
    headers: HeaderMap,
    form: PageForm,
) -> Result<Response, Problem> {
    let mut fields = form.fields();
    let confirmed = fields.required_text("confirm");
    if confirmed.is_some_and(|typed| typed.trim() != visit.tenant().slug().as_str()) {
        let fix = "type the present first part of the clinic's host";
        fields.refuse("confirm", "not_confirmed", "this is not what was to be typed", fix);
    }
    match tenants::rename(&app, visit.tenant(), &visit.caller, fields).await {
        Ok(slug) => tenants::lead_to(&app, &visit, slug.as_str(), "/settings?notice=changed", &headers).await,
        Err(problem) if problem.status().is_client_error() => {
            let shown = filled(&app, &visit).await?;
            render(&app, &visit, problem.status(), shown, form.refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn filled(app: &AppState, visit: &Visit) -> Result<FormState, Problem> {
    let stored = stored(app.control(), visit.tenant().id()).await?;
    let keys = Key::ALL.into_iter().filter(|key| key.group() == Group::Settings);
    Ok(keys.fold(FormState::default(), |form, key| form.with(key.as_str(), stored.value(key).unwrap_or_default())))
}

async fn render(
    app: &AppState,
    visit: &Visit,
    status: StatusCode,
    form: FormState,
    slug_form: FormState,
) -> Result<Response, Problem> {
    let tenant = visit.tenant();
    let shown = SettingsPage {
        frame: visit.frame(app, "Settings").await?,
        form,
        slug_form,
        slug: tenant.slug().as_str().to_owned(),
        base_domain: app.base_domain.clone(),
        former: tenants::former_slugs(app.control(), tenant.id()).await?,
        may_rename: visit.caller.role.may(Permission::Rename),
        features: plans::features(app.control(), tenant).await?.iter().collect(),
        changes: changes(app.control(), tenant.id(), None, SHOWN).await?,
    };
    Ok(page(status, &shown))
}
