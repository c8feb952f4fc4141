use std::str::FromStr;

use serde::Serialize;
use time::{
    Date, OffsetDateTime, PrimitiveDateTime,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    clinic::patient::plain_text,
    json::{Fields, Member},
    openapi::body,
};

/// Appointments begin and last in steps of this.
pub(super) const STEP_MINUTES: i64 = 5;
const MAX_MINUTES: i64 = 8 * 60;
const MAX_REASON_CHARS: usize = 500;

const OF_FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// An appointment as the clinic keeps it. No `Debug`: its reason must not end in a log.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Appointment {
    pub(crate) id: Uuid,
    pub(crate) patient_id: Uuid,
    pub(crate) clinician_id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) starts_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) ends_at: OffsetDateTime,
    /// From the start to the end.
    pub(crate) minutes: i64,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) version: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
}

/// What became of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AppointmentStatus)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Booked,
    Done,
    Cancelled,
}

impl Status {
    const ALL: [Self; 3] = [Self::Booked, Self::Done, Self::Cancelled];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the status of an appointment is unknown; use booked, done or cancelled")]
pub(crate) struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

body! {
    /// An appointment that is to be booked.
    pub(in crate::clinic) struct AppointmentBody {
        patient_id: Uuid,
        /// Who treats: whoever asks, if they may, when it is left out.
        clinician_id: Option<Uuid>,
        /// On a multiple of 5 minutes.
        starts_at: OffsetDateTime,
        #[schema(minimum = 5, maximum = 480, multiple_of = 5)]
        minutes: i64,
        /// Up to 500 characters.
        reason: Option<String>,
        /// `booked`, if anything.
        status: Option<Status>,
    }

    /// What is to change of an appointment: a merge patch (RFC 7396).
    pub(in crate::clinic) struct AppointmentPatch {
        clinician_id: Option<Uuid>,
        starts_at: Option<OffsetDateTime>,
        #[schema(nullable = false, minimum = 5, maximum = 480, multiple_of = 5)]
        minutes: Option<i64>,
        reason: Option<String>,
        status: Option<Status>,
        /// The version that the change was decided on; it is checked as `If-Match` is.
        #[schema(nullable = false)]
        version: Option<i64>,
    }
}

/// What is said of an appointment that is to be, or is to change.
#[derive(Default)]
pub(super) struct Change {
    pub(super) clinician: Option<String>,
    pub(super) starts_at: Option<OffsetDateTime>,
    pub(super) minutes: Option<i64>,
    pub(super) reason: Option<Option<String>>,
    pub(super) status: Option<Status>,
    /// Whether a time or length was sent that is not good, which is reported already.
    refused: [bool; 2],
}

impl Change {
    /// Reads what is there; mistakes are left in `fields`.
    pub(super) fn read(fields: &mut Fields) -> Self {
        let mut change = Self::default();
        if let Member::Value(text) = fields.text("clinician_id") {
            change.clinician = Some(text);
        }
        if let Member::Value(text) = fields.text("starts_at") {
            change.starts_at = starts_at(fields, &text);
            change.refused[0] = change.starts_at.is_none();
        }
        if let Some(minutes) = fields.integer("minutes") {
            change.minutes = length(fields, minutes);
            change.refused[1] = change.minutes.is_none();
        }
        change.reason = match fields.text("reason") {
            Member::Absent => None,
            Member::Null => Some(None),
            Member::Value(text) => Some(plain_text(fields, "reason", &text, MAX_REASON_CHARS)),
        };
        if let Member::Value(text) = fields.text("status") {
            change.status = text.parse().ok();
            if change.status.is_none() {
                let detail = "an appointment can't be that";
                fields.refuse("status", "status_unknown", detail, "send booked, done or cancelled");
            }
        }
        change
    }

    /// Reports what a new appointment lacks, and what it can't be yet.
    pub(super) fn require(&self, fields: &mut Fields) {
        if self.starts_at.is_none() && !self.refused[0] {
            fields.refuse("starts_at", "required", "this member is missing", START_FIX);
        }
        if self.minutes.is_none() && !self.refused[1] {
            fields.refuse("minutes", "required", "this member is missing", MINUTES_FIX);
        }
        if self.status.is_some_and(|status| status != Status::Booked) {
            let detail = "a new appointment is booked";
            fields.refuse("status", "status_unknown", detail, "leave it out, and change it afterwards");
        }
    }
}

const START_FIX: &str = "send a time on a multiple of 5 minutes, as in 2030-01-31T09:30:00Z";
const MINUTES_FIX: &str = "send a multiple of 5 from 5 to 480";

/// Reads a time; a form's has no zone, since pages show and take UTC.
fn starts_at(fields: &mut Fields, text: &str) -> Option<OffsetDateTime> {
    let time = match OffsetDateTime::parse(text, &Rfc3339) {
        Ok(time) => Some(time.to_offset(time::UtcOffset::UTC)),
        Err(_) if fields.is_form() => PrimitiveDateTime::parse(text, OF_FORM).ok().map(PrimitiveDateTime::assume_utc),
        Err(_) => None,
    };
    let fits = |time: &OffsetDateTime| {
        (2000..2200).contains(&time.year())
            && time.unix_timestamp() % (STEP_MINUTES * 60) == 0
            && time.nanosecond() == 0
    };
    let time = time.filter(fits);
    if time.is_none() {
        let detail = "this is no time on a multiple of 5 minutes";
        fields.refuse("starts_at", "time_malformed", detail, START_FIX);
    }
    time
}

fn length(fields: &mut Fields, minutes: i64) -> Option<i64> {
    let good = minutes % STEP_MINUTES == 0 && (STEP_MINUTES..=MAX_MINUTES).contains(&minutes);
    if !good {
        fields.refuse("minutes", "length_malformed", "an appointment can't be that long", MINUTES_FIX);
    }
    good.then_some(minutes)
}

/// Writes a time for a form.
pub(super) fn for_form(time: OffsetDateTime) -> String {
    time.format(OF_FORM).unwrap_or_default()
}

/// Reads a day from 2000 to 2199.
pub(super) fn day(text: &str) -> Option<Date> {
    Date::parse(text, DAY).ok().filter(|day| (2000..2200).contains(&day.year()))
}

pub(super) fn shown_day(day: Date) -> String {
    day.format(DAY).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::record::shown;

    #[track_caller]
    fn check(body: &str, code: Option<&str>) {
        let mut fields = Fields::parse(body.as_bytes()).unwrap();
        let change = Change::read(&mut fields);
        change.require(&mut fields);
        assert_eq!(fields.finish(Some(())).err().map(|problem| problem.code()), code, "{body}");
    }

    #[test]
    fn takes_steps_of_five_minutes() {
        let with = |start: &str, minutes: &str| format!(r#"{{"starts_at":"{start}","minutes":{minutes}}}"#);
        check(&with("2030-01-31T09:30:00Z", "30"), None);
        check(&with("2030-01-31T09:30:00+05:45", "5"), None);
        check(&with("2030-01-31T09:30:00.000Z", "480"), None);
        for start in [
            "2030-01-31T09:31:00Z",
            "2030-01-31T09:30:01Z",
            "2030-01-31T09:30:00.5Z",
            "2030-01-31T09:30",
            "",
            "1999-01-01T00:00:00Z",
        ] {
            check(&with(start, "30"), Some("time_malformed"));
        }
        for minutes in ["0", "-5", "4", "485", "9223372036854775807"] {
            check(&with("2030-01-31T09:30:00Z", minutes), Some("length_malformed"));
        }
        check(&with("2030-01-31T09:30:00Z", "\"30\""), Some("validation_failed"));
        check(r#"{"minutes":30}"#, Some("required"));
        check(r#"{"starts_at":"2030-01-31T09:30:00Z"}"#, Some("required"));
        check(r#"{"starts_at":"2030-01-31T09:30:00Z","minutes":5,"status":"done"}"#, Some("status_unknown"));
    }

    #[test]
    fn a_form_names_no_zone() {
        let mut fields = Fields::from_texts([("starts_at", "2030-01-31T09:30"), ("minutes", "30")].into_iter());
        let change = Change::read(&mut fields);
        assert_eq!(change.starts_at.map(shown).as_deref(), Some("2030-01-31 09:30 UTC"));
        assert_eq!(fields.finish(change.minutes).ok(), Some(30));
    }
}
