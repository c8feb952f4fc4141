use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{
    operators::OperatorVisit,
    web::{Frame, page},
};

#[derive(Template)]
#[template(path = "admin_overview.html")]
struct Overview {
    frame: Frame,
}

/// `GET /`
pub(super) async fn show(visit: OperatorVisit) -> Response {
    page(StatusCode::OK, &Overview { frame: visit.frame("Overview") })
}
