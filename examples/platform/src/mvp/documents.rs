use nadia_tenant_sqlx::{
    Error,
    portable::{Row, Tx},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Findings, Rule, Table,
    chain::{RowHash, sha256},
    dates,
    finding::Noted,
    ids::Ids,
    kind::{Into, Kind},
    link::{Bound, Link, SourceRow},
    notes::patient,
    text,
};

/// The most bytes of one document, as of an upload. One at a time is in memory, in several copies.
const MAX_BYTES: i64 = 5 << 20;
/// What a document may be declared as; whatever else is declared is just bytes.
const KINDS: [&str; 9] = [
    "application/dicom",
    "application/json",
    "application/pdf",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
];
const BYTES: &str = "application/octet-stream";

pub(super) struct Documents;

pub(super) struct Document {
    id: Uuid,
    patient_id: Uuid,
    name: String,
    media_type: String,
    size_bytes: i64,
    sha256: String,
    /// Only between being read and being written.
    content: Vec<u8>,
    created_at: OffsetDateTime,
}

impl Kind for Documents {
    const TABLE: Table = Table::Documents;
    const SOURCE: &'static str = "SELECT CAST(documents.id AS bigint) AS id, CAST(patients.id AS bigint) AS patient_id, \
        CAST(documents.filename AS text) AS filename, CAST(documents.mime AS text) AS mime, \
        CAST(octet_length(documents.content) AS bigint) AS size_bytes, CAST(patients.created_at AS text) AS created_at \
        FROM documents LEFT JOIN patients ON patients.id = documents.patient_id \
        WHERE documents.id > $1 ORDER BY documents.id LIMIT $2";
    const SIZES: &'static str = "SELECT id, CAST(0 AS bigint) AS size FROM documents \
        WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
    const THERE: &'static str = "SELECT id, patient_id, name, media_type, size_bytes, sha256, created_at FROM documents \
        WHERE id > $1 AND id <= $2 ORDER BY id";
    const AT_A_TIME: usize = 1;
    type Row = Document;

    fn map(old: i64, row: &SourceRow, into: &Into, findings: &mut Findings) -> Result<Option<Document>, sqlx::Error> {
        let noted = &mut Noted::new(findings, old);
        let Some(patient_id) = patient(row, into, noted)? else { return Ok(None) };
        let size_bytes = row.number("size_bytes")?.unwrap_or_default();
        if size_bytes == 0 || size_bytes > MAX_BYTES {
            noted.add(if size_bytes == 0 { Rule::DocumentEmpty } else { Rule::DocumentTooLarge });
            return Ok(None);
        }
        let name = file_name(text::text(row, "filename", noted)?, noted);
        let declared = text::text(row, "mime", noted)?;
        let media_type = media_type(declared.as_deref().unwrap_or(BYTES));
        if media_type.is_none() {
            noted.add(Rule::MediaTypeChanged);
        }
        Ok(Some(Document {
            id: into.ids.id(Table::Documents, old),
            patient_id,
            name,
            media_type: media_type.unwrap_or(BYTES).to_owned(),
            size_bytes,
            sha256: String::new(),
            content: Vec::new(),
            created_at: patient_created(row)?,
        }))
    }

    async fn complete(old: i64, row: &mut Document, source: &mut Link) -> Result<(), sqlx::Error> {
        let sql = if source.is_sqlite() {
            // A text that was stored as content has the same bytes as a blob.
            "SELECT CAST(content AS blob) AS content FROM documents WHERE id = $1"
        } else {
            "SELECT content FROM documents WHERE id = $1"
        };
        let mut content = None;
        source
            .fetch(sql, vec![Bound::Number(Some(old))], |row| {
                content = row.bytes("content")?;
                Ok(true)
            })
            .await?;
        row.content = content.unwrap_or_default();
        row.size_bytes = i64::try_from(row.content.len()).unwrap_or(i64::MAX);
        row.sha256 = sha256(&row.content);
        Ok(())
    }

    fn written(row: &mut Document) {
        row.content = Vec::new();
    }

    async fn write(tx: &mut Tx, rows: &mut [(i64, Document)], _: &mut Findings) -> Result<u64, Error> {
        let mut added = 0;
        for (_, document) in rows {
            added += tx
                .query(
                    "INSERT INTO documents (id, patient_id, name, media_type, size_bytes, sha256, content, created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
                )
                .bind(document.id)
                .bind(document.patient_id)
                .bind(document.name.clone())
                .bind(document.media_type.clone())
                .bind(document.size_bytes)
                .bind(document.sha256.clone())
                .bind(std::mem::take(&mut document.content))
                .bind(document.created_at)
                .execute()
                .await?;
        }
        Ok(added)
    }

    async fn there(row: &Row, tx: &mut Tx) -> Result<Document, Error> {
        let id: Uuid = row.get("id")?;
        let content = tx.query("SELECT content FROM documents WHERE id = $1").bind(id).fetch_one().await?;
        let content: Vec<u8> = content.get("content")?;
        let (noted, sha256) = (row.get::<String>("sha256")?, sha256(&content));
        Ok(Document {
            id,
            patient_id: row.get("patient_id")?,
            name: row.get("name")?,
            media_type: row.get("media_type")?,
            size_bytes: row.get("size_bytes")?,
            // Both must be right: what is said of the content, and the content.
            sha256: if noted == sha256 { sha256 } else { format!("{noted} {sha256}") },
            content: Vec::new(),
            created_at: row.get("created_at")?,
        })
    }

    fn hash(hash: RowHash, row: &Document, ids: &Ids) -> Option<RowHash> {
        let hash = hash.shown(ids.old(Table::Documents, row.id)?).shown(ids.old(Table::Patients, row.patient_id)?);
        let hash = hash.text(&row.name).text(&row.media_type).shown(row.size_bytes).text(&row.sha256);
        Some(hash.shown(dates::micros(row.created_at)))
    }
}

/// Reads when the patient was added, for what doesn't say when it was itself. What is wrong with that time is a finding on the
/// patient.
pub(super) fn patient_created(row: &SourceRow) -> Result<OffsetDateTime, sqlx::Error> {
    let text = row.text("created_at")?.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| dates::instant(&text, true)).unwrap_or(dates::UNKNOWN))
}

fn file_name(read: Option<String>, noted: &mut Noted<'_>) -> String {
    let Some(read) = read else {
        noted.add(Rule::FileNameChanged);
        return "document".to_owned();
    };
    let last = read.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = text::name(last).0.filter(|name| !name.chars().all(|c| c == '.'));
    let name = name.unwrap_or_else(|| "document".to_owned());
    if name != read {
        noted.add(Rule::FileNameChanged);
    }
    name
}

fn media_type(declared: &str) -> Option<&'static str> {
    let essence = declared.split(';').next().unwrap_or_default().trim();
    KINDS.into_iter().chain([BYTES]).find(|kind| essence.eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_last_part_of_its_path_for_a_name() {
        for (read, name, changed) in [
            (Some("report.pdf"), "report.pdf", false),
            (Some("C:\\scans\\x-ray.png"), "x-ray.png", true),
            (Some("../.."), "document", true),
            (Some("a\u{202e}b.txt"), "ab.txt", true),
            (None, "document", true),
        ] {
            let mut findings = Findings::default();
            assert_eq!(file_name(read.map(str::to_owned), &mut Noted::new(&mut findings, 7)), name);
            assert_eq!(findings.iter().next().is_some(), changed, "{read:?}");
        }
    }

    #[test]
    fn only_kinds_that_do_not_run_are_kept() {
        assert_eq!(media_type("Text/Plain; charset=utf-8"), Some("text/plain"));
        assert_eq!(media_type("text/html"), None);
    }
}
