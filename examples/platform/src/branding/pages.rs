use askama::Template;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{change, logo::MOST, store::branding};
use crate::{
    plans::{Feature, features},
    portal::Visit,
    problem::Problem,
    settings::{Key, stored},
    state::AppState,
    web::{FormState, Frame, PageForm, UploadForm, page, see_other},
};

#[derive(Template)]
#[template(path = "branding.html")]
struct BrandingPage {
    frame: Frame,
    form: FormState,
    logo_form: FormState,
    has_feature: bool,
    has_logo: bool,
}

/// `GET /branding`
pub(super) async fn show(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    let form = filled(&app, &visit).await?;
    render(&app, &visit, StatusCode::OK, form, FormState::default()).await
}

/// `POST /branding`
pub(super) async fn save(State(app): State<AppState>, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match change::change(&app, visit.tenant(), &visit.caller, form.fields()).await {
        Ok(()) => Ok(see_other("/branding?notice=saved")),
        Err(problem) if problem.status().is_client_error() => {
            render(&app, &visit, problem.status(), form.refused(&problem), FormState::default()).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /branding/logo`
pub(super) async fn set_logo(State(app): State<AppState>, visit: Visit, request: Request) -> Result<Response, Problem> {
    let set = async {
        let file = UploadForm::read(request, MOST).await?.file;
        let content = file.map(|file| file.content).unwrap_or_default();
        change::set_logo(&app, visit.tenant(), &visit.caller, content).await
    };
    match set.await {
        Ok(()) => Ok(see_other("/branding?notice=saved")),
        Err(problem) if problem.status().is_client_error() && problem.code() != "form_stale" => {
            let form = filled(&app, &visit).await?;
            render(&app, &visit, problem.status(), form, FormState::of(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /branding/logo/remove`
pub(super) async fn remove_logo(
    State(app): State<AppState>,
    visit: Visit,
    _form: PageForm,
) -> Result<Response, Problem> {
    change::remove_logo(&app, visit.tenant(), &visit.caller).await?;
    Ok(see_other("/branding?notice=removed"))
}

async fn filled(app: &AppState, visit: &Visit) -> Result<FormState, Problem> {
    let stored = stored(app.control(), visit.tenant().id()).await?;
    let form = FormState::default().with("name", visit.tenant().name());
    let keys = [Key::BrandColour, Key::WelcomeText];
    Ok(keys.into_iter().fold(form, |form, key| form.with(key.as_str(), stored.value(key).unwrap_or_default())))
}

async fn render(
    app: &AppState,
    visit: &Visit,
    status: StatusCode,
    form: FormState,
    logo_form: FormState,
) -> Result<Response, Problem> {
    let tenant = visit.tenant();
    let shown = BrandingPage {
        frame: visit.frame(app, "Branding").await?,
        form,
        logo_form,
        has_feature: features(app.control(), tenant).await?.has(Feature::Branding),
        has_logo: branding(app, tenant.id()).await?.logo.is_some(),
    };
    Ok(page(status, &shown))
}
