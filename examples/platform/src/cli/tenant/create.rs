use std::io::Write;

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use nadia_tenant_core::{Isolation, Placement, PlanName, Tenant, TenantId, TenantRef, TenantSlug};
use nadia_tenant_sqlx::{Error, Installation, TenantRecord};
use secrecy::ExposeSecret;
use serde::Serialize;
use uuid::Uuid;

use super::view::{TenantJson, line};
use crate::{
    audit::{self, Action, Actor, Entry},
    cli::{CommandError, DatabaseArgs, password::FirstPassword},
    config::Config,
    people::{EMAIL_FIX, Email, begun_owner, find_identity, set_first_password},
    tenants::{self, Owner, enter_owner},
    text,
};

/// Holds the owner's password, so that it stands in no list of processes.
const PASSWORD: &str = "NADIA_OWNER_PASSWORD";

/// Options of `nadia tenant create`.
#[derive(Args, Debug)]
#[command(after_help = "\
The owner's password is taken from NADIA_OWNER_PASSWORD. Without it a random one is made and printed, once; somebody who
has a log-in already keeps their password, and none is printed.

Cut short anywhere, the same command takes it up again. While the clinic isn't active, nobody can have used a new
owner's password, so that it is made (and printed) anew then.

Examples:
  nadia tenant create north --name 'North Clinic' --owner-email ana@example.org
  nadia tenant create north --name 'North Clinic' --owner-email ana@example.org --isolation database --placement eu
  NADIA_OWNER_PASSWORD=... nadia tenant create north --name North --owner-email ana@example.org --json | jq -r .id")]
pub(super) struct CreateArgs {
    /// The label of the clinic's host: 3 to 63 of a-z, 0-9 and single hyphens
    #[arg(value_name = "SLUG", value_parser = TenantSlug::parse)]
    slug: TenantSlug,
    /// The name that people see
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The e-mail address of the first owner
    #[arg(long, value_name = "ADDRESS")]
    owner_email: String,
    /// The plan, which says how many requests the clinic may send
    #[arg(long, value_name = "PLAN", default_value = Config::FIRST_PLAN)]
    plan: PlanName,
    /// What of the database the clinic has to itself: rows, a schema (PostgreSQL), or a database (SQLite: a file)
    #[arg(long, value_parser = isolations(), default_value = Isolation::Shared.as_str())]
    isolation: Isolation,
    /// The server, one of those named by --server
    #[arg(long, value_name = "NAME", default_value = Placement::MAIN)]
    placement: Placement,
    /// Write one JSON object: the clinic, its owner, and the password if one was made
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    tenant: TenantJson<'a>,
    owner_email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_password: Option<&'a str>,
}

/// A clinic that a command makes.
pub(in crate::cli) struct NewTenant<'a> {
    pub(in crate::cli) slug: &'a TenantSlug,
    pub(in crate::cli) name: &'a str,
    pub(in crate::cli) owner_email: &'a str,
    pub(in crate::cli) plan: &'a PlanName,
    pub(in crate::cli) isolation: Isolation,
    pub(in crate::cli) placement: Placement,
    pub(in crate::cli) json: bool,
}

impl CreateArgs {
    pub(super) async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let Self { slug, name, owner_email, plan, isolation, placement, json, database } = self;
        let (isolation, placement, json) = (*isolation, placement.clone(), *json);
        NewTenant { slug, name, owner_email, plan, isolation, placement, json }.make(database, out).await
    }
}

impl NewTenant<'_> {
    /// Makes the clinic, or goes on with one that was begun, and tells about it.
    pub(in crate::cli) async fn make(&self, database: &DatabaseArgs, out: &mut dyn Write) -> Result<(), CommandError> {
        let name = text::well_formed(self.name)
            .ok_or_else(|| CommandError::Misuse(format!("{}; give 1 to 100 visible characters", text::MALFORMED)))?;
        let email = Email::parse(self.owner_email)
            .ok_or_else(|| CommandError::Misuse(format!("--owner-email is no e-mail address; {EMAIL_FIX}")))?;
        let first = FirstPassword::new(PASSWORD, &email)?;
        let wanted = Tenant::new(TenantId::new(), self.slug.clone(), self.plan.clone())
            .with_name(&name)
            .with_isolation(self.isolation)
            .with_placement(self.placement.clone());
        database
            .with_installation(async |installation| {
                let (tenant, is_new) = begin(installation, &wanted, &email, &first).await?;
                let told = first.password.expose_secret();
                let told = (is_new && first.random).then_some(told);
                if let Some(password) = told.filter(|_| !self.json) {
                    // Before the clinic is active: killed afterwards, this can't be made anew.
                    writeln!(out, "the password of {} is {password}", email.as_str())?;
                    out.flush()?;
                }
                let half = |source| CommandError::HalfMade { slug: self.slug.to_string(), source };
                installation.finish_tenant(tenant, None).await.map_err(half)?;
                let record = installation.control().tenant(&TenantRef::Id(tenant)).await?;
                let record = record.ok_or(Error::UnknownTenant)?;
                self.tell(&record, &email, told, out)
            })
            .await
    }

    fn tell(
        &self,
        record: &TenantRecord,
        email: &Email,
        password: Option<&str>,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        if self.json {
            let tenant = TenantJson::of(record);
            let outcome = Outcome { tenant, owner_email: email.as_str(), owner_password: password };
            return Ok(out.write_all(line(&outcome).as_bytes())?);
        }
        let tenant = &record.tenant;
        let (slug, status, owner) = (tenant.slug(), tenant.status(), email.as_str());
        Ok(writeln!(out, "{slug} is {status}, {} on {}, owned by {owner}", tenant.isolation(), tenant.placement())?)
    }
}

pub(in crate::cli) fn isolations() -> impl TypedValueParser<Value = Isolation> {
    PossibleValuesParser::new(Isolation::ALL.map(Isolation::as_str))
        .map(|name| name.parse().expect("only names of isolations are let through"))
}

/// Reserves the clinic, or finds the one that was begun; returns its id and whether its owner has the first password.
async fn begin(
    installation: &Installation,
    wanted: &Tenant,
    email: &Email,
    first: &FirstPassword,
) -> Result<(TenantId, bool), CommandError> {
    // Twice: somebody may sign up with the same new address at this moment.
    for _ in 0..2 {
        let found = installation.control().tenant(&TenantRef::Slug(wanted.slug().clone())).await?;
        if let Some(found) = found {
            return take_up(installation, wanted, &found.tenant, email, first).await;
        }
        let owner = match find_identity(installation.control(), email).await? {
            Some(known) => Owner::Known(known.id),
            None => Owner::New { id: Uuid::now_v7(), password_hash: first.hash().await? },
        };
        let is_new = matches!(owner, Owner::New { .. });
        match reserve(installation, wanted, email, &owner).await {
            Ok(()) => return Ok((wanted.id(), is_new)),
            Err(error) if error.is_unique_violation() && (is_new || error.is_slug_taken()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::SlugTaken.into())
}

/// Takes the slug and enters the owner, in one transaction.
async fn reserve(installation: &Installation, wanted: &Tenant, email: &Email, owner: &Owner) -> Result<(), Error> {
    let mut tx = installation.control().begin().await?;
    let written = async {
        tenants::reserve(installation, &mut tx, wanted).await?;
        enter_owner(&mut tx, wanted.id(), email, owner).await?;
        audit::record(&mut tx, Entry::of(wanted.id(), Action::CREATED, Actor::Command)).await
    };
    match written.await {
        Ok(()) => tx.commit().await,
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

/// Checks that what was begun is what is wanted.
async fn take_up(
    installation: &Installation,
    wanted: &Tenant,
    begun: &Tenant,
    email: &Email,
    first: &FirstPassword,
) -> Result<(TenantId, bool), CommandError> {
    let unfinished = installation.unfinished_work().await?;
    if !unfinished.iter().any(|work| work.tenant == begun.id() && work.kind == nadia_tenant_sqlx::WorkKind::Provision) {
        return Err(Error::SlugTaken.into());
    }
    let differs = |what| CommandError::OtherwiseBegun { slug: begun.slug().to_string(), what };
    for (what, same) in [
        ("name", begun.name() == wanted.name()),
        ("plan", begun.plan() == wanted.plan()),
        ("isolation", begun.isolation() == wanted.isolation()),
        ("placement", begun.placement() == wanted.placement()),
    ] {
        if !same {
            return Err(differs(what));
        }
    }
    let owner = begun_owner(installation.control(), begun.id()).await?;
    let owner = owner.filter(|owner| owner.has(email)).ok_or_else(|| differs("owner"))?;
    let is_new = set_first_password(installation.control(), &owner, begun.id(), first.hash().await?).await?;
    Ok((begun.id(), is_new))
}
