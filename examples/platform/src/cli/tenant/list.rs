use std::io::Write;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use nadia_tenant_core::TenantStatus;
use nadia_tenant_sqlx::{ControlDb, TenantRecord};

use super::view::{TenantJson, line, shown, standing};
use crate::cli::{CommandError, DatabaseArgs};

/// How many clinics are read at once.
const PAGE: u16 = 500;
const HEADS: [&str; COLUMNS + 1] = ["SLUG", "STATUS", "PLAN", "ISOLATION", "PLACEMENT", "ID", "NAME"];
/// Those that are padded; the name stands last.
const COLUMNS: usize = 6;

/// Options of `nadia tenant list`.
#[derive(Args, Debug)]
#[command(after_help = "\
Clinics that are gone are listed as well, as purged.

Examples:
  nadia tenant list
  nadia tenant list --status suspended
  nadia tenant list --json | jq -r 'select(.quarantined) | .slug'")]
pub(super) struct ListArgs {
    /// Only those with this status
    #[arg(long, value_parser = statuses())]
    status: Option<TenantStatus>,
    /// Write one JSON object a line
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ListArgs {
    pub(super) async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        self.database.with_control(async |control| self.write(control, out).await).await
    }

    async fn write(&self, control: &ControlDb, out: &mut dyn Write) -> Result<(), CommandError> {
        let (mut after, mut widths) = (None, None);
        loop {
            let page = control.list(after, self.status, PAGE).await?;
            let text = if self.json {
                page.iter().map(|record| line(&TenantJson::of(record))).collect()
            } else {
                table(&page, &mut widths)
            };
            out.write_all(text.as_bytes())?;
            if page.len() < usize::from(PAGE) {
                return Ok(());
            }
            after = page.last().map(|record| record.tenant.id());
        }
    }
}

fn statuses() -> impl TypedValueParser<Value = TenantStatus> {
    PossibleValuesParser::new(TenantStatus::ALL.map(TenantStatus::as_str))
        .map(|name| name.parse().expect("only names of statuses are let through"))
}

/// Writes a page. The first one has the heads, and says how wide the columns of all are.
fn table(page: &[TenantRecord], widths: &mut Option<[usize; COLUMNS]>) -> String {
    let mut rows: Vec<_> = page.iter().map(cells).collect();
    let widths = widths.get_or_insert_with(|| {
        rows.insert(0, HEADS.map(str::to_owned));
        std::array::from_fn(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default())
    });
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&*widths) {
            text.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(&row[COLUMNS]);
        text.push('\n');
    }
    text
}

fn cells(record: &TenantRecord) -> [String; COLUMNS + 1] {
    let tenant = &record.tenant;
    [
        tenant.slug().to_string(),
        standing(tenant),
        tenant.plan().to_string(),
        tenant.isolation().to_string(),
        tenant.placement().to_string(),
        tenant.id().to_string(),
        shown(tenant.name()),
    ]
}
