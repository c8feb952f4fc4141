//! `/teams` and `/teams/{id}`.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use uuid::Uuid;

use super::change::{self, TeamDetail, TeamSummary};
use crate::{
    ids::{Ids, id},
    people::{Permission, members::Member},
    portal::Visit,
    problem::Problem,
    state::AppState,
    web::{FormState, Frame, PageForm, page, see_other},
};

#[derive(Template)]
#[template(path = "teams.html")]
struct TeamsPage {
    frame: Frame,
    teams: Vec<TeamSummary>,
    form: FormState,
    manages: bool,
}

#[derive(Template)]
#[template(path = "team.html")]
struct TeamPage {
    frame: Frame,
    team: TeamDetail,
    /// Who could be added.
    others: Vec<Member>,
    form: FormState,
    manages: bool,
}

/// `GET /teams`
pub(super) async fn list(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    show_all(&app, &visit, StatusCode::OK, FormState::default()).await
}

async fn show_all(app: &AppState, visit: &Visit, status: StatusCode, form: FormState) -> Result<Response, Problem> {
    let teams = change::list(app, &visit.ctx).await?;
    let manages = visit.caller.may(Permission::ManageMembers);
    Ok(page(status, &TeamsPage { frame: visit.frame(app, "Teams").await?, teams, form, manages }))
}

/// `POST /teams`
pub(super) async fn create(State(app): State<AppState>, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match change::create(&app, &visit.ctx, &visit.caller, form.fields()).await {
        Ok(made) => Ok(see_other(&format!("/teams/{}?notice=added", made.team.id))),
        Err(problem) if problem.status().is_client_error() => {
            show_all(&app, &visit, problem.status(), form.refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /teams/{id}`
pub(super) async fn read(State(app): State<AppState>, visit: Visit, Ids([id]): Ids<1>) -> Result<Response, Problem> {
    show(&app, &visit, id, StatusCode::OK, None).await
}

async fn show(
    app: &AppState,
    visit: &Visit,
    id: Uuid,
    status: StatusCode,
    form: Option<FormState>,
) -> Result<Response, Problem> {
    let team = change::read(app, &visit.ctx, id).await?;
    let manages = visit.caller.may(Permission::ManageMembers);
    let mut others = if manages { change::everybody(app, &visit.ctx).await? } else { Vec::new() };
    others.retain(|member| team.members.iter().all(|inside| inside.id != member.id));
    let frame = visit.frame(app, &team.team.name).await?;
    let form = form.unwrap_or_else(|| FormState::default().with("name", &team.team.name));
    Ok(page(status, &TeamPage { frame, team, others, form, manages }))
}

/// `POST /teams/{id}`
pub(super) async fn rename(
    State(app): State<AppState>,
    visit: Visit,
    Ids([id]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    match change::rename(&app, &visit.ctx, &visit.caller, id, form.fields()).await {
        Ok(_) => Ok(see_other(&format!("/teams/{id}?notice=changed"))),
        Err(problem) if problem.status().is_client_error() => {
            show(&app, &visit, id, problem.status(), Some(form.refused(&problem))).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /teams/{id}/remove`
pub(super) async fn remove(
    State(app): State<AppState>,
    visit: Visit,
    Ids([id]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    form.fields().finish(Some(()))?;
    change::remove(&app, &visit.ctx, &visit.caller, id).await?;
    Ok(see_other("/teams?notice=removed"))
}

/// `POST /teams/{id}/members`
pub(super) async fn add_member(
    State(app): State<AppState>,
    visit: Visit,
    Ids([team]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    let mut fields = form.fields();
    let identity = fields.required_text("identity");
    let identity = id(&fields.finish(identity)?)?;
    change::add_member(&app, &visit.ctx, &visit.caller, [team, identity]).await?;
    Ok(see_other(&format!("/teams/{team}?notice=added")))
}

/// `POST /teams/{id}/members/{identity}/remove`
pub(super) async fn remove_member(
    State(app): State<AppState>,
    visit: Visit,
    Ids(ids): Ids<2>,
    form: PageForm,
) -> Result<Response, Problem> {
    form.fields().finish(Some(()))?;
    change::remove_member(&app, &visit.ctx, &visit.caller, ids).await?;
    Ok(see_other(&format!("/teams/{}?notice=removed", ids[0])))
}
