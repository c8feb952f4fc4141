use crate::{routes::Row, state::AppState};
pub(crate) const ROUTES: &[Row] = &[];
pub(crate) async fn work(_app: &AppState) { std::future::pending::<()>().await }
