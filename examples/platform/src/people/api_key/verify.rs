use aws_lc_rs::constant_time::verify_slices_are_equal;
use nadia_tenant_core::TenantId;
use time::{Duration, OffsetDateTime};

use super::{store, token};
use crate::{
    people::{Caller, Way, session::hash},
    problem::Problem,
    state::AppState,
};

/// How far apart two notes of a key's use are: a busy key must not write with each request.
const NOTED: Duration = Duration::minutes(1);

/// Finds what a key of this clinic may do, if it is good.
///
/// It asks the database each time, so that a revocation is seen at once by every server.
pub(crate) async fn verify(app: &AppState, tenant: TenantId, token: &str) -> Result<Option<Caller>, Problem> {
    let Some(parts) = token::read(token) else { return Ok(None) };
    let Some(key) = store::find(app.control(), tenant, parts.id).await? else { return Ok(None) };
    if verify_slices_are_equal(hash(parts.secret).as_bytes(), key.secret_hash.as_bytes()).is_err() {
        return Ok(None);
    }
    if key.last_used_at.is_none_or(|at| at < OffsetDateTime::now_utc() - NOTED) {
        store::note_use(app.control(), tenant, parts.id, NOTED).await?;
    }
    Ok(Some(Caller { role: key.role, way: Way::Key(parts.id) }))
}
