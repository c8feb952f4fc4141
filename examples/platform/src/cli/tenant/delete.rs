use std::{
    io::{self, BufRead, IsTerminal, Write},
    time::Duration,
};

use clap::Args;
use nadia_tenant_core::{Tenant, TenantRef, TenantStatus};
use nadia_tenant_sqlx::{Error, Installation, TenantRecord};
use time::OffsetDateTime;

use super::{
    TenantArg,
    view::{ChangedJson, TenantJson, line, shown},
};
use crate::{
    audit::Actor,
    cli::{CommandError, DatabaseArgs},
    tenants::remove,
};

/// Options of `nadia tenant delete`.
#[derive(Args, Debug)]
#[command(after_help = "\
The clinic is closed first, so that no server takes requests of it; --grace later, when those under way have ended, its sessions and memberships end, and its rows, schema or
database are removed. Its people stay, since they may be members of other clinics; its id stays taken, its slug is free.
Nothing of it can be brought back.

Cut short anywhere, the same command takes it up again. Without --yes it asks back, and refuses where it can't ask.

Examples:
  nadia tenant delete north
  nadia tenant delete 01890a5d-ac96-774b-bcce-b302099a8057 --yes --json")]
pub(super) struct DeleteArgs {
    /// The clinic.
    #[command(flatten)]
    tenant: TenantArg,
    /// How many seconds requests have to end that were under way when the clinic was closed; servers cut theirs after 30
    #[arg(long, value_name = "SECONDS", default_value_t = 31)]
    grace: u16,
    /// Don't ask back
    #[arg(long)]
    yes: bool,
    /// Write one JSON object: the clinic as it is now, and whether there was anything to remove
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl DeleteArgs {
    pub(super) async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        if !self.yes && !io::stdin().is_terminal() {
            return Err(CommandError::Misuse(
                "there is no terminal to ask back on; give --yes to remove the clinic and all that it kept".to_owned(),
            ));
        }
        self.database.with_installation(async |installation| self.delete(installation, out).await).await
    }

    async fn tenant_record(&self, installation: &Installation, tenant: &Tenant) -> Result<TenantRecord, Error> {
        installation.control().tenant(&TenantRef::Id(tenant.id())).await?.ok_or(Error::UnknownTenant)
    }

    async fn delete(&self, installation: &Installation, out: &mut dyn Write) -> Result<(), CommandError> {
        let tenant = self.tenant.find(installation.control()).await?.tenant;
        let changed = tenant.status() != TenantStatus::Purged;
        if changed {
            if !self.yes && !confirmed(&tenant)? {
                return Err(CommandError::Misuse("this is not its slug; nothing was changed".to_owned()));
            }
            if tenant.status() == TenantStatus::Moving {
                let why = "only one that stays where it is can be removed";
                return Err(CommandError::Status { slug: tenant.slug().to_string(), status: tenant.status(), why });
            }
            installation.close_tenant(tenant.id()).await?;
            let closed = self.tenant_record(installation, &tenant).await?.updated_at;
            let waited = (OffsetDateTime::now_utc() - closed).try_into().unwrap_or(Duration::ZERO);
            tokio::time::sleep(Duration::from_secs(self.grace.into()).saturating_sub(waited)).await;
        }
        let half = |source| CommandError::HalfRemoved { slug: tenant.slug().to_string(), source };
        remove(installation, tenant.id(), Actor::Command).await.map_err(half)?;

        let record = self.tenant_record(installation, &tenant).await?;
        if self.json {
            let outcome = ChangedJson { tenant: TenantJson::of(&record), changed };
            return Ok(out.write_all(line(&outcome).as_bytes())?);
        }
        let now = if changed { "now" } else { "already" };
        Ok(writeln!(out, "{} ({}) is {now} removed", tenant.slug(), tenant.id())?)
    }
}

fn confirmed(tenant: &Tenant) -> Result<bool, CommandError> {
    let mut terminal = io::stderr().lock();
    write!(
        terminal,
        "{} ({}, {} on {}) and all that it kept will be removed for good.\nType its slug to go on: ",
        tenant.slug(),
        shown(tenant.name()),
        tenant.isolation(),
        tenant.placement()
    )?;
    terminal.flush()?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    Ok(typed.trim() == tenant.slug().as_str())
}
