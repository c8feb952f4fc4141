use axum::{extract::FromRequestParts, http::request::Parts};
use nadia_tenant_core::{TenantContext, TenantId};
use nadia_tenant_sqlx::portable::{Conn, Tx};
use nadia_tenant_tower::Tenant;
use uuid::Uuid;

use crate::{
    audit::{self, Action, Entry},
    people::{Caller, Permission},
    problem::Problem,
    state::AppState,
};

/// Somebody at work at a clinic, by a page or the API: what each operation on its data starts from.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) app: AppState,
    pub(crate) ctx: TenantContext,
    pub(crate) caller: Caller,
}

impl FromRequestParts<AppState> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let Tenant(ctx) = Tenant::from_request_parts(parts, app).await.map_err(|_| Problem::failure())?;
        let caller = Caller::from_request_parts(parts, app).await?;
        Ok(Self { app: app.clone(), ctx, caller })
    }
}

impl Desk {
    pub(crate) fn tenant_id(&self) -> TenantId {
        self.ctx.tenant().id()
    }

    pub(crate) fn may_write(&self) -> bool {
        self.caller.role.may(Permission::WritePatients)
    }

    pub(crate) async fn conn(&self) -> Result<Conn, Problem> {
        Ok(self.app.tenants().conn(&self.ctx).await?)
    }

    pub(crate) async fn begin(&self) -> Result<Tx, Problem> {
        Ok(self.app.tenants().begin(&self.ctx).await?)
    }

    /// Writes into the audit what was done to a record of the clinic.
    pub(crate) async fn record(&self, action: Action, kind: &'static str, id: Uuid) -> Result<(), Problem> {
        let entry = Entry::of(self.tenant_id(), action, self.caller.actor()).with_subject(kind, id);
        Ok(audit::record_alone(self.app.control(), entry).await?)
    }
}
