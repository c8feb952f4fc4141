use nadia_tenant_core::{TenantId, TenantStatus};
use nadia_tenant_sqlx::{ControlTx, Error, Installation};

use crate::{
    audit::{self, Action, Actor, Entry},
    people::forget_members,
};

/// Removes all that a closed clinic kept, and what the platform's own tables hold of it; its entries in the audit stay.
///
/// Cut short anywhere it can be called again, and goes on.
///
/// # Errors
/// [`Error::Conflict`] for a clinic that is not closed, or not any more; nothing of it is removed then.
pub(crate) async fn remove(installation: &Installation, tenant: TenantId, actor: Actor) -> Result<(), Error> {
    let mut tx = installation.control().begin().await?;
    // From here on nobody opens it again: that asks behind the same head whether its removal began.
    audit::hold(&mut tx, tenant).await?;
    if !is_closed(&mut tx, tenant).await? {
        tx.rollback().await?;
        return Err(Error::Conflict);
    }
    forget_members(&mut tx, tenant).await?;
    if !audit::is_recorded(&mut tx, Action::DELETED, tenant).await? {
        audit::record(&mut tx, Entry::of(tenant, Action::DELETED, actor)).await?;
    }
    tx.commit().await?;
    installation.purge_tenant(tenant).await
}

/// Tells whether what a clinic kept is being removed, or was. The transaction must hold the head of its audit.
pub(crate) async fn is_removal_begun(tx: &mut ControlTx, tenant: TenantId) -> Result<bool, Error> {
    audit::is_recorded(tx, Action::DELETED, tenant).await
}

async fn is_closed(tx: &mut ControlTx, tenant: TenantId) -> Result<bool, Error> {
    let row = tx.query("SELECT status FROM tenants WHERE id = $1").bind(tenant.as_uuid()).fetch_optional().await?;
    let status: Option<String> = row.map(|row| row.get("status")).transpose()?;
    Ok(status.is_some_and(|status| [TenantStatus::Closing, TenantStatus::Purged].iter().any(|s| s.as_str() == status)))
}

#[cfg(test)]
mod tests {
    use nadia_tenant_core::{Isolation, Tenant};
    use nadia_tenant_sqlx::{DatabaseUrl, InstallationConfig};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::{
        people::{Email, Role, add_identity, add_membership},
        plans::PLANS,
        startup::{CONTROL, PLACE},
    };

    #[tokio::test]
    async fn a_clinic_that_is_open_again_keeps_all_of_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let config = InstallationConfig::new(DatabaseUrl::sqlite(folder.path()), &PLACE).with_control(&CONTROL);
        let installation = Installation::provision(config).await.unwrap();
        let (control, id, ana) = (installation.control(), TenantId::new(), Uuid::now_v7());
        let tenant =
            Tenant::new(id, "north".parse().unwrap(), PLANS[0].plan_name()).with_isolation(Isolation::Database);
        let mut tx = control.begin().await.unwrap();
        installation.reserve_tenant(&mut tx, &tenant).await.unwrap();
        let email = Email::parse("ana@example.org").unwrap();
        add_identity(&mut tx, ana, &email, String::new(), OffsetDateTime::now_utc()).await.unwrap();
        add_membership(&mut tx, ana, id, Role::Owner, OffsetDateTime::now_utc()).await.unwrap();
        tx.commit().await.unwrap();
        installation.finish_tenant(id, None).await.unwrap();
        let members = async || {
            let mut scope = control.conn().await.unwrap();
            let count = scope.query("SELECT count(*) AS n FROM memberships WHERE tenant_id = $1").bind(id.as_uuid());
            count.fetch_one().await.unwrap().get::<i64>("n").unwrap()
        };

        // As when it was opened again after the list of closed ones was read.
        assert!(matches!(remove(&installation, id, Actor::Platform).await, Err(Error::Conflict)));
        assert_eq!(members().await, 1);
        assert!(!is_removal_begun(&mut control.begin().await.unwrap(), id).await.unwrap());

        installation.close_tenant(id).await.unwrap();
        remove(&installation, id, Actor::Platform).await.unwrap();
        assert_eq!(members().await, 0);
        assert!(is_removal_begun(&mut control.begin().await.unwrap(), id).await.unwrap());
        // Again, as after it was cut short.
        remove(&installation, id, Actor::Platform).await.unwrap();
    }
}
