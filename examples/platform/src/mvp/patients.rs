use std::sync::LazyLock;

use nadia_tenant_sqlx::{
    Error,
    portable::{Query, Row, Tx},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Findings, Rule, Table,
    chain::RowHash,
    dates,
    finding::Noted,
    ids::Ids,
    kind::{Insert, Into, Kind, ROWS},
    link::SourceRow,
    text,
};
use crate::{
    clinic::{NewPatient, is_phone},
    people::Email,
};

/// How long the notes are that a form takes.
const NOTES: usize = 10_000;
static INSERT: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO patients (id, given_name, family_name, birth_date, email, phone, notes, search_text, version, \
         created_at, updated_at)",
        11,
    )
});

pub(super) struct Patients;

pub(super) struct Patient {
    id: Uuid,
    details: NewPatient,
    created_at: OffsetDateTime,
}

impl Kind for Patients {
    const TABLE: Table = Table::Patients;
    const SOURCE: &'static str = "SELECT CAST(id AS bigint) AS id, CAST(first_name AS text) AS first_name, \
        CAST(last_name AS text) AS last_name, CAST(dob AS text) AS dob, CAST(email AS text) AS email, \
        CAST(phone AS text) AS phone, CAST(notes AS text) AS notes, CAST(created_at AS text) AS created_at \
        FROM patients WHERE id > $1 ORDER BY id LIMIT $2";
    const SIZES: &'static str = "SELECT id, CAST(coalesce(length(notes), 0) AS bigint) AS size FROM patients \
        WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
    const THERE: &'static str = "SELECT id, given_name, family_name, birth_date, email, phone, notes, created_at \
        FROM patients WHERE id > $1 AND id <= $2 ORDER BY id";
    const AT_A_TIME: usize = ROWS;
    type Row = Patient;

    fn map(old: i64, row: &SourceRow, into: &Into, findings: &mut Findings) -> Result<Option<Patient>, sqlx::Error> {
        let noted = &mut Noted::new(findings, old);
        // What a field can't keep is not lost.
        let mut aside = Vec::new();
        let mut details = NewPatient {
            given_name: name(text::text(row, "first_name", noted)?, "First name", &mut aside, noted),
            family_name: name(text::text(row, "last_name", noted)?, "Last name", &mut aside, noted),
            birth_date: None,
            email: None,
            phone: None,
            notes: text::text(row, "notes", noted)?,
        };
        if let Some(day) = text::text(row, "dob", noted)?.filter(|day| !day.starts_with("0000-00-00")) {
            details.birth_date = dates::birth_date(&day);
            if details.birth_date.is_none() {
                noted.add(Rule::BirthDateUnreadable);
                aside.push(("Day of birth", day));
            }
        }
        if let Some(email) = text::text(row, "email", noted)? {
            match Email::parse(&email) {
                Some(_) => details.email = Some(email),
                None => {
                    noted.add(Rule::EmailMalformed);
                    aside.push(("E-mail", email));
                }
            }
        }
        if let Some(phone) = text::text(row, "phone", noted)? {
            let plain = plain_phone(&phone);
            if is_phone(&plain) {
                details.phone = Some(plain);
            } else {
                noted.add(Rule::PhoneMalformed);
                aside.push(("Telephone", phone));
            }
        }
        for (label, original) in aside {
            let notes = details.notes.get_or_insert_default();
            let line = if notes.is_empty() { "" } else { "\n" };
            notes.push_str(&format!("{line}{label} as it was before: {original}"));
        }
        text::note_long(details.notes.as_ref(), NOTES, noted);
        let created_at = created(row, "created_at", noted)?;
        Ok(Some(Patient { id: into.ids.id(Table::Patients, old), details, created_at }))
    }

    async fn write(tx: &mut Tx, rows: &mut [(i64, Patient)], _: &mut Findings) -> Result<u64, Error> {
        let bytes = rows.iter().map(|(_, row)| row.details.notes.as_ref().map_or(0, String::len)).sum();
        INSERT.run(tx, rows, bytes, bind).await
    }

    async fn there(row: &Row, _: &mut Tx) -> Result<Patient, Error> {
        Ok(Patient {
            id: row.get("id")?,
            details: NewPatient {
                given_name: row.get("given_name")?,
                family_name: row.get("family_name")?,
                birth_date: row.get("birth_date")?,
                email: row.get("email")?,
                phone: row.get("phone")?,
                notes: row.get("notes")?,
            },
            created_at: row.get("created_at")?,
        })
    }

    fn hash(hash: RowHash, row: &Patient, ids: &Ids) -> Option<RowHash> {
        let Patient { id, details, created_at } = row;
        let optional = |text: &Option<String>| text.as_ref().map(|text| text.clone().into_bytes());
        let hash = hash.shown(ids.old(Table::Patients, *id)?).text(&details.given_name).text(&details.family_name);
        let hash = hash.part(details.birth_date.map(|day| day.to_string()).as_deref().map(str::as_bytes));
        let hash = [&details.email, &details.phone, &details.notes]
            .into_iter()
            .fold(hash, |hash, text| hash.part(optional(text).as_deref()));
        Some(hash.shown(dates::micros(*created_at)))
    }
}

fn bind<'q>(query: Query<'q>, (_, patient): &(i64, Patient)) -> Query<'q> {
    let NewPatient { given_name, family_name, birth_date, email, phone, notes } = patient.details.clone();
    query
        .bind(patient.id)
        .bind(given_name)
        .bind(family_name)
        .bind(birth_date)
        .bind(email)
        .bind(phone)
        .bind(notes)
        .bind(patient.details.search_text())
        .bind(1_i64)
        .bind(patient.created_at)
        .bind(patient.created_at)
}

/// Reads when a row was made.
pub(super) fn created(row: &SourceRow, column: &str, noted: &mut Noted<'_>) -> Result<OffsetDateTime, sqlx::Error> {
    let read = text::text(row, column, noted)?.and_then(|text| dates::instant(&text, true));
    if read.is_none() {
        noted.add(Rule::CreatedUnreadable);
    }
    Ok(read.unwrap_or(dates::UNKNOWN))
}

fn name(
    read: Option<String>,
    label: &'static str,
    aside: &mut Vec<(&'static str, String)>,
    noted: &mut Noted<'_>,
) -> String {
    let Some(read) = read else {
        noted.add(Rule::NameMissing);
        return UNKNOWN.to_owned();
    };
    let (name, was_cut) = text::name(&read);
    let name = name.unwrap_or_else(|| {
        noted.add(Rule::NameMissing);
        UNKNOWN.to_owned()
    });
    if name != read && name != UNKNOWN {
        noted.add(Rule::NameChanged);
    }
    if was_cut {
        aside.push((label, read));
    }
    name
}

const UNKNOWN: &str = "Unknown";

/// Writes the spaces and hyphens of other typesetting as those of a keyboard.
fn plain_phone(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' | '\t' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    };
    text.chars().map(plain).collect()
}
