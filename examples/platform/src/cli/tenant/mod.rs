//! `nadia tenant`: what an operator does to clinics. Needs the database only, no key file, and migrates nothing.

mod list;
mod show;
mod standing;
mod view;

use std::io::Write;

use clap::{Args, Subcommand};
use nadia_tenant_core::{TenantId, TenantRef, TenantSlug};
use nadia_tenant_sqlx::{ControlDb, TenantRecord};

use self::{list::ListArgs, show::ShowArgs, standing::StandingArgs};
use super::CommandError;

/// The command below `nadia tenant`.
#[derive(Args, Debug)]
pub struct TenantArgs {
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// List the clinics in the order of their making
    List(ListArgs),
    /// Show one clinic
    Show(ShowArgs),
    /// Keep a clinic from being served, by every server within a second
    #[command(after_help = standing::SUSPEND_HELP)]
    Suspend(StandingArgs),
    /// Let a suspended clinic be served again
    #[command(after_help = standing::RESUME_HELP)]
    Resume(StandingArgs),
}

/// Names one clinic.
#[derive(Args, Clone, Debug)]
struct TenantArg {
    /// The clinic's slug, or its id
    #[arg(value_name = "SLUG|ID")]
    tenant: String,
}

impl TenantArgs {
    /// Does it, and writes what came of it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        match &self.command {
            TenantCommand::List(args) => args.run(out).await,
            TenantCommand::Show(args) => args.run(out).await,
            TenantCommand::Suspend(args) => args.suspend(out).await,
            TenantCommand::Resume(args) => args.resume(out).await,
        }
    }
}

impl TenantArg {
    /// Finds the clinic. A text that can be an id is one: new ids begin with a digit, and slugs with a letter.
    async fn find(&self, control: &ControlDb) -> Result<TenantRecord, CommandError> {
        let unknown = || CommandError::NoTenant(self.tenant.clone());
        let id = self.tenant.parse::<TenantId>().ok().map(TenantRef::Id);
        let reference = id.or_else(|| TenantSlug::parse(&self.tenant).ok().map(TenantRef::Slug));
        control.tenant(&reference.ok_or_else(unknown)?).await?.ok_or_else(unknown)
    }
}
