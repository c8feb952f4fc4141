use std::{fmt, str::FromStr};

use nadia_tenant_core::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{ControlDb, ControlTx, Error};

/// What is being done to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkKind {
    /// It is being made.
    Provision,
    /// It is being removed.
    Deprovision,
}

impl WorkKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Deprovision => "deprovision",
        }
    }
}

impl fmt::Display for WorkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Work on a tenant that was begun and isn't finished.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantWork {
    /// The tenant.
    pub tenant: TenantId,
    /// What is being done to it.
    pub kind: WorkKind,
    /// The last step that is done.
    pub step: String,
    /// Why the last try went no further, if it failed.
    pub error: Option<String>,
    /// When a step of it was done last, or a try failed.
    pub updated_at: OffsetDateTime,
}

/// The steps of a work, in their order, as the ledger has them.
pub(super) trait Step: Copy + FromStr<Err = ()> {
    const KIND: WorkKind;

    fn as_str(self) -> &'static str;
}

/// Notes that a step is done, in the caller's transaction. What is all done stays so: of two who do the same work at once one
/// comes late.
pub(super) async fn done<S: Step>(tx: &mut ControlTx, tenant: TenantId, step: S) -> Result<(), Error> {
    tx.query(
        "INSERT INTO tenant_work (tenant_id, work, step, error, updated_at) VALUES ($1, $2, $3, NULL, $4) \
         ON CONFLICT (tenant_id, work) DO UPDATE SET step = excluded.step, error = NULL, updated_at = excluded.updated_at \
         WHERE tenant_work.step <> 'done'",
    )
    .bind(tenant.as_uuid())
    .bind(S::KIND.as_str().to_owned())
    .bind(step.as_str().to_owned())
    .bind(OffsetDateTime::now_utc())
    .execute()
    .await
    .map(drop)
}

/// Forgets work whatever came of it, in the caller's transaction.
pub(super) async fn reset(tx: &mut ControlTx, tenant: TenantId, kind: WorkKind) -> Result<(), Error> {
    let delete = tx.query("DELETE FROM tenant_work WHERE tenant_id = $1 AND work = $2");
    delete.bind(tenant.as_uuid()).bind(kind.as_str().to_owned()).execute().await.map(drop)
}

/// Forgets work that isn't to be finished, in the caller's transaction.
pub(super) async fn abandon(tx: &mut ControlTx, tenant: TenantId, kind: WorkKind) -> Result<(), Error> {
    let delete = tx.query("DELETE FROM tenant_work WHERE tenant_id = $1 AND work = $2 AND step <> 'done'");
    delete.bind(tenant.as_uuid()).bind(kind.as_str().to_owned()).execute().await.map(drop)
}

/// Notes that a step is done, in a transaction of its own.
pub(super) async fn mark<S: Step>(control: &ControlDb, tenant: TenantId, step: S) -> Result<(), Error> {
    let mut tx = control.begin().await?;
    done(&mut tx, tenant, step).await?;
    tx.commit().await
}

/// Notes why work went no further. The error itself is what the caller gets, so a failure to note it is not told.
pub(super) async fn stumbled(control: &ControlDb, tenant: TenantId, kind: WorkKind, error: &Error) {
    let noted = async {
        let mut scope = control.conn().await?;
        let text = crate::migrate::ledger::chain_of(error);
        let update = scope.query(
            "UPDATE tenant_work SET error = $1, updated_at = $2 WHERE tenant_id = $3 AND work = $4 AND step <> 'done'",
        );
        let update = update.bind(text).bind(OffsetDateTime::now_utc()).bind(tenant.as_uuid());
        update.bind(kind.as_str().to_owned()).execute().await
    };
    let _ = noted.await;
}

/// Returns the last step that is done.
pub(super) async fn reached<S: Step>(control: &ControlDb, tenant: TenantId) -> Result<Option<S>, Error> {
    let mut scope = control.conn().await?;
    let read = scope.query("SELECT step FROM tenant_work WHERE tenant_id = $1 AND work = $2").bind(tenant.as_uuid());
    let row = read.bind(S::KIND.as_str().to_owned()).fetch_optional().await?;
    let step = row.map(|row| row.get::<String>("step")).transpose()?;
    step.map(|step| step.parse().map_err(|()| Error::Corrupt(format!("step {step:?} is not known here").into())))
        .transpose()
}

/// Returns the work that was begun and isn't finished, the oldest tenant first.
pub(crate) async fn unfinished(control: &ControlDb) -> Result<Vec<TenantWork>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query(
        "SELECT tenant_id, work, step, error, updated_at FROM tenant_work WHERE step <> 'done' ORDER BY tenant_id",
    );
    let rows = rows.fetch_all().await?;
    let works = rows.iter().map(|row| {
        let kind = match row.get::<String>("work")?.as_str() {
            "provision" => WorkKind::Provision,
            "deprovision" => WorkKind::Deprovision,
            other => return Err(Error::Corrupt(format!("work {other:?} is not known here").into())),
        };
        let tenant =
            TenantId::try_from(row.get::<Uuid>("tenant_id")?).map_err(|error| Error::Corrupt(Box::new(error)))?;
        Ok(TenantWork {
            tenant,
            kind,
            step: row.get("step")?,
            error: row.get("error")?,
            updated_at: row.get("updated_at")?,
        })
    });
    works.collect()
}
