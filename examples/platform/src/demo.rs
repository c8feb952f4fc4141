//! Three clinics with synthetic patients, so that there is something to look at.

use std::time::{Duration, Instant};

use nadia_tenant_core::{TenantContext, TenantId, TenantRef, TenantSlug, TenantStatus};
use nadia_tenant_sqlx::ControlDb;
use time::Date;
use uuid::Uuid;

use crate::{
    audit::{self, Action, Actor, Entry},
    clinic::{self, NewPatient, Patient},
    operators::{self, OperatorRecord},
    people::Email,
    plans::{PLANS, Plan},
    problem::Problem,
    startup::StartError,
    state::AppState,
    tenants::{NewClinic, register, slug_taken},
};

/// A clinic of the demo and how to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DemoClinic {
    /// The name shown to people.
    pub name: &'static str,
    /// The label of its host.
    pub slug: &'static str,
    /// The owner's e-mail address.
    pub email: &'static str,
    /// The owner's password. Everybody knows it: a demo is for a machine of one's own.
    pub password: &'static str,
}

const CLINICS: [DemoClinic; 3] = [
    clinic("Northside Clinic", "northside", "owner@northside.example"),
    clinic("Lakeview Family Practice", "lakeview", "owner@lakeview.example"),
    clinic("Old Town Dental", "oldtown", "owner@oldtown.example"),
];

const fn clinic(name: &'static str, slug: &'static str, email: &'static str) -> DemoClinic {
    DemoClinic { name, slug, email, password: "synthetic-demo-1" }
}

const PATIENTS: usize = 12;
/// How long another server has to make a clinic, before this one takes it up.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);
const GIVEN: [&str; 12] =
    ["Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Femi", "Greta", "Hiro", "Ines", "Jonas", "Keiko", "Luca"];
const FAMILY: [&str; 12] = [
    "Abbott",
    "Björk",
    "Castillo",
    "Duarte",
    "Eriksen",
    "Fontaine",
    "García",
    "Hoffmann",
    "Ito",
    "Jansen",
    "Kowalska",
    "Lindqvist",
];
const NOTES: [&str; 4] = [
    "Annual check-up; nothing of note.",
    "Prefers appointments in the morning.",
    "Allergic to penicillin.",
    "Follow-up in three months.",
];

/// The address of the demo's operator; the password is that of its clinics.
pub const OPERATOR: &str = "operator@platform.example";

/// Adds the operator unless there is one with this address.
async fn seed_operator(app: &AppState) -> Result<(), StartError> {
    let email = Email::parse(OPERATOR).expect("the demo's addresses are addresses");
    if operators::list(app.control()).await?.iter().any(|known| known.email == email.as_str()) {
        return Ok(());
    }
    let hash = app.passwords.hash(CLINICS[0].password.into()).await;
    let hash = hash.map_err(|problem| StartError::Demo { slug: operators::HOST_LABEL, code: problem.code() })?;
    let mut tx = app.control().begin().await?;
    match operators::add(&mut tx, Uuid::now_v7(), &email, hash).await {
        Ok(()) => Ok(tx.commit().await?),
        // Another server on the same database was quicker.
        Err(error) if error.is_unique_violation() => Ok(tx.rollback().await?),
        Err(error) => Err(error.into()),
    }
}

/// Makes what is missing of the demo; what the people of its clinics changed stays as it is.
///
/// A clinic's patients are added once, and only to a clinic that the demo made itself.
pub(crate) async fn seed(app: &AppState) -> Result<Vec<DemoClinic>, StartError> {
    for (number, clinic) in CLINICS.iter().enumerate() {
        let refused = |problem: Problem| StartError::Demo { slug: clinic.slug, code: problem.code() };
        let ctx = find_or_register(app, clinic, &PLANS[number]).await.map_err(refused)?;
        let control = app.control();
        let ours = audit::happened(control, Action::DEMO_MADE, clinic.slug).await?;
        if ours && !audit::happened(control, Action::DEMO_FILLED, clinic.slug).await? {
            fill(app, &ctx, number).await?;
        }
    }
    seed_operator(app).await?;
    Ok(CLINICS.to_vec())
}

/// Refuses a database in which the demo made a clinic, or its operator may log in: everybody knows their password.
pub(crate) async fn refuse(control: &ControlDb) -> Result<(), StartError> {
    for clinic in &CLINICS {
        if audit::happened(control, Action::DEMO_MADE, clinic.slug).await? {
            return Err(StartError::DemoPresent { slug: clinic.slug });
        }
    }
    // Whatever became of its clinics: who has this account has all clinics.
    let is_there = |known: &OperatorRecord| known.email == OPERATOR && known.disabled_at.is_none();
    if operators::list(control).await?.iter().any(is_there) { Err(StartError::DemoOperator) } else { Ok(()) }
}

/// Finds a clinic of the demo, or makes it. Each has another plan, and so, on PostgreSQL, another way of being kept apart.
async fn find_or_register(app: &AppState, clinic: &DemoClinic, plan: &'static Plan) -> Result<TenantContext, Problem> {
    let slug = TenantSlug::parse(clinic.slug).expect("the demo's slugs are slugs");
    let reference = TenantRef::Slug(slug.clone());
    if find(app, &reference).await?.is_none() {
        let clinic = NewClinic {
            name: clinic.name.to_owned(),
            slug,
            email: Email::parse(clinic.email).expect("the demo's addresses are addresses"),
            password: clinic.password.into(),
            plan,
            action: Action::DEMO_MADE,
            actor: Actor::Platform,
        };
        match register(app, &clinic).await {
            Ok(_) => {}
            // Another server on the same database was quicker.
            Err(refused) if refused.code() == "slug_taken" => {}
            Err(refused) => return Err(refused),
        }
    }
    made(app, &reference).await
}

/// Waits until a clinic is made: another server may be at it, or was killed at it.
async fn made(app: &AppState, reference: &TenantRef) -> Result<TenantContext, Problem> {
    let begun = Instant::now();
    loop {
        app.registry.invalidate(reference);
        let ctx = find(app, reference).await?.ok_or_else(slug_taken)?;
        if ctx.tenant().status() != TenantStatus::Provisioning {
            return Ok(ctx);
        }
        if begun.elapsed() > PATIENCE {
            app.installation.finish_tenant(ctx.tenant().id(), None).await?;
        } else {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn find(app: &AppState, reference: &TenantRef) -> Result<Option<TenantContext>, Problem> {
    app.registry.find(reference).await.map_err(|error| Problem::internal(&error))
}

/// Adds the patients, then notes it. Killed between the two, or beside another server that does the same, it adds none
/// twice.
async fn fill(app: &AppState, ctx: &TenantContext, number: usize) -> Result<(), StartError> {
    let id = ctx.tenant().id();
    let mut tx = app.tenants().begin(ctx).await?;
    for index in 0..PATIENTS {
        let patient = Patient { id: patient_id(id, index), ..Patient::new(id, synthetic(number, index)) };
        clinic::insert_new(&mut tx, &patient).await?;
    }
    crate::plans::recount(&mut tx).await?;
    tx.commit().await?;
    let mut tx = app.control().begin().await?;
    audit::record(&mut tx, Entry::of(id, Action::DEMO_FILLED, Actor::Platform)).await?;
    Ok(tx.commit().await?)
}

/// Makes the id of a clinic's n-th patient: the clinic's own, made at the same time, with the number in its counter.
fn patient_id(clinic: TenantId, index: usize) -> Uuid {
    let mut id = *clinic.as_uuid().as_bytes();
    id[7] = u8::try_from(index).unwrap_or(u8::MAX);
    Uuid::from_bytes(id)
}

/// Makes up a patient: names from two lists, a telephone number and a host that are reserved for fiction.
fn synthetic(clinic: usize, index: usize) -> NewPatient {
    let given_name = GIVEN[(index * 5 + clinic * 3) % GIVEN.len()];
    let family_name = FAMILY[(index * 7 + clinic * 5) % FAMILY.len()];
    let days = i64::try_from(index * 1_931 + clinic * 977).unwrap_or_default();
    NewPatient {
        given_name: given_name.to_owned(),
        family_name: family_name.to_owned(),
        birth_date: Date::from_ordinal_date(1942, 17).ok().and_then(|day| day.checked_add(time::Duration::days(days))),
        email: Some(format!("{}.{clinic}{index:02}@patients.example", given_name.to_lowercase())),
        phone: Some(format!("+1 555 01{:02}", (clinic * PATIENTS + index) % 100)),
        notes: Some(NOTES[(index + clinic) % NOTES.len()].to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json::Fields, people::weakness};

    #[test]
    fn the_demo_keeps_the_rules_of_the_house() {
        for (number, clinic) in CLINICS.iter().enumerate() {
            let email = Email::parse(clinic.email);
            assert!(email.is_some());
            assert_eq!(weakness(clinic.password, email.as_ref()), None);
            TenantSlug::parse(clinic.slug).unwrap();
            for index in 0..PATIENTS {
                let body = serde_json::to_vec(&synthetic(number, index)).unwrap();
                let mut fields = Fields::parse(&body).unwrap();
                let patient = NewPatient::read(&mut fields);
                assert!(fields.finish(Some(patient)).ok() == Some(synthetic(number, index)));
            }
        }
    }
}
