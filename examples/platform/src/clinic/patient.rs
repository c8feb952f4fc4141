use nadia_tenant_core::{TenantAware, TenantId};
use serde::Serialize;
use time::{Date, OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    json::{Fields, Member},
    openapi::body,
    people::{EMAIL_FIX, Email},
    text::name,
};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
time::serde::format_description!(day, Date, DAY);

/// A patient as the clinic keeps them.
#[derive(Clone, Serialize, TenantAware, ToSchema)]
#[tenant(table = "patients")]
pub(crate) struct Patient {
    #[serde(skip)]
    pub(crate) tenant_id: TenantId,
    pub(crate) id: Uuid,
    #[serde(flatten)]
    pub(crate) details: NewPatient,
    pub(crate) version: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
}

/// What a clinic says of a patient. No `Debug`: it must not end in a log.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PatientDetails)]
pub(crate) struct NewPatient {
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    #[serde(with = "day::option")]
    pub(crate) birth_date: Option<Date>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) notes: Option<String>,
}

body! {
    /// A patient who is to be added.
    pub(super) struct PatientBody {
        given_name: String,
        family_name: String,
        /// From 1850 until today.
        birth_date: Option<Date>,
        email: Option<String>,
        phone: Option<String>,
        /// Up to 10000 characters.
        notes: Option<String>,
    }

    /// What is to change of a patient: a merge patch (RFC 7396).
    pub(super) struct PatientPatch {
        #[schema(nullable = false)]
        given_name: Option<String>,
        #[schema(nullable = false)]
        family_name: Option<String>,
        birth_date: Option<Date>,
        email: Option<String>,
        phone: Option<String>,
        notes: Option<String>,
        /// The version that the change was decided on; it is checked as `If-Match` is.
        #[schema(nullable = false)]
        version: Option<i64>,
    }
}

impl NewPatient {
    /// Reads all that a new patient needs; mistakes are left in `fields`.
    pub(crate) fn read(fields: &mut Fields) -> Self {
        let mut patient = Self::default();
        for (member, target) in [("given_name", &mut patient.given_name), ("family_name", &mut patient.family_name)] {
            let text = fields.required_text(member);
            *target = text.and_then(|text| name(fields, member, &text)).unwrap_or_default();
        }
        patient.read_optional(fields);
        patient
    }

    /// Reads what is to change, leaving the rest; `null` clears what may be missing.
    pub(crate) fn apply(&mut self, fields: &mut Fields) {
        for (member, target) in [("given_name", &mut self.given_name), ("family_name", &mut self.family_name)] {
            match fields.text(member) {
                Member::Absent => {}
                Member::Null => fields.refuse(member, "required", "a name can't be cleared", "send a name"),
                Member::Value(text) => *target = name(fields, member, &text).unwrap_or_default(),
            }
        }
        self.read_optional(fields);
    }

    fn read_optional(&mut self, fields: &mut Fields) {
        optional(fields, "birth_date", &mut self.birth_date, birth_date);
        optional(fields, "email", &mut self.email, |fields, text| {
            let email = Email::parse(text);
            if email.is_none() {
                fields.refuse("email", "email_malformed", "this is no e-mail address", EMAIL_FIX);
            }
            email.map(|_| text.trim().to_owned())
        });
        optional(fields, "phone", &mut self.phone, phone);
        optional(fields, "notes", &mut self.notes, notes);
    }

    /// What a search looks into, folded as [`folded`] folds what is searched for.
    pub(crate) fn search_text(&self) -> String {
        let Self { given_name: given, family_name: family, email, phone, .. } = self;
        let (email, phone) = (email.as_deref().unwrap_or_default(), phone.as_deref().unwrap_or_default());
        folded(&format!("{given} {family}\n{family} {given}\n{email}\n{phone}"))
    }
}

/// Brings letters of either case together.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

fn optional<T>(
    fields: &mut Fields,
    member: &str,
    target: &mut Option<T>,
    read: impl FnOnce(&mut Fields, &str) -> Option<T>,
) {
    match fields.text(member) {
        Member::Absent => {}
        Member::Null => *target = None,
        Member::Value(text) => *target = read(fields, &text),
    }
}

fn birth_date(fields: &mut Fields, text: &str) -> Option<Date> {
    let tomorrow = OffsetDateTime::now_utc().date().next_day().unwrap_or(Date::MAX);
    // Where the sun rises first, it is tomorrow already.
    let date = Date::parse(text, DAY).ok().filter(|date| (1850..).contains(&date.year()) && *date <= tomorrow);
    if date.is_none() {
        let detail = "this is no day from 1850 until today";
        fields.refuse("birth_date", "date_malformed", detail, "send a day as in 1980-02-29");
    }
    date
}

/// Tells whether a text can be a telephone number.
pub(crate) fn is_phone(text: &str) -> bool {
    (3..=40).contains(&text.len())
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" +-./()#*,;".contains(&b))
}

fn phone(fields: &mut Fields, text: &str) -> Option<String> {
    let text = text.trim();
    if !is_phone(text) {
        let fix = "send 3 to 40 characters: digits, letters, spaces and + - . / ( ) # *";
        fields.refuse("phone", "phone_malformed", "this is no telephone number", fix);
        return None;
    }
    Some(text.to_owned())
}

fn notes(fields: &mut Fields, text: &str) -> Option<String> {
    if !is_plain(text, 10_000) {
        let detail = "the notes are too long or have control characters";
        fields.refuse("notes", "notes_malformed", detail, "send at most 10000 characters of plain text");
        return None;
    }
    Some(text.to_owned())
}

/// Takes a text of several lines: 1 to `max` characters.
pub(crate) fn plain_text(fields: &mut Fields, member: &str, text: &str, max: usize) -> Option<String> {
    if text.trim().is_empty() || !is_plain(text, max) {
        let detail = "the text is empty, too long or has control characters";
        fields.refuse(member, "text_malformed", detail, format!("send 1 to {max} characters of plain text"));
        return None;
    }
    Some(text.trim().to_owned())
}

fn is_plain(text: &str, max: usize) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    text.chars().count() <= max && !text.chars().any(control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, code: Option<&str>) {
        let mut fields = Fields::parse(body.as_bytes()).unwrap();
        let patient = NewPatient::read(&mut fields);
        assert_eq!(fields.finish(Some(patient)).err().map(|problem| problem.code()), code, "{body}");
    }

    #[test]
    fn validates_every_member() {
        let with = |more: &str| format!(r#"{{"given_name":"Ana","family_name":"Silva"{more}}}"#);
        check(&with(""), None);
        check(&with(r#","birth_date":"1980-02-29","email":"a@b.example","phone":"+1 555 0100","notes":"a\nb""#), None);
        check(&with(r#","birth_date":null,"email":null,"phone":null,"notes":null"#), None);
        check(&with(r#","birth_date":"1981-02-29""#), Some("date_malformed"));
        check(&with(r#","birth_date":"29.2.1980""#), Some("date_malformed"));
        check(&with(r#","birth_date":"2999-01-01""#), Some("date_malformed"));
        check(&with(r#","email":"ana""#), Some("email_malformed"));
        check(&with(r#","phone":"call me""#), Some("phone_malformed"));
        check(&with(r#","notes":"a\u0000b""#), Some("notes_malformed"));
        check(&with(r#","notes":7"#), Some("wrong_type"));
        check(&with(r#","tenant_id":"x""#), Some("member_unknown"));
        check(r#"{"family_name":"Silva"}"#, Some("required"));
        check(r#"{"given_name":"","family_name":"Silva"}"#, Some("name_malformed"));
        check(r#"{"given_name":"Ana","family_name":"Sil\u200bva"}"#, Some("name_malformed"));
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let ana = NewPatient { given_name: "Ana".into(), family_name: "Silva".into(), ..NewPatient::default() };
        let mut patient = NewPatient { phone: Some("+1 555 0100".into()), ..ana.clone() };
        let mut fields = Fields::parse(br#"{"family_name":"Souza","phone":null}"#).unwrap();
        patient.apply(&mut fields);
        assert!(fields.finish(Some(patient)).ok() == Some(NewPatient { family_name: "Souza".into(), ..ana }));
    }

    #[test]
    fn a_search_finds_letters_of_either_case() {
        let patient = NewPatient { given_name: "Ärne".into(), family_name: "ØST".into(), ..NewPatient::default() };
        assert!(patient.search_text().contains(&folded("ÄRNE øst")));
        assert!(patient.search_text().contains(&folded("Øst är")));
    }
}
