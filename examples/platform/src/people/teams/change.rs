//! What is done with teams, by whichever face.

use std::collections::{HashMap, HashSet};

use axum::http::StatusCode;
use nadia_tenant_core::TenantContext;
use nadia_tenant_sqlx::Error;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::{self, Team};
use crate::{
    audit::{self, Action, Entry},
    json::Fields,
    openapi::body,
    people::{
        Caller,
        members::{self, Member},
    },
    problem::Problem,
    state::AppState,
    text,
};

const CREATED: Action = Action::new("team.created");
const RENAMED: Action = Action::new("team.renamed");
const REMOVED: Action = Action::new("team.removed");
const MEMBER_ADDED: Action = Action::new("team.member_added");
const MEMBER_REMOVED: Action = Action::new("team.member_removed");

/// The most teams of a clinic.
const MOST: i64 = 500;

/// A team in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TeamSummary {
    #[serde(flatten)]
    pub(super) team: Team,
    /// How many are in it.
    pub(super) members: usize,
}

/// A team and who is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TeamDetail {
    #[serde(flatten)]
    pub(super) team: Team,
    pub(super) members: Vec<Member>,
}

pub(super) async fn list(app: &AppState, ctx: &TenantContext) -> Result<Vec<TeamSummary>, Problem> {
    let known = everybody(app, ctx).await?;
    let mut scope = app.tenants().conn(ctx).await?;
    let teams = store::list(&mut scope).await?;
    let pairs = store::all_members(&mut scope).await?;
    let known: HashSet<Uuid> = known.iter().map(|member| member.id).collect();
    let mut counts: HashMap<Uuid, usize> = HashMap::new();
    for (team, _) in pairs.iter().filter(|(_, identity)| known.contains(identity)) {
        *counts.entry(*team).or_default() += 1;
    }
    let count = |team: &Team| counts.get(&team.id).copied().unwrap_or_default();
    Ok(teams.into_iter().map(|team| TeamSummary { members: count(&team), team }).collect())
}

pub(super) async fn read(app: &AppState, ctx: &TenantContext, id: Uuid) -> Result<TeamDetail, Problem> {
    let mut scope = app.tenants().conn(ctx).await?;
    let team = store::find(&mut scope, id).await?.ok_or_else(Problem::not_found)?;
    let inside = store::members(&mut scope, id).await?;
    drop(scope);
    let mut members = everybody(app, ctx).await?;
    members.retain(|member| inside.contains(&member.id));
    Ok(TeamDetail { team, members })
}

/// Lists all members of the clinic, who are no more than its seats.
pub(super) async fn everybody(app: &AppState, ctx: &TenantContext) -> Result<Vec<Member>, Error> {
    members::list(app.control(), ctx.tenant().id(), Uuid::nil(), i64::MAX).await
}

pub(super) async fn create(
    app: &AppState,
    ctx: &TenantContext,
    caller: &Caller,
    fields: Fields,
) -> Result<TeamDetail, Problem> {
    let team = Team::new(name(fields)?);
    let mut scope = app.tenants().conn(ctx).await?;
    if store::count(&mut scope).await? >= MOST {
        return Err(too_many());
    }
    store::add(&mut scope, &team).await.map_err(named)?;
    drop(scope);
    record(app, entry(ctx, CREATED, caller, team.id)).await?;
    Ok(TeamDetail { team, members: Vec::new() })
}

pub(super) async fn rename(
    app: &AppState,
    ctx: &TenantContext,
    caller: &Caller,
    id: Uuid,
    fields: Fields,
) -> Result<TeamDetail, Problem> {
    let name = name(fields)?;
    let renamed = store::rename(&mut app.tenants().conn(ctx).await?, id, name).await.map_err(named)?;
    if !renamed {
        return Err(Problem::not_found());
    }
    record(app, entry(ctx, RENAMED, caller, id)).await?;
    read(app, ctx, id).await
}

pub(super) async fn remove(app: &AppState, ctx: &TenantContext, caller: &Caller, id: Uuid) -> Result<(), Problem> {
    let removed = store::remove(&mut app.tenants().conn(ctx).await?, id).await?;
    if !removed {
        return Err(Problem::not_found());
    }
    record(app, entry(ctx, REMOVED, caller, id)).await
}

/// Puts a member of the clinic into a team; who is in it already stays there.
pub(super) async fn add_member(
    app: &AppState,
    ctx: &TenantContext,
    caller: &Caller,
    [team, identity]: [Uuid; 2],
) -> Result<(), Problem> {
    let member = members::find(app.control(), ctx.tenant().id(), identity).await?;
    let mut scope = app.tenants().conn(ctx).await?;
    let team = store::find(&mut scope, team).await?;
    let (Some(member), Some(team)) = (member, team) else { return Err(Problem::not_found()) };
    let added = store::add_member(&mut scope, team.id, member.id).await?;
    drop(scope);
    if added {
        record(app, entry(ctx, MEMBER_ADDED, caller, team.id).with_detail(format!("member {identity}"))).await?;
    }
    Ok(())
}

pub(super) async fn remove_member(
    app: &AppState,
    ctx: &TenantContext,
    caller: &Caller,
    [team, identity]: [Uuid; 2],
) -> Result<(), Problem> {
    let removed = store::remove_member(&mut app.tenants().conn(ctx).await?, team, identity).await?;
    if !removed {
        return Err(Problem::not_found());
    }
    record(app, entry(ctx, MEMBER_REMOVED, caller, team).with_detail(format!("member {identity}"))).await
}

/// Takes somebody who is a member no more out of all teams.
pub(crate) async fn forget(app: &AppState, ctx: &TenantContext, identity: Uuid) -> Result<(), Error> {
    store::forget(&mut app.tenants().conn(ctx).await?, identity).await
}

body! {
    /// What a team is to be called.
    pub(super) struct TeamBody {
        name: String,
    }
}

fn name(mut fields: Fields) -> Result<String, Problem> {
    let name = fields.required_text("name").and_then(|text| text::name(&mut fields, "name", &text));
    fields.finish(name)
}

fn entry(ctx: &TenantContext, action: Action, caller: &Caller, team: Uuid) -> Entry {
    Entry::of(ctx.tenant().id(), action, caller.actor()).with_subject("team", team)
}

async fn record(app: &AppState, entry: Entry) -> Result<(), Problem> {
    Ok(audit::record_alone(app.control(), entry).await?)
}

fn named(error: Error) -> Problem {
    if !error.is_unique_violation() {
        return error.into();
    }
    let (detail, fix) = ("another team has this name", "choose another name");
    Problem::new(StatusCode::CONFLICT, "team_exists", detail, fix)
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too_many_teams",
        format!("the clinic has {MOST} teams, and can't have more"),
        "remove one that is not needed",
    )
}
