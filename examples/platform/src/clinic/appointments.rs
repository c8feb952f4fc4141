//! What is done with appointments, whether a page or a program asks for it.
//!
//! A clinician is in one place at a time: each five minutes of an appointment are a row whose key is the clinician and the
//! time, so that of two bookings at once the database refuses one.

pub(super) mod api;
mod appointment;
mod list;
pub(super) mod pages;
mod slots;
mod store;

use axum::http::StatusCode;
use nadia_tenant_sqlx::portable::Tx;
use time::Duration;
use uuid::Uuid;

use self::appointment::Change;
pub(crate) use self::appointment::{Appointment, Status};
pub(super) use self::appointment::{AppointmentBody, AppointmentPatch};
pub(super) use self::list::{ListOf, list, of_patient, on_day};
use crate::{
    audit::Action,
    clinic::{
        Desk,
        precondition::version_mismatch,
        record::{is_orphan, now, overtaken, parse_id, shown},
        staff, store as patient_store,
    },
    json::Fields,
    problem::Problem,
};

const BOOKED: Action = Action::new("appointment.booked");
const CHANGED: Action = Action::new("appointment.changed");
const CANCELLED: Action = Action::new("appointment.cancelled");
const DONE: Action = Action::new("appointment.done");
const REMOVED: Action = Action::new("appointment.removed");

/// Books an appointment, with the caller unless another clinician is named.
pub(super) async fn book(desk: &Desk, mut fields: Fields) -> Result<Appointment, Problem> {
    let patient = fields.required_text("patient_id");
    let patient = match patient {
        Some(text) => known_patient(desk, &mut fields, &text).await?,
        None => None,
    };
    let change = Change::read(&mut fields);
    change.require(&mut fields);
    let clinician = clinician(desk, &mut fields, change.clinician.as_deref()).await?;
    let read = patient.zip(clinician).zip(change.starts_at.zip(change.minutes));
    let ((patient_id, clinician_id), (starts_at, minutes)) = fields.finish(read)?;
    let appointment = Appointment {
        id: Uuid::now_v7(),
        patient_id,
        clinician_id,
        starts_at,
        ends_at: starts_at + Duration::minutes(minutes),
        minutes,
        status: Status::Booked,
        reason: change.reason.flatten(),
        version: 1,
        created_at: now(),
        updated_at: now(),
    };
    let mut tx = desk.begin().await?;
    match store::add(&mut tx, &appointment).await {
        Err(error) if is_orphan(&error) => return Err(patient_gone()),
        added => added?,
    }
    if !slots::take(&mut tx, &appointment, None).await? {
        return Err(taken(desk, tx, &appointment).await);
    }
    tx.commit().await?;
    desk.record(BOOKED, "appointment", appointment.id).await?;
    Ok(appointment)
}

pub(super) async fn find(desk: &Desk, id: Uuid) -> Result<Appointment, Problem> {
    store::find(&mut desk.conn().await?, id).await?.ok_or_else(Problem::not_found)
}

/// Moves, cancels or otherwise changes an appointment that was found, if nobody else does at the same moment.
pub(super) async fn change(
    desk: &Desk,
    found: &Appointment,
    mut fields: Fields,
    conditional: bool,
) -> Result<Appointment, Problem> {
    let expected = fields.integer("version");
    let change = Change::read(&mut fields);
    let clinician = match &change.clinician {
        Some(named) if *named != found.clinician_id.to_string() => {
            clinician(desk, &mut fields, Some(named)).await?.unwrap_or_default()
        }
        // Who left the clinic keeps the appointments they have.
        _ => found.clinician_id,
    };
    let change = fields.finish(Some(change))?;
    if expected.is_some_and(|expected| expected != found.version) {
        return Err(version_mismatch());
    }
    let starts_at = change.starts_at.unwrap_or(found.starts_at);
    let minutes = change.minutes.unwrap_or(found.minutes);
    let changed = Appointment {
        clinician_id: clinician,
        starts_at,
        ends_at: starts_at + Duration::minutes(minutes),
        minutes,
        status: change.status.unwrap_or(found.status),
        reason: change.reason.unwrap_or_else(|| found.reason.clone()),
        ..found.clone()
    };
    if changed == *found {
        return Ok(changed);
    }
    if found.status == Status::Cancelled {
        return Err(cancelled());
    }
    let changed = Appointment { version: found.version + 1, updated_at: now(), ..changed };
    let mut tx = desk.begin().await?;
    if !store::replace(&mut tx, &changed, found.version).await? {
        tx.rollback().await?;
        return Err(lost(desk, found.id, conditional || expected.is_some()).await);
    }
    if changed.status == Status::Cancelled {
        slots::free(&mut tx, changed.id).await?;
    } else if !slots::take(&mut tx, &changed, Some(found)).await? {
        return Err(taken(desk, tx, &changed).await);
    }
    tx.commit().await?;
    let action = match changed.status {
        Status::Cancelled => CANCELLED,
        Status::Done if found.status != Status::Done => DONE,
        Status::Booked | Status::Done => CHANGED,
    };
    desk.record(action, "appointment", changed.id).await?;
    Ok(changed)
}

/// Removes an appointment that was found, as if it had never been.
pub(super) async fn remove(desk: &Desk, found: &Appointment, conditional: bool) -> Result<(), Problem> {
    let mut tx = desk.begin().await?;
    if !store::remove(&mut tx, found.id, found.version).await? {
        tx.rollback().await?;
        return Err(lost(desk, found.id, conditional).await);
    }
    tx.commit().await?;
    desk.record(REMOVED, "appointment", found.id).await
}

async fn lost(desk: &Desk, id: Uuid, conditional: bool) -> Problem {
    match find(desk, id).await {
        Ok(_) => overtaken(true, conditional),
        Err(problem) => problem,
    }
}

/// Finds the patient that a booking names; one of another clinic is as unknown as one that never was.
async fn known_patient(desk: &Desk, fields: &mut Fields, text: &str) -> Result<Option<Uuid>, Problem> {
    let found = match parse_id(text) {
        Some(id) => patient_store::find(&mut desk.conn().await?, id).await?,
        None => None,
    };
    if found.is_none() {
        fields.refuse("patient_id", "patient_unknown", "the clinic has no such patient", PATIENT_FIX);
    }
    Ok(found.map(|patient| patient.id))
}

const PATIENT_FIX: &str = "send the id of one of the clinic's patients";

fn patient_gone() -> Problem {
    Problem::new(StatusCode::CONFLICT, "patient_unknown", "the patient was removed at the same moment", PATIENT_FIX)
}

async fn clinician(desk: &Desk, fields: &mut Fields, named: Option<&str>) -> Result<Option<Uuid>, Problem> {
    let id = match named {
        Some(text) => parse_id(text),
        None => desk.caller.identity(),
    };
    if let Some(id) = id
        && staff::is_clinician(desk.app.control(), desk.tenant_id(), id).await?
    {
        return Ok(Some(id));
    }
    let detail = "nobody with this id treats patients at this clinic";
    let fix =
        "send the id of an owner, admin or clinician of the clinic; a person who books for themselves leaves it out";
    fields.refuse("clinician_id", "clinician_unknown", detail, fix);
    Ok(None)
}

fn cancelled() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "appointment_cancelled",
        "the appointment was cancelled, and its time may be somebody else's by now",
        "book a new one",
    )
}

/// Gives the transaction up and says when the clinician is free instead.
async fn taken(desk: &Desk, tx: Tx, wanted: &Appointment) -> Problem {
    let free = async {
        tx.rollback().await?;
        slots::next_free(&mut desk.app.tenants().conn(&desk.ctx).await?, wanted).await
    };
    let fix = match free.await {
        Ok(Some(free)) => format!("choose {}, when the clinician is free, or another clinician", shown(free)),
        Ok(None) => "choose another day or another clinician".to_owned(),
        Err(error) => return error.into(),
    };
    Problem::new(StatusCode::CONFLICT, "slot_taken", "the clinician has another appointment at that time", fix)
}
