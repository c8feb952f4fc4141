//! `/members`: who belongs to the clinic, and who is invited.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use nadia_tenant_core::TenantId;
use uuid::Uuid;

use super::{Member, change, store};
use crate::{
    cursor::List,
    ids::Ids,
    people::{
        Caller, Permission, Role,
        invitations::{self, Invitation},
    },
    portal::Visit,
    problem::Problem,
    query::ListQuery,
    state::AppState,
    web::{FormState, Frame, PageForm, page, see_other},
};

/// A page of the list of members, and the cursor of the next one.
pub(super) struct Page {
    pub(super) members: Vec<Member>,
    pub(super) next: Option<String>,
}

pub(super) async fn read(app: &AppState, tenant: TenantId, query: &str) -> Result<Page, Problem> {
    let query = ListQuery::parse(query)?;
    if !query.search.is_empty() {
        let fix = "leave search out";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "query_invalid", "members can't be searched", fix));
    }
    let list = List { tenant, collection: "members", search: "" };
    let after = query.cursor.as_deref().map(|cursor| list.after(cursor, &app.keys)).transpose()?;
    // One more tells whether there is a next page.
    let limit = i64::from(query.limit) + 1;
    let mut members = store::list(app.control(), tenant, after.unwrap_or_default(), limit).await?;
    let more = members.len() > usize::from(query.limit);
    members.truncate(usize::from(query.limit));
    let next = members.last().filter(|_| more).map(|last| list.cursor(last.id, &app.keys));
    Ok(Page { members, next })
}

/// Somebody who was just invited, and the link to give them.
pub(crate) struct Invited {
    pub(crate) email: String,
    pub(crate) link: String,
}

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage {
    frame: Frame,
    members: Vec<Member>,
    next: Option<String>,
    invitations: Vec<Invitation>,
    invited: Option<Invited>,
    form: FormState,
    roles: Vec<Role>,
    manages: bool,
    manages_owners: bool,
    me: Option<Uuid>,
}

impl MembersPage {
    fn may_change(&self, member: &Member) -> bool {
        self.manages && (self.manages_owners || member.role != Role::Owner)
    }

    fn is_me(&self, member: &Member) -> bool {
        self.me == Some(member.id)
    }
}

/// Shows the page, with a form that was refused or somebody who was just invited.
pub(crate) async fn show(
    app: &AppState,
    visit: &Visit,
    query: &str,
    status: StatusCode,
    form: FormState,
    invited: Option<Invited>,
) -> Result<Response, Problem> {
    let tenant = visit.tenant().id();
    let cursor = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "cursor");
    let query = cursor.map_or_else(String::new, |(_, cursor)| format!("cursor={cursor}"));
    let Page { members, next } = read(app, tenant, &query).await?;
    let manages = visit.caller.may(Permission::ManageMembers);
    let invitations = if manages { invitations::open(app.control(), tenant).await? } else { Vec::new() };
    let shown = MembersPage {
        frame: visit.frame(app, "Members").await?,
        members,
        next,
        invitations,
        invited,
        form,
        roles: assignable(&visit.caller),
        manages,
        manages_owners: visit.caller.may(Permission::ManageOwners),
        me: visit.caller.identity(),
    };
    Ok(page(status, &shown))
}

/// The roles that somebody may give.
fn assignable(caller: &Caller) -> Vec<Role> {
    let may_give = |role: &Role| *role != Role::Owner || caller.may(Permission::ManageOwners);
    Role::ALL.into_iter().rev().filter(may_give).collect()
}

/// `GET /members`
pub(super) async fn get(
    State(app): State<AppState>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    show(&app, &visit, &query.unwrap_or_default(), StatusCode::OK, FormState::default(), None).await
}

/// `POST /members/{id}/role`
pub(super) async fn change(
    State(app): State<AppState>,
    visit: Visit,
    Ids([id]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    let changed = change::change_role(&app, visit.tenant().id(), &visit.caller, id, form.fields()).await;
    after(&app, &visit, changed.map(drop), "/members?notice=changed").await
}

/// `POST /members/{id}/remove`
pub(super) async fn remove(
    State(app): State<AppState>,
    visit: Visit,
    Ids([id]): Ids<1>,
    form: PageForm,
) -> Result<Response, Problem> {
    form.fields().finish(Some(()))?;
    let removed = change::remove(&app, &visit.ctx, &visit.caller, id).await;
    after(&app, &visit, removed, "/members?notice=removed").await
}

/// Leads on, or says on the page why nothing was done.
async fn after(app: &AppState, visit: &Visit, done: Result<(), Problem>, to: &str) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(see_other(to)),
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            show(app, visit, "", problem.status(), FormState::of(&problem), None).await
        }
        Err(problem) => Err(problem),
    }
}
