//! `GET /livez` and `GET /readyz`, on any host, since who asks is a supervisor and no person.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    problem::{Problem, chain},
    state::AppState,
};

const PATIENCE: Duration = Duration::from_secs(2);

/// Says that the process runs.
pub(crate) async fn live() -> Response {
    status("live")
}

/// Says that the database answers.
pub(crate) async fn ready(State(app): State<AppState>) -> Result<Response, Problem> {
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
