//! Logging operators in and out.

use std::net::SocketAddr;

use askama::Template;
use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Operator,
    auth::cookie_name,
    store::{self, LIFE},
};
use crate::{
    audit::{self, Action, Actor, Entry},
    json::Fields,
    people::Email,
    problem::Problem,
    state::AppState,
    web::{Brand, FormState, Notice, PageForm, clear_cookie, page, see_other, set_cookie},
};

const LOGGED_IN: Action = Action::new("operator.logged_in");

#[derive(Template)]
#[template(path = "login.html")]
struct LogInPage {
    brand: Brand,
    form: FormState,
    notice: Option<Notice>,
}

impl LogInPage {
    fn new(form: FormState, notice: Option<Notice>) -> Self {
        Self { brand: Brand::platform("Nadia operators"), form, notice }
    }
}

/// `GET /login`
pub(super) async fn show(request: Request) -> Response {
    page(StatusCode::OK, &LogInPage::new(FormState::default(), Notice::of(request.uri().query())))
}

/// `POST /login`
pub(super) async fn log_in(
    State(app): State<AppState>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    form: PageForm,
) -> Result<Response, Problem> {
    let mut fields = form.fields();
    fields.text("next");
    match identify(&app, client, fields).await {
        Ok(token) => {
            let secure = app.is_secure();
            let cookie = set_cookie(cookie_name(secure), &token, LIFE.whole_seconds(), secure);
            Ok(([(header::SET_COOKIE, cookie)], see_other("/")).into_response())
        }
        Err(problem) if problem.status().is_client_error() => {
            Ok(page(problem.status(), &LogInPage::new(form.refused(&problem), None)))
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /logout`
pub(super) async fn log_out(
    State(app): State<AppState>,
    operator: Operator,
    _form: PageForm,
) -> Result<Response, Problem> {
    store::end(app.control(), operator.token()).await?;
    let secure = app.is_secure();
    let cookie = clear_cookie(cookie_name(secure), secure);
    Ok(([(header::SET_COOKIE, cookie)], see_other("/login?notice=logged-out")).into_response())
}

/// A session that begins.
#[derive(Serialize, ToSchema)]
pub(super) struct Grant {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// How many seconds the access token is good for.
    expires_in: i64,
}

/// `POST /api/v1/auth/login`
pub(super) async fn api_log_in(
    State(app): State<AppState>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let token = identify(&app, client, Fields::read(request).await?).await?;
    let body = Grant { access_token: token, token_type: "Bearer", expires_in: LIFE.whole_seconds() };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response())
}

/// `POST /api/v1/auth/logout`
pub(super) async fn api_log_out(State(app): State<AppState>, operator: Operator) -> Result<StatusCode, Problem> {
    store::end(app.control(), operator.token()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a session for who gives an operator's address and password; all others get one answer after the same work.
async fn identify(app: &AppState, client: SocketAddr, mut fields: Fields) -> Result<String, Problem> {
    app.doors.log_in(client.ip())?;
    let email = fields.required_text("email");
    let password = fields.required_text("password").map(SecretString::from);
    let (email, password) = fields.finish(email.zip(password))?;
    let email = Email::parse(&email);
    if let Some(email) = &email {
        app.doors.guess(email, client.ip())?;
    }
    let (id, hash) = store::find(app.control(), email.as_ref()).await?.unzip();
    let verified = app.passwords.verify(password, hash).await?;
    let (true, Some(id)) = (verified, id) else { return Err(refused()) };
    let mut tx = app.control().begin().await?;
    let token = store::open(&mut tx, id).await?;
    audit::record(&mut tx, Entry::of_platform(LOGGED_IN, Actor::Operator(id))).await?;
    tx.commit().await?;
    Ok(token)
}

fn refused() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid_credentials",
        "the e-mail address and the password do not open this",
        "check both, and that you are an operator",
    )
    .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"platform\""))
}
