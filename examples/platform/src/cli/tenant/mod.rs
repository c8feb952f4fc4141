//! `nadia tenant`: what an operator does to clinics. Needs the database only, no key file, and migrates nothing.

mod create;
mod delete;
mod list;
mod show;
mod standing;
mod view;

use std::io::Write;

use clap::{Args, Subcommand};
use nadia_tenant_core::{TenantId, TenantRef, TenantSlug};
use nadia_tenant_sqlx::{ControlDb, TenantRecord};

use self::{create::CreateArgs, delete::DeleteArgs, list::ListArgs, show::ShowArgs, standing::StandingArgs};
pub(super) use self::{
    create::{NewTenant, isolations},
    view::line,
};
use super::CommandError;

/// The command below `nadia tenant`.
#[derive(Args, Debug)]
pub struct TenantArgs {
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Make a clinic with its owner, or go on with one that was begun
    Create(CreateArgs),
    /// Remove a clinic and all that it kept, for good
    Delete(DeleteArgs),
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
pub(super) struct TenantArg {
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
            TenantCommand::Create(args) => args.run(out).await,
            TenantCommand::Delete(args) => args.run(out).await,
            TenantCommand::List(args) => args.run(out).await,
            TenantCommand::Show(args) => args.run(out).await,
            TenantCommand::Suspend(args) => args.suspend(out).await,
            TenantCommand::Resume(args) => args.resume(out).await,
        }
    }
}

impl TenantArg {
    pub(super) fn new(tenant: &str) -> Self {
        Self { tenant: tenant.to_owned() }
    }

    /// Finds the clinic. A text that can be an id is one: new ids begin with a digit, and slugs with a letter.
    pub(super) async fn find(&self, control: &ControlDb) -> Result<TenantRecord, CommandError> {
        let unknown = || CommandError::NoTenant(self.tenant.clone());
        let id = self.tenant.parse::<TenantId>().ok().map(TenantRef::Id);
        let reference = id.or_else(|| TenantSlug::parse(&self.tenant).ok().map(TenantRef::Slug));
        control.tenant(&reference.ok_or_else(unknown)?).await?.ok_or_else(unknown)
    }
}
