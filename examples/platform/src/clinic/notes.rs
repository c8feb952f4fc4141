//! Notes on patients: only ever added, so that what was written stays as it was.

pub(super) mod api;
pub(super) mod pages;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    audit::Action,
    clinic::{
        Desk,
        listing::{Listed, Newest},
        patient::plain_text,
        record::{is_orphan, now},
        staff,
    },
    json::Fields,
    openapi::body,
    problem::Problem,
};

const ADDED: Action = Action::new("note.added");
const MAX_CHARS: usize = 10_000;

/// A note as it is shown. No `Debug`: it must not end in a log.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Note {
    pub(crate) id: Uuid,
    pub(crate) patient_id: Uuid,
    /// Who wrote it; `null` for a program.
    pub(crate) author_id: Option<Uuid>,
    /// What they are called.
    pub(crate) author: Option<String>,
    pub(crate) body: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// Lists the notes on a patient who was found, the newest first.
pub(super) async fn list(desk: &Desk, patient: Uuid, query: &str) -> Result<Listed<Note>, Problem> {
    let newest = Newest::read(desk, "notes", patient, query)?;
    let mut scope = desk.conn().await?;
    let rows = scope
        .query(
            "SELECT id, author_id, body, created_at FROM notes \
             WHERE patient_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(patient)
        .bind(newest.before)
        .bind(newest.count())
        .fetch_all()
        .await?;
    drop(scope);
    let mut notes = Vec::with_capacity(rows.len());
    for row in &rows {
        notes.push(Note {
            id: row.get("id")?,
            patient_id: patient,
            author_id: row.get("author_id")?,
            author: None,
            body: row.get("body")?,
            created_at: row.get("created_at")?,
        });
    }
    let names = staff::names(desk.app.control(), notes.iter().filter_map(|note| note.author_id)).await?;
    for note in &mut notes {
        note.author = note.author_id.and_then(|id| names.get(&id).cloned());
    }
    Ok(newest.page(desk, notes, |note| note.id))
}

body! {
    /// A note that is to be added.
    pub(super) struct NoteBody {
        /// Up to 10000 characters.
        body: String,
    }
}

/// Adds a note on a patient who was found.
pub(super) async fn add(desk: &Desk, patient: Uuid, mut fields: Fields) -> Result<Note, Problem> {
    let text = fields.required_text("body");
    let body = text.and_then(|text| plain_text(&mut fields, "body", &text, MAX_CHARS));
    let body = fields.finish(body)?;
    let author_id = desk.caller.identity();
    let mut note = Note { id: Uuid::now_v7(), patient_id: patient, author_id, author: None, body, created_at: now() };
    let mut scope = desk.conn().await?;
    let added = scope
        .query("INSERT INTO notes (id, patient_id, author_id, body, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(note.id)
        .bind(patient)
        .bind(author_id)
        .bind(note.body.clone())
        .bind(note.created_at)
        .execute()
        .await;
    drop(scope);
    match added {
        Ok(_) => {}
        Err(error) if is_orphan(&error) => return Err(Problem::not_found()),
        Err(error) => return Err(error.into()),
    }
    desk.record(ADDED, "note", note.id).await?;
    let mut names = staff::names(desk.app.control(), author_id.into_iter()).await?;
    note.author = author_id.and_then(|id| names.remove(&id));
    Ok(note)
}
