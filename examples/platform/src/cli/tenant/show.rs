use std::io::Write;

use clap::Args;
use nadia_tenant_sqlx::TenantRecord;

use super::{
    TenantArg,
    view::{TenantJson, instant, line, shown, standing},
};
use crate::cli::{CommandError, DatabaseArgs};

/// Options of `nadia tenant show`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  nadia tenant show north
  nadia tenant show 01890a5d-ac96-774b-bcce-b302099a8057 --json")]
pub(super) struct ShowArgs {
    /// The clinic.
    #[command(flatten)]
    tenant: TenantArg,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ShowArgs {
    pub(super) async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        self.database.with_control(async |control| self.write(&self.tenant.find(control).await?, out)).await
    }

    fn write(&self, record: &TenantRecord, out: &mut dyn Write) -> Result<(), CommandError> {
        if self.json {
            return Ok(out.write_all(line(&TenantJson::of(record)).as_bytes())?);
        }
        let tenant = &record.tenant;
        for (label, value) in [
            ("slug", tenant.slug().to_string()),
            ("id", tenant.id().to_string()),
            ("name", shown(tenant.name())),
            ("status", standing(tenant)),
            ("plan", tenant.plan().to_string()),
            ("isolation", tenant.isolation().to_string()),
            ("placement", tenant.placement().to_string()),
            ("revision", record.revision.to_string()),
            ("created", instant(record.created_at)),
            ("changed", instant(record.updated_at)),
        ] {
            writeln!(out, "{label:<10} {value}")?;
        }
        Ok(())
    }
}
