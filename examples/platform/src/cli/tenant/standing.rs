use std::io::Write;

use clap::Args;
use nadia_tenant_core::TenantStatus;
use nadia_tenant_sqlx::ControlDb;

use super::{
    TenantArg,
    view::{ChangedJson, TenantJson, line},
};
use crate::{
    audit::{self, Action, Actor, Entry},
    cli::{CommandError, DatabaseArgs},
};

pub(super) const SUSPEND_HELP: &str = "\
Its people are told that it is suspended; its data stays. One that is suspended already stays so, which is no failure.

Examples:
  nadia tenant suspend north
  nadia tenant suspend 01890a5d-ac96-774b-bcce-b302099a8057 --json";

pub(super) const RESUME_HELP: &str = "\
It serves reads and writes again, also if it was read-only before. One that is active already stays so, which is no
failure; one that is read-only, moving or closing is not resumed by this.

Examples:
  nadia tenant resume north
  nadia tenant resume north --database-url sqlite:/var/lib/nadia";

/// Options of `nadia tenant suspend` and `nadia tenant resume`.
#[derive(Args, Debug)]
pub(super) struct StandingArgs {
    /// The clinic.
    #[command(flatten)]
    tenant: TenantArg,
    /// Write one JSON object: the clinic, and whether it changed
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl StandingArgs {
    pub(super) async fn suspend(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let refusal = |from: TenantStatus| {
            (!from.can_become(TenantStatus::Suspended)).then_some("only one that is in use can be suspended")
        };
        self.run(out, &Change { to: TenantStatus::Suspended, action: Action::SUSPENDED, refusal }).await
    }

    pub(super) async fn resume(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        // Others may become active as well, such as one that is closing; that is another decision.
        let refusal = |from| (from != TenantStatus::Suspended).then_some("only a suspended one can be resumed");
        self.run(out, &Change { to: TenantStatus::Active, action: Action::RESUMED, refusal }).await
    }

    async fn run(&self, out: &mut dyn Write, change: &Change) -> Result<(), CommandError> {
        self.database.with_control(async |control| self.make(control, change, out).await).await
    }

    async fn make(&self, control: &ControlDb, change: &Change, out: &mut dyn Write) -> Result<(), CommandError> {
        let changed = change.make(control, &self.tenant).await?;
        let record = self.tenant.find(control).await?;
        if self.json {
            let outcome = ChangedJson { tenant: TenantJson::of(&record), changed };
            return Ok(out.write_all(line(&outcome).as_bytes())?);
        }
        let already = if changed { "now" } else { "already" };
        Ok(writeln!(out, "{} is {already} {}", record.tenant.slug(), record.tenant.status())?)
    }
}

/// A change of a clinic's status by an operator.
struct Change {
    to: TenantStatus,
    action: Action,
    /// Says why a clinic of another status is left as it is.
    refusal: fn(TenantStatus) -> Option<&'static str>,
}

impl Change {
    /// Makes the change together with its entry in the audit, and returns whether there was anything to change.
    async fn make(&self, control: &ControlDb, tenant: &TenantArg) -> Result<bool, CommandError> {
        loop {
            let found = tenant.find(control).await?.tenant;
            let status = found.status();
            if status == self.to {
                return Ok(false);
            }
            if let Some(why) = (self.refusal)(status) {
                return Err(CommandError::Status { slug: found.slug().to_string(), status, why });
            }
            let mut tx = control.begin().await?;
            if control.transition_in(&mut tx, found.id(), status, self.to).await? {
                audit::record(&mut tx, Entry::of(found.id(), self.action, Actor::Command)).await?;
                tx.commit().await?;
                return Ok(true);
            }
            // Somebody else was quicker, and what they did decides anew.
            tx.rollback().await?;
        }
    }
}
