//! `/appointments`, on a clinic's host. All times on the pages are UTC's.

use askama::Template;
use axum::{extract::RawQuery, http::StatusCode, response::Response};
use time::{Date, OffsetDateTime};

use super::{
    Appointment, Status,
    appointment::{self, for_form, shown_day},
};
use crate::{
    clinic::{
        Desk, Patient, appointments,
        confirm::{self, Removal},
        patients,
        precondition::version_mismatch,
        record::{RecordId, parse_id, shown},
        staff,
    },
    portal::Visit,
    problem::Problem,
    query::ListQuery,
    settings,
    web::{FormState, Frame, PageForm, page, see_other},
};

/// How many patients a search offers for a booking.
const OFFERED: u16 = 20;

#[derive(Template)]
#[template(path = "appointments.html")]
struct DayPage {
    frame: Frame,
    may_write: bool,
    day: String,
    previous: String,
    next: String,
    booked: Vec<Item>,
    search: String,
    patients: Vec<Choice>,
    clinicians: Vec<Choice>,
    form: FormState,
}

struct Item {
    appointment: Appointment,
    patient: String,
    clinician: String,
}

struct Choice {
    value: String,
    label: String,
}

#[derive(Template)]
#[template(path = "appointment.html")]
struct AppointmentPage {
    frame: Frame,
    may_write: bool,
    appointment: Appointment,
    patient: String,
    clinician: String,
    day: String,
    form: FormState,
    clinicians: Vec<Choice>,
    moves: &'static [(&'static str, &'static str)],
}

/// `GET /appointments`: those of `?day=`, and a form for another one, of the patients that `?search=` finds or `?patient=` is.
pub(crate) async fn day(desk: Desk, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let value = |name: &str| {
        let found = form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let day = appointment::day(&value("day")).unwrap_or_else(|| OffsetDateTime::now_utc().date());
    let settings = settings::read(desk.app.control(), desk.tenant_id()).await?;
    let form = FormState::default()
        .with("starts_at", format!("{}T09:00", shown_day(day)))
        .with("minutes", settings.appointment_minutes.to_string())
        .with("patient_id", value("patient"))
        .with("clinician_id", desk.caller.identity().map(|id| id.to_string()).unwrap_or_default());
    render_day(&desk, &visit, day, value("search").trim(), StatusCode::OK, form).await
}

/// `POST /appointments`
pub(crate) async fn book(desk: Desk, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match appointments::book(&desk, form.fields()).await {
        Ok(booked) => Ok(see_other(&format!("/appointments?day={}&notice=added", shown_day(booked.starts_at.date())))),
        Err(problem) if problem.status().is_client_error() => {
            let day = form.value("starts_at").and_then(|start| appointment::day(start.get(..10)?));
            let day = day.unwrap_or_else(|| OffsetDateTime::now_utc().date());
            render_day(&desk, &visit, day, "", problem.status(), form.refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

async fn render_day(
    desk: &Desk,
    visit: &Visit,
    day: Date,
    search: &str,
    status: StatusCode,
    form: FormState,
) -> Result<Response, Problem> {
    let booked = appointments::on_day(desk, day).await?;
    let ids = booked.iter().map(|(appointment, _)| appointment.clinician_id);
    let names = staff::names(desk.app.control(), ids).await?;
    let booked = booked.into_iter().map(|(appointment, patient)| {
        let clinician = names.get(&appointment.clinician_id).cloned().unwrap_or_default();
        Item { appointment, patient, clinician }
    });
    let may_write = desk.may_write();
    let (patients, clinicians) = match may_write {
        true => (offered(desk, search, form.value("patient_id")).await?, clinicians(desk).await?),
        false => (Vec::new(), Vec::new()),
    };
    let shown = DayPage {
        frame: visit.frame(&desk.app, "Appointments").await?,
        may_write,
        day: shown_day(day),
        previous: shown_day(day.previous_day().unwrap_or(day)),
        next: shown_day(day.next_day().unwrap_or(day)),
        booked: booked.collect(),
        search: search.to_owned(),
        patients,
        clinicians,
        form,
    };
    Ok(page(status, &shown))
}

/// The patients that a booking can be for: the chosen one, or those that a search finds.
async fn offered(desk: &Desk, search: &str, chosen: &str) -> Result<Vec<Choice>, Problem> {
    let choice = |patient: &Patient| {
        let born = patient.details.birth_date.map(|day| format!(", born {day}")).unwrap_or_default();
        Choice { value: patient.id.to_string(), label: patient.name() + &born }
    };
    if !search.is_empty() {
        let search: String = form_urlencoded::byte_serialize(search.as_bytes()).collect();
        let query = ListQuery::parse(&format!("limit={OFFERED}&search={search}"))?;
        return Ok(patients::list(desk, &query).await?.data.iter().map(choice).collect());
    }
    let Some(id) = parse_id(chosen) else { return Ok(Vec::new()) };
    match patients::find(desk, id).await {
        Ok(patient) => Ok(vec![choice(&patient)]),
        Err(problem) if problem.code() == "not_found" => Ok(Vec::new()),
        Err(problem) => Err(problem),
    }
}

async fn clinicians(desk: &Desk) -> Result<Vec<Choice>, Problem> {
    let clinicians = staff::clinicians(desk.app.control(), desk.tenant_id()).await?;
    let choice = |clinician: staff::Clinician| Choice { value: clinician.id.to_string(), label: clinician.name };
    Ok(clinicians.into_iter().map(choice).collect())
}

/// `GET /appointments/{id}`
pub(crate) async fn show(desk: Desk, visit: Visit, RecordId(id): RecordId) -> Result<Response, Problem> {
    let found = appointments::find(&desk, id).await?;
    let form = form_of(&found);
    render(&desk, &visit, found, StatusCode::OK, form).await
}

/// `POST /appointments/{id}`
pub(crate) async fn change(
    desk: Desk,
    visit: Visit,
    RecordId(id): RecordId,
    form: PageForm,
) -> Result<Response, Problem> {
    let found = appointments::find(&desk, id).await?;
    let problem = match appointments::change(&desk, &found, form.fields(), true).await {
        Ok(_) => return Ok(see_other(&format!("/appointments/{id}?notice=saved"))),
        Err(problem) if problem.code() == "not_found" || !problem.status().is_client_error() => return Err(problem),
        Err(problem) => problem,
    };
    let now = appointments::find(&desk, id).await?;
    // One of the buttons sent a status alone; the form below it is shown as the appointment is.
    let mut state = match form.value("starts_at") {
        Some(_) => form.refused(&problem),
        None => {
            let mut state = form_of(&now);
            state.message = form.refused(&problem).message;
            state
        }
    };
    if problem.code() == version_mismatch().code() {
        let what = "somebody else changed this appointment meanwhile, and nothing of yours was saved";
        state.message = Some(format!("{what}; above stands what it is now, save again to put yours in its place"));
        state = state.with("version", now.version.to_string());
    }
    render(&desk, &visit, now, problem.status(), state).await
}

async fn render(
    desk: &Desk,
    visit: &Visit,
    appointment: Appointment,
    status: StatusCode,
    form: FormState,
) -> Result<Response, Problem> {
    let patient = patients::find(desk, appointment.patient_id).await?.name();
    let names = staff::names(desk.app.control(), [appointment.clinician_id].into_iter()).await?;
    let clinician = names.get(&appointment.clinician_id).cloned().unwrap_or_default();
    let may_write = desk.may_write();
    let mut choices = if may_write { clinicians(desk).await? } else { Vec::new() };
    let own = appointment.clinician_id.to_string();
    if !choices.iter().any(|choice| choice.value == own) {
        // Who may treat nobody any more keeps what they have.
        choices.push(Choice { value: own, label: clinician.clone() });
    }
    let moves: &[_] = match appointment.status {
        Status::Booked => &[("done", "Mark as done"), ("cancelled", "Cancel it")],
        Status::Done => &[("booked", "Not done yet")],
        Status::Cancelled => &[],
    };
    let shown = AppointmentPage {
        frame: visit.frame(&desk.app, "Appointment").await?,
        may_write,
        day: shown_day(appointment.starts_at.date()),
        appointment,
        patient,
        clinician,
        form,
        clinicians: choices,
        moves,
    };
    Ok(page(status, &shown))
}

fn form_of(appointment: &Appointment) -> FormState {
    FormState::default()
        .with("version", appointment.version.to_string())
        .with("clinician_id", appointment.clinician_id.to_string())
        .with("starts_at", for_form(appointment.starts_at))
        .with("minutes", appointment.minutes.to_string())
        .with("reason", appointment.reason.clone().unwrap_or_default())
}

/// `GET /appointments/{id}/delete`
pub(crate) async fn confirm(desk: Desk, visit: Visit, RecordId(id): RecordId) -> Result<Response, Problem> {
    let found = appointments::find(&desk, id).await?;
    confirm::ask(&desk, &visit, removal(&found)).await
}

/// `POST /appointments/{id}/delete`
pub(crate) async fn remove(
    desk: Desk,
    visit: Visit,
    RecordId(id): RecordId,
    form: PageForm,
) -> Result<Response, Problem> {
    let found = appointments::find(&desk, id).await?;
    let removed = match confirm::is_of(&form, found.version) {
        true => appointments::remove(&desk, &found, true).await,
        false => Err(version_mismatch()),
    };
    match removed {
        Ok(()) => Ok(see_other(&format!("/appointments?day={}&notice=removed", shown_day(found.starts_at.date())))),
        Err(problem) => {
            let found = appointments::find(&desk, id).await?;
            confirm::ask_again(&desk, &visit, removal(&found), problem).await
        }
    }
}

fn removal(appointment: &Appointment) -> Removal {
    Removal {
        title: "Remove an appointment",
        text: format!("The appointment of {} goes for good; to keep a trace of it, cancel it.", appointment.when()),
        button: "Remove the appointment",
        action: format!("/appointments/{}/delete", appointment.id),
        back: format!("/appointments/{}", appointment.id),
        version: appointment.version,
    }
}

impl Status {
    /// Returns what a badge's class ends in.
    pub(in crate::clinic) const fn tone(self) -> &'static str {
        match self {
            Self::Booked => "",
            Self::Done => " good",
            Self::Cancelled => " bad",
        }
    }
}

impl Appointment {
    pub(in crate::clinic) fn when(&self) -> String {
        shown(self.starts_at)
    }

    fn hours(&self) -> String {
        let hour = |time: OffsetDateTime| format!("{:02}:{:02}", time.hour(), time.minute());
        format!("{}–{}", hour(self.starts_at), hour(self.ends_at))
    }
}
