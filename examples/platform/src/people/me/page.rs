//! `/me`.

use std::net::SocketAddr;

use askama::Template;
use axum::{
    extract::{ConnectInfo, State},
    http::StatusCode,
    response::Response,
};

use super::{
    account::{self, Person},
    store::{self, OwnSession},
};
use crate::{
    ids::Ids,
    people::Role,
    portal::Visit,
    problem::Problem,
    state::AppState,
    web::{FormState, Frame, PageForm, page, see_other},
};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    frame: Frame,
    email: String,
    role: Role,
    named: FormState,
    password: FormState,
    sessions: Vec<OwnSession>,
}

async fn render(
    app: &AppState,
    visit: &Visit,
    status: StatusCode,
    named: Option<FormState>,
    password: FormState,
) -> Result<Response, Problem> {
    let person = Person::of(&visit.caller)?;
    let named = match named {
        Some(form) => form,
        None => {
            let name = store::name(app.control(), person.identity).await?;
            FormState::default().with("name", name.unwrap_or_default())
        }
    };
    let shown = MePage {
        frame: visit.frame(app, "Me").await?,
        email: person.email.as_str().to_owned(),
        role: visit.caller.role,
        named,
        password,
        sessions: account::sessions(app, visit.tenant().id(), &visit.caller).await?,
    };
    Ok(page(status, &shown))
}

/// `GET /me`
pub(super) async fn show(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    render(&app, &visit, StatusCode::OK, None, FormState::default()).await
}

/// `POST /me`
pub(super) async fn rename(State(app): State<AppState>, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match account::rename(&app, visit.tenant().id(), &visit.caller, form.fields()).await {
        Ok(()) => Ok(see_other("/me?notice=saved")),
        Err(problem) if problem.status().is_client_error() => {
            render(&app, &visit, problem.status(), Some(form.refused(&problem)), FormState::default()).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /me/password`
pub(super) async fn change_password(
    State(app): State<AppState>,
    visit: Visit,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    form: PageForm,
) -> Result<Response, Problem> {
    match account::change_password(&app, visit.tenant().id(), &visit.caller, client, form.fields()).await {
        Ok(()) => Ok(see_other("/me?notice=changed")),
        Err(problem) if problem.status().is_client_error() => {
            render(&app, &visit, problem.status(), None, form.refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /me/sessions/{id}/end`
pub(super) async fn end_session(
    State(app): State<AppState>,
    visit: Visit,
    Ids([id]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    form.fields().finish(Some(()))?;
    account::end_session(&app, visit.tenant().id(), &visit.caller, id).await?;
    Ok(see_other("/me?notice=ended"))
}
