//! `nadia import-mvp`: from a single-user product's database to a clinic.

mod progress;
mod report;

use std::{io::Write, pin::pin};

use clap::{Args, builder::RangedU64ValueParser};
use nadia_tenant_core::{
    CellLayout, Isolation, Placement, PlanName, ResolvedBy, Tenant, TenantCells, TenantContext, TenantRef, TenantSlug,
    TenantStatus,
};
use nadia_tenant_sqlx::Installation;
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

use self::{
    progress::Progress,
    report::{LimitReport, Report},
};
use super::{
    CommandError, DatabaseArgs,
    tenant::{NewTenant, line},
};
use crate::{
    config::Config,
    mvp::{self, Clinic, ImportError, Outcome, SourceError},
    people::{EMAIL_FIX, Email, first_owner},
    plans::{self, Resource},
};

/// Options of `nadia import-mvp`.
#[derive(Args, Debug)]
#[command(after_help = "\
Patients, appointments, notes and documents become the clinic's; people are invited, and settings made, there. What a source has is
read in one snapshot and never changed. What can't be kept as it is, is changed or dropped by rules, which the report counts,
with ids as examples: look at --dry-run first. Nothing that a patient's field can't hold is lost: it goes to the patient's
notes. Times without a zone are read as UTC's. Appointments become those of the clinic's first owner; of two at one time the earlier
entry keeps it. Limits of the plan don't stop it, and are reported. Servers may run meanwhile.

With --create the clinic is made first, as by `nadia tenant create`, which says what becomes of the owner's password; one that
this owner has already is used as it is.

Ctrl-C stops it after a batch; a second one at once. Stopped or killed anywhere, the same command goes on where it was, and
nothing is there twice. At its end all rows are read back and compared with what was read, by counts and hashes.

Exit codes: 0 done, and what is there is equal; 1 it failed, was stopped or isn't equal; 2 asked wrongly.

Examples:
  nadia import-mvp --from mvp.sqlite --tenant north --dry-run
  nadia import-mvp --from mvp.sqlite --tenant north --create --name 'North Clinic' --owner-email ana@example.org
  nadia import-mvp --from postgres://USER:PASSWORD@HOST/mvp --tenant north --json | jq '.tables[] | {table, kept, equal}'")]
pub struct ImportMvpArgs {
    /// The source: a file of SQLite or postgres://USER:PASSWORD@HOST:PORT/DATABASE
    #[arg(long, env = "NADIA_IMPORT_FROM", hide_env_values = true, value_name = "FILE|URL")]
    // It may hold a password.
    from: SecretString,
    /// The clinic that it is brought into
    #[arg(long, value_name = "SLUG", value_parser = TenantSlug::parse)]
    tenant: TenantSlug,
    /// Make the clinic unless it is there
    #[arg(long, requires = "name", requires = "owner_email")]
    create: bool,
    /// With --create: the name that people see
    #[arg(long, value_name = "NAME", requires = "create")]
    name: Option<String>,
    /// With --create: the e-mail address of the owner
    #[arg(long, value_name = "ADDRESS", requires = "create")]
    owner_email: Option<String>,
    /// With --create: the plan
    #[arg(long, value_name = "PLAN", requires = "create", default_value = Config::FIRST_PLAN)]
    plan: PlanName,
    /// With --create: what of the database the clinic has to itself
    #[arg(long, requires = "create", value_parser = super::tenant::isolations(), default_value = Isolation::Shared.as_str())]
    isolation: Isolation,
    /// Read all, tell what would be kept, changed and dropped, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// How many rows are read and written at a time
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    batch: usize,
    /// Write one JSON object (with --create, one of the clinic before it, if it was made)
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl ImportMvpArgs {
    /// Does it, and writes what came of it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let place = mvp::Place::parse(&self.from);
        if self.dry_run && self.is_to_be_made().await? {
            return self.preview(&place, None, Vec::new(), out).await;
        }
        if self.create && self.is_to_be_made().await? {
            // A source that can't be read makes no clinic.
            mvp::check(&place).await?;
            self.new_tenant()?.make(&self.database, out).await?;
        }
        self.database.with_installation(async |installation| self.work(installation, &place, out).await).await
    }

    async fn work(
        &self,
        installation: &Installation,
        place: &mvp::Place,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let control = installation.control();
        let record = control.tenant(&TenantRef::Slug(self.tenant.clone())).await?;
        let tenant = record.ok_or_else(|| no_tenant(&self.tenant))?.tenant;
        let status = tenant.status();
        if !matches!(status, TenantStatus::Active | TenantStatus::Suspended) {
            let why = "patients can be brought into an active or suspended clinic only";
            return Err(CommandError::Status { slug: tenant.slug().to_string(), status, why });
        }
        let owner = self.owner(installation, &tenant).await?;
        let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
        let ctx = TenantContext::new(tenant, cell, ResolvedBy::Job);
        if self.dry_run {
            let limits = limits(installation, &ctx).await?;
            return self.preview(place, Some(ctx.tenant()), limits, out).await;
        }
        let clinic = Clinic { control, tenants: installation.tenants(), ctx: &ctx, owner };
        let progress = Progress::new();
        let outcome = stoppable(&progress, mvp::import(place, &clinic, self.batch, &progress)).await?;
        let limits = limits(installation, &ctx).await?;
        self.tell(&outcome, Some(ctx.tenant()), limits, out)
    }

    async fn preview(
        &self,
        place: &mvp::Place,
        tenant: Option<&Tenant>,
        limits: Vec<LimitReport>,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let progress = Progress::new();
        let outcome = stoppable(&progress, mvp::preview(place, self.batch, &progress)).await?;
        self.tell(&outcome, tenant, limits, out)
    }

    fn tell(
        &self,
        outcome: &Outcome,
        tenant: Option<&Tenant>,
        limits: Vec<LimitReport>,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let report = Report::of(tenant.map(|tenant| tenant.id().to_string()), outcome, limits, self.dry_run);
        out.write_all(if self.json { line(&report) } else { report.text() }.as_bytes())?;
        if report.equal {
            return Ok(());
        }
        let why = if outcome.was_done {
            "people have worked there since, or somebody changed the database"
        } else {
            "somebody changed them meanwhile"
        };
        Err(CommandError::Behind(format!("the clinic's rows are not those that were read; {why}")))
    }

    /// Tells whether the clinic isn't there and is to be made, or its making was cut short.
    async fn is_to_be_made(&self) -> Result<bool, CommandError> {
        let mut is_missing = false;
        self.database
            .with_control(async |control| {
                let record = control.tenant(&TenantRef::Slug(self.tenant.clone())).await?;
                is_missing = record.is_none_or(|record| record.tenant.status() == TenantStatus::Provisioning);
                Ok(())
            })
            .await?;
        if is_missing && !self.create { Err(no_tenant(&self.tenant)) } else { Ok(is_missing) }
    }

    fn new_tenant(&self) -> Result<NewTenant<'_>, CommandError> {
        let missing = || CommandError::Misuse("--create needs --name and --owner-email".to_owned());
        Ok(NewTenant {
            slug: &self.tenant,
            name: self.name.as_deref().ok_or_else(missing)?,
            owner_email: self.owner_email.as_deref().ok_or_else(missing)?,
            plan: &self.plan,
            isolation: self.isolation,
            placement: Placement::default(),
            json: self.json,
        })
    }

    /// Finds whose the appointments become. With --create it must be the one that is named: the slug may be somebody else's.
    async fn owner(&self, installation: &Installation, tenant: &Tenant) -> Result<Uuid, CommandError> {
        let owner = first_owner(installation.control(), tenant.id()).await?;
        let named = match &self.owner_email {
            Some(email) => Some(
                Email::parse(email)
                    .ok_or_else(|| CommandError::Misuse(format!("--owner-email is no e-mail address; {EMAIL_FIX}")))?,
            ),
            None => None,
        };
        match owner {
            Some((id, email)) if named.as_ref().is_none_or(|named| named.as_str() == email) => Ok(id),
            Some(_) => Err(CommandError::Misuse(format!(
                "{} is there already, and its first owner is another; leave --create out if it is the right clinic",
                tenant.slug()
            ))),
            None => Err(CommandError::Misuse(format!(
                "{} has no owner, whose the appointments would become; give it one first",
                tenant.slug()
            ))),
        }
    }
}

fn no_tenant(slug: &TenantSlug) -> CommandError {
    CommandError::Misuse(format!(
        "no tenant has the slug {:?}; `nadia tenant list` shows all, and --create makes one",
        slug.as_str()
    ))
}

/// What the clinic uses of what its plan limits.
async fn limits(installation: &Installation, ctx: &TenantContext) -> Result<Vec<LimitReport>, CommandError> {
    let usages = plans::usages(installation.control(), installation.tenants(), ctx).await?;
    let limited = usages.into_iter().filter(|usage| usage.resource != Resource::Seats);
    let report = limited.map(|usage| LimitReport {
        resource: usage.resource.as_str(),
        used: usage.used,
        limit: usage.limit.value,
        above: usage.used > usage.limit.value,
        shown: format!(
            "{} used, {} in the plan",
            usage.resource.shown(&usage.used),
            usage.resource.shown(&usage.limit.value)
        ),
    });
    Ok(report.collect())
}

/// Waits for a run, and asks it to stop when somebody wants that.
async fn stoppable(
    progress: &Progress,
    run: impl Future<Output = Result<Outcome, ImportError>>,
) -> Result<Outcome, CommandError> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut run = pin!(run);
    loop {
        tokio::select! {
            outcome = &mut run => {
                progress.end();
                return Ok(outcome?);
            }
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if !progress.stop() {
            progress.end();
            return Err(CommandError::Behind("it was stopped at once; run the same command again to go on".to_owned()));
        }
    }
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Database(error) => error.into(),
            ImportError::Source(error) => error.into(),
            ImportError::OtherSource => Self::Misuse(error.to_string()),
            ImportError::Together | ImportError::Stopped => Self::Behind(error.to_string()),
        }
    }
}

impl From<SourceError> for CommandError {
    fn from(error: SourceError) -> Self {
        let (message, is_misuse) = (error.to_string(), !matches!(error, SourceError::Read(_)));
        let source = error.into_cause();
        Self::Source { message, is_misuse, source: Box::new(source) }
    }
}
