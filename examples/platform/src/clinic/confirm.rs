//! The page that asks again before something is removed.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{
    clinic::Desk,
    portal::Visit,
    problem::Problem,
    web::{FormState, Frame, PageForm, page},
};

/// What is to be removed.
pub(super) struct Removal {
    pub(super) title: &'static str,
    /// What goes with it.
    pub(super) text: String,
    pub(super) button: &'static str,
    /// Where the form goes.
    pub(super) action: String,
    /// Where one goes who keeps it.
    pub(super) back: String,
    /// What was looked at; another one by now is asked about again.
    pub(super) version: i64,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm {
    frame: Frame,
    form: FormState,
    text: String,
    button: &'static str,
    action: String,
    back: String,
}

/// Asks for the first time.
pub(super) async fn ask(desk: &Desk, visit: &Visit, removal: Removal) -> Result<Response, Problem> {
    show(desk, visit, removal, None).await
}

/// Asks again, since this refused it.
pub(super) async fn ask_again(
    desk: &Desk,
    visit: &Visit,
    removal: Removal,
    problem: Problem,
) -> Result<Response, Problem> {
    match problem.code() {
        "version_mismatch" | "edit_conflict" => show(desk, visit, removal, Some(problem)).await,
        _ => Err(problem),
    }
}

/// Returns whether the form was made for this version of the record.
pub(super) fn is_of(form: &PageForm, version: i64) -> bool {
    form.value("version").and_then(|sent| sent.parse().ok()) == Some(version)
}

async fn show(desk: &Desk, visit: &Visit, removal: Removal, refused: Option<Problem>) -> Result<Response, Problem> {
    let Removal { title, text, button, action, back, version } = removal;
    let status = refused.as_ref().map_or(StatusCode::OK, Problem::status);
    let mut form = FormState::default().with("version", version.to_string());
    if refused.is_some() {
        form.message = Some("somebody else changed it meanwhile, and nothing was removed; look at it again".to_owned());
    }
    let frame = visit.frame(&desk.app, title).await?;
    Ok(page(status, &Confirm { frame, form, text, button, action, back }))
}
