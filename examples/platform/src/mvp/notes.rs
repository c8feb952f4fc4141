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
    patients::created,
    text,
};

/// How long a note is that a form takes.
const BODY: usize = 10_000;
static INSERT: LazyLock<Insert> = LazyLock::new(|| {
    // Who wrote it isn't known: a program brought it.
    Insert::new("INSERT INTO notes (id, patient_id, body, created_at)", 4)
});

pub(super) struct Notes;

pub(super) struct Note {
    id: Uuid,
    patient_id: Uuid,
    body: String,
    created_at: OffsetDateTime,
}

impl Kind for Notes {
    const TABLE: Table = Table::Notes;
    const SOURCE: &'static str = "SELECT CAST(notes.id AS bigint) AS id, CAST(patients.id AS bigint) AS patient_id, \
        CAST(notes.body AS text) AS body, CAST(notes.created_at AS text) AS created_at \
        FROM notes LEFT JOIN patients ON patients.id = notes.patient_id WHERE notes.id > $1 ORDER BY notes.id LIMIT $2";
    const SIZES: &'static str = "SELECT id, CAST(length(body) AS bigint) AS size FROM notes \
        WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
    const THERE: &'static str = "SELECT id, patient_id, body, created_at FROM notes \
        WHERE id > $1 AND id <= $2 ORDER BY id";
    const AT_A_TIME: usize = ROWS;
    type Row = Note;

    fn map(old: i64, row: &SourceRow, into: &Into, findings: &mut Findings) -> Result<Option<Note>, sqlx::Error> {
        let noted = &mut Noted::new(findings, old);
        let Some(patient_id) = patient(row, into, noted)? else { return Ok(None) };
        let body = text::text(row, "body", noted)?;
        text::note_long(body.as_ref(), BODY, noted);
        let Some(body) = body else {
            noted.add(Rule::NoteEmpty);
            return Ok(None);
        };
        let created_at = created(row, "created_at", noted)?;
        Ok(Some(Note { id: into.ids.id(Table::Notes, old), patient_id, body, created_at }))
    }

    async fn write(tx: &mut Tx, rows: &mut [(i64, Note)], _: &mut Findings) -> Result<u64, Error> {
        INSERT.run(tx, rows, rows.iter().map(|(_, note)| note.body.len()).sum(), bind).await
    }

    async fn there(row: &Row, _: &mut Tx) -> Result<Note, Error> {
        Ok(Note {
            id: row.get("id")?,
            patient_id: row.get("patient_id")?,
            body: row.get("body")?,
            created_at: row.get("created_at")?,
        })
    }

    fn hash(hash: RowHash, row: &Note, ids: &Ids) -> Option<RowHash> {
        let hash = hash.shown(ids.old(Table::Notes, row.id)?).shown(ids.old(Table::Patients, row.patient_id)?);
        Some(hash.text(&row.body).shown(dates::micros(row.created_at)))
    }
}

fn bind<'q>(query: Query<'q>, (_, note): &(i64, Note)) -> Query<'q> {
    query.bind(note.id).bind(note.patient_id).bind(note.body.clone()).bind(note.created_at)
}

/// Finds the new id of the patient to whom a row belongs.
pub(super) fn patient(row: &SourceRow, into: &Into, noted: &mut Noted<'_>) -> Result<Option<Uuid>, sqlx::Error> {
    let old = row.number("patient_id")?.filter(|old| (0..=super::ids::MAX).contains(old));
    if old.is_none() {
        noted.add(Rule::Orphan);
    }
    Ok(old.map(|old| into.ids.id(Table::Patients, old)))
}
