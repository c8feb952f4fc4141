//! Lists of appointments, by when they begin.

use axum::http::StatusCode;
use nadia_tenant_sqlx::Error;
use time::{Date, Duration, OffsetDateTime, Time};
use uuid::Uuid;

use super::{Appointment, appointment::day, store::read};
use crate::{
    clinic::{Desk, listing::Listed, record::parse_id},
    cursor::List,
    problem::Problem,
    query::{ListQuery, no_search},
};

/// How many of a patient's appointments their page shows.
const OF_PATIENT: i64 = 50;
/// How many appointments a day's page shows.
const OF_DAY: i64 = 1_000;

/// Which appointments are wanted: `?from=&to=&patient_id=&clinician_id=` beside what every list has; both days are
/// included, and days are UTC's.
#[derive(Debug)]
pub(crate) struct ListOf {
    from: Option<Date>,
    to: Option<Date>,
    /// One that can't be an id is of nobody.
    patient: Option<Uuid>,
    clinician: Option<Uuid>,
    page: ListQuery,
}

impl ListOf {
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        let (mut own, mut rest) = ([const { None::<String> }; 4], form_urlencoded::Serializer::new(String::new()));
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match ["from", "to", "patient_id", "clinician_id"].iter().position(|known| *known == name) {
                Some(at) if own[at].is_none() => own[at] = Some(value.into_owned()),
                Some(_) => return Err(refused("the query has a repeated parameter", "send each at most once")),
                None => {
                    rest.append_pair(&name, &value);
                }
            }
        }
        let [from, to, patient, clinician] = own;
        let read_day = |text: Option<String>| match text {
            None => Ok(None),
            Some(text) => match day(&text) {
                Some(day) => Ok(Some(day)),
                None => Err(refused("from or to is no day from 2000 to 2199", "send days as in 2030-01-31")),
            },
        };
        let id = |text: Option<String>| text.map(|text| parse_id(&text).filter(|id| *id != ANY).unwrap_or_default());
        Ok(Self {
            from: read_day(from)?,
            to: read_day(to)?,
            patient: id(patient),
            clinician: id(clinician),
            page: no_search(ListQuery::parse(&rest.finish())?)?,
        })
    }
}

/// Lists the appointments of a clinic, the earliest first.
pub(crate) async fn list(desk: &Desk, of: &ListOf) -> Result<Listed<Appointment>, Problem> {
    let question = format!("{:?} {:?} {:?} {:?}", of.from, of.to, of.patient, of.clinician);
    let list = List { tenant: desk.tenant_id(), collection: "appointments", search: &question };
    let first = of.from.map_or(OffsetDateTime::UNIX_EPOCH, midnight);
    let (start, after) = match &of.page.cursor {
        None => (first, Uuid::nil()),
        Some(cursor) => opened(list.key_after(cursor, &desk.app.keys)?),
    };
    let end = of.to.and_then(Date::next_day).map_or(FAR, midnight);
    let mut scope = desk.conn().await?;
    let rows = scope
        .query(
            "SELECT id, patient_id, clinician_id, starts_at, ends_at, status, reason, version, created_at, updated_at \
             FROM appointments WHERE starts_at >= $1 AND starts_at < $2 AND (starts_at > $1 OR id > $3) \
             AND ($4 = $6 OR patient_id = $4) AND ($5 = $6 OR clinician_id = $5) \
             ORDER BY starts_at, id LIMIT $7",
        )
        .bind(start)
        .bind(end)
        .bind(after)
        .bind(of.patient.unwrap_or(ANY))
        .bind(of.clinician.unwrap_or(ANY))
        .bind(ANY)
        .bind(i64::from(of.page.limit) + 1)
        .fetch_all()
        .await?;
    let found: Vec<Appointment> = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Listed::of(found, of.page.limit, |last| list.cursor_of(&key(last), &desk.app.keys)))
}

/// Stands for everybody in the list's statement; no record has it. Who asks for it asks for nobody, the nil id.
const ANY: Uuid = Uuid::max();
const FAR: OffsetDateTime = time::macros::datetime!(9000-01-01 00:00 UTC);

/// Lists the latest appointments of a patient, the last first.
pub(crate) async fn of_patient(desk: &Desk, patient: Uuid) -> Result<Vec<Appointment>, Problem> {
    let mut scope = desk.conn().await?;
    let rows = scope
        .query(
            "SELECT id, patient_id, clinician_id, starts_at, ends_at, status, reason, version, created_at, updated_at \
             FROM appointments WHERE patient_id = $1 ORDER BY starts_at DESC, id DESC LIMIT $2",
        )
        .bind(patient)
        .bind(OF_PATIENT)
        .fetch_all()
        .await?;
    Ok(rows.iter().map(read).collect::<Result<_, Error>>()?)
}

/// Lists the appointments that begin on a day, each with its patient's name.
pub(crate) async fn on_day(desk: &Desk, day: Date) -> Result<Vec<(Appointment, String)>, Problem> {
    let start = midnight(day);
    let mut scope = desk.conn().await?;
    let rows = scope
        .query(
            "SELECT appointments.id, appointments.patient_id, appointments.clinician_id, appointments.starts_at, \
             appointments.ends_at, appointments.status, appointments.reason, appointments.version, \
             appointments.created_at, appointments.updated_at, patients.given_name, patients.family_name \
             FROM appointments JOIN patients ON patients.id = appointments.patient_id \
             WHERE appointments.starts_at >= $1 AND appointments.starts_at < $2 \
             ORDER BY appointments.starts_at, appointments.id LIMIT $3",
        )
        .bind(start)
        .bind(start + Duration::days(1))
        .bind(OF_DAY)
        .fetch_all()
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let (given, family): (String, String) = (row.get("given_name")?, row.get("family_name")?);
        found.push((read(row)?, format!("{given} {family}")));
    }
    Ok(found)
}

fn midnight(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_utc()
}

/// What the list is sorted by: seconds since 1970 (8 bytes) and the id.
fn key(appointment: &Appointment) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&appointment.starts_at.unix_timestamp().to_be_bytes());
    key[8..].copy_from_slice(appointment.id.as_bytes());
    key
}

fn opened(key: [u8; 24]) -> (OffsetDateTime, Uuid) {
    let (mut seconds, mut id) = ([0; 8], [0; 16]);
    seconds.copy_from_slice(&key[..8]);
    id.copy_from_slice(&key[8..]);
    let seconds = i64::from_be_bytes(seconds);
    // Only times that the server itself sealed come here.
    (OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(FAR), Uuid::from_bytes(id))
}

fn refused(detail: &'static str, fix: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "query_invalid", detail, fix)
}
