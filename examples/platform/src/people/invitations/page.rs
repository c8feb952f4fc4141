//! Inviting on the page `/members`.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::invite;
use crate::{
    ids::Ids,
    people::members::{Invited, show_page},
    portal::Visit,
    problem::Problem,
    state::AppState,
    web::{FormState, PageForm, see_other},
};

/// `POST /members/invite`: the page that answers is the only one that shows the link.
pub(super) async fn create(
    State(app): State<AppState>,
    visit: Visit,
    headers: HeaderMap,
    form: PageForm,
) -> Result<Response, Problem> {
    match invite::create(&app, visit.tenant(), &visit.caller, &headers, form.fields()).await {
        Ok(made) => {
            let invited = Invited { email: made.invitation.email, link: made.url };
            show_page(&app, &visit, "", StatusCode::CREATED, FormState::default(), Some(invited)).await
        }
        Err(problem) if problem.status().is_client_error() => {
            show_page(&app, &visit, "", problem.status(), form.refused(&problem), None).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /invitations/{id}/revoke`
pub(super) async fn revoke(
    State(app): State<AppState>,
    visit: Visit,
    Ids([id]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    form.fields().finish(Some(()))?;
    invite::revoke(&app, visit.tenant().id(), &visit.caller, id).await?;
    Ok(see_other("/members?notice=revoked"))
}
