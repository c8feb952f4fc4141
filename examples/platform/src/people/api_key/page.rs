//! `/api-keys`.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    change::{self, Made},
    store::{self, ApiKey},
};
use crate::{
    ids::Ids,
    people::Role,
    plans::{self, Feature},
    portal::Visit,
    problem::Problem,
    state::AppState,
    web::{FormState, Frame, PageForm, page, see_other},
};

#[derive(Template)]
#[template(path = "api_keys.html")]
struct ApiKeysPage {
    frame: Frame,
    keys: Vec<ApiKey>,
    made: Option<Made>,
    form: FormState,
    roles: [Role; 3],
    /// Whether the clinic may make keys.
    has_feature: bool,
}

async fn show(
    app: &AppState,
    visit: &Visit,
    status: StatusCode,
    form: FormState,
    made: Option<Made>,
) -> Result<Response, Problem> {
    let shown = ApiKeysPage {
        frame: visit.frame(app, "API keys").await?,
        keys: store::list(app.control(), visit.tenant().id()).await?,
        made,
        form,
        roles: [Role::Viewer, Role::Clinician, Role::Admin],
        has_feature: plans::features(app.control(), visit.tenant()).await?.has(Feature::ApiKeys),
    };
    Ok(page(status, &shown))
}

/// `GET /api-keys`
pub(super) async fn list(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    show(&app, &visit, StatusCode::OK, FormState::default(), None).await
}

/// `POST /api-keys`: the page that answers is the only one that shows the key.
pub(super) async fn create(State(app): State<AppState>, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match change::create(&app, visit.tenant(), &visit.caller, form.fields()).await {
        Ok(made) => show(&app, &visit, StatusCode::CREATED, FormState::default(), Some(made)).await,
        Err(problem) if problem.status().is_client_error() => {
            show(&app, &visit, problem.status(), form.refused(&problem), None).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /api-keys/{id}/revoke`
pub(super) async fn revoke(
    State(app): State<AppState>,
    visit: Visit,
    Ids([id]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    form.fields().finish(Some(()))?;
    change::revoke(&app, visit.tenant().id(), &visit.caller, id).await?;
    Ok(see_other("/api-keys?notice=revoked"))
}
