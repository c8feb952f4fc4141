//! `GET /livez` and `GET /readyz`, on any host, since who asks is a supervisor and no person.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    problem::{Problem, chain},
    routes::{Access, HostKind, Row},
    state::AppState,
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/livez", HostKind::Any, Access::Public, || get(live)),
    (Method::GET, "/readyz", HostKind::Any, Access::Public, || get(ready)),
];

const PATIENCE: Duration = Duration::from_secs(2);

/// Says that the process runs.
async fn live() -> Response {
    status("live")
}

/// Says that the database answers.
async fn ready(State(app): State<AppState>) -> Result<Response, Problem> {
    let asked = tokio::time::timeout(PATIENCE, async {
        let mut scope = app.control().conn().await?;
        scope.query("SELECT id FROM identities WHERE id = $1").bind(Uuid::nil()).fetch_optional().await
    });
    match asked.await {
        Ok(Ok(_)) => return Ok(status("ready")),
        Ok(Err(error)) => tracing::error!(error = %chain(&error), "not ready"),
        Err(_) => tracing::error!("not ready: the database did not answer within {PATIENCE:?}"),
    }
    Err(Problem::busy("not_ready", "the database does not answer"))
}

fn status(text: &str) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(json!({ "status": text }))).into_response()
}
