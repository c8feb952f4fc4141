//! Files beside patients. They are stored and given back as they are; no browser is to show or run one.

pub(super) mod api;
mod file;
pub(super) mod pages;

use std::{collections::BTreeMap, fmt::Write as _};

use aws_lc_rs::digest;
use nadia_tenant_sqlx::{
    Error,
    portable::{Row, Tx},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use self::file::{disposition, file_name, media_type};
use crate::{
    audit::Action,
    clinic::{
        Desk,
        listing::{Listed, Newest},
        record::{is_orphan, now},
        staff,
    },
    json::Fields,
    plans::{self, Feature, Resource},
    problem::Problem,
};

const ADDED: Action = Action::new("document.added");
const REMOVED: Action = Action::new("document.removed");

/// The most bytes that one document may have.
pub(crate) const MAX_BYTES: usize = 5 << 20;

/// What is known of a document, without what is in it. No `Debug`: its name must not end in a log.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Document {
    pub(crate) id: Uuid,
    pub(crate) patient_id: Uuid,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) size_bytes: i64,
    /// Of the content, in hexadecimal.
    pub(crate) sha256: String,
    /// Who added it; `null` for a program.
    pub(crate) created_by: Option<Uuid>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

/// A file on its way in.
pub(crate) struct Upload {
    /// As the client called it.
    pub(crate) name: Option<String>,
    /// As the client declared it.
    pub(crate) media_type: Option<String>,
    pub(crate) content: Vec<u8>,
}

/// Lists the documents of a patient who was found, the newest first.
pub(super) async fn list(desk: &Desk, patient: Uuid, query: &str) -> Result<Listed<Document>, Problem> {
    let newest = Newest::read(desk, "documents", patient, query)?;
    let mut scope = desk.conn().await?;
    let rows = scope
        .query(
            "SELECT id, patient_id, name, media_type, size_bytes, sha256, created_by, created_at FROM documents \
             WHERE patient_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(patient)
        .bind(newest.before)
        .bind(newest.count())
        .fetch_all()
        .await?;
    drop(scope);
    let found: Vec<Document> = rows.iter().map(read).collect::<Result<_, Error>>()?;
    Ok(newest.page(desk, found, |document| document.id))
}

/// Refuses a clinic that has no documents. What it stored when it had them can be read and removed all the same.
pub(super) async fn require(desk: &Desk) -> Result<(), Problem> {
    plans::require_feature(desk.app.control(), desk.ctx.tenant(), Feature::Documents).await
}

/// Adds a document to a patient who was found, if the clinic may store that much more.
pub(super) async fn add(desk: &Desk, patient: Uuid, upload: Upload) -> Result<Document, Problem> {
    let mut fields = Fields::from_texts(upload.name.iter().map(|name| ("name", name.as_str())));
    let name = fields.required_text("name").and_then(|name| file_name(&mut fields, &name));
    if upload.content.is_empty() {
        fields.refuse("file", "document_empty", "there is nothing in the file", "send a file of 1 byte or more");
    }
    let document = Document {
        id: Uuid::now_v7(),
        patient_id: patient,
        name: fields.finish(name)?,
        media_type: media_type(upload.media_type.as_deref()).to_owned(),
        size_bytes: i64::try_from(upload.content.len()).unwrap_or(i64::MAX),
        sha256: sha256(&upload.content),
        created_by: desk.caller.identity(),
        created_at: now(),
    };
    let limit = plans::limit(desk.app.control(), desk.ctx.tenant(), Resource::Storage).await?;
    let mut tx = desk.begin().await?;
    plans::reserve(&mut tx, Resource::Storage, document.size_bytes, limit).await?;
    match insert(&mut tx, &document, upload.content).await {
        Err(error) if is_orphan(&error) => return Err(Problem::not_found()),
        added => added?,
    }
    tx.commit().await?;
    desk.record(ADDED, "document", document.id).await?;
    Ok(document)
}

pub(super) async fn find(desk: &Desk, id: Uuid) -> Result<Document, Problem> {
    let mut scope = desk.conn().await?;
    let row = scope
        .query(
            "SELECT id, patient_id, name, media_type, size_bytes, sha256, created_by, created_at FROM documents \
             WHERE id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await?;
    let row = row.ok_or_else(Problem::not_found)?;
    Ok(read(&row)?)
}

/// Returns a document with what is in it.
pub(super) async fn open(desk: &Desk, id: Uuid) -> Result<(Document, Vec<u8>), Problem> {
    let mut scope = desk.conn().await?;
    let row = scope
        .query(
            "SELECT id, patient_id, name, media_type, size_bytes, sha256, created_by, created_at, content \
             FROM documents WHERE id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await?;
    let row = row.ok_or_else(Problem::not_found)?;
    Ok((read(&row)?, row.get("content")?))
}

/// Removes a document.
pub(super) async fn remove(desk: &Desk, id: Uuid) -> Result<(), Problem> {
    let mut tx = desk.begin().await?;
    // Its size never changes; of two who remove it, one does.
    plans::hold(&mut tx, Resource::Storage).await?;
    let removed =
        tx.query("DELETE FROM documents WHERE id = $1 RETURNING size_bytes").bind(id).fetch_optional().await?;
    let Some(removed) = removed else { return Err(Problem::not_found()) };
    plans::release(&mut tx, Resource::Storage, removed.get("size_bytes")?).await?;
    tx.commit().await?;
    desk.record(REMOVED, "document", id).await
}

/// Returns how many bytes a patient's documents take.
pub(super) async fn stored_bytes(tx: &mut Tx, patient: Uuid) -> Result<i64, Error> {
    let row = tx
        .query("SELECT CAST(coalesce(sum(size_bytes), 0) AS bigint) AS stored FROM documents WHERE patient_id = $1")
        .bind(patient)
        .fetch_one()
        .await?;
    row.get("stored")
}

/// Finds what those are called who added these documents.
pub(super) async fn authors(desk: &Desk, documents: &[Document]) -> Result<BTreeMap<Uuid, String>, Problem> {
    Ok(staff::names(desk.app.control(), documents.iter().filter_map(|document| document.created_by)).await?)
}

async fn insert(tx: &mut Tx, document: &Document, content: Vec<u8>) -> Result<(), Error> {
    tx.query(
        "INSERT INTO documents \
         (id, patient_id, name, media_type, size_bytes, sha256, content, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(document.id)
    .bind(document.patient_id)
    .bind(document.name.clone())
    .bind(document.media_type.clone())
    .bind(document.size_bytes)
    .bind(document.sha256.clone())
    .bind(content)
    .bind(document.created_by)
    .bind(document.created_at)
    .execute()
    .await
    .map(drop)
}

fn read(row: &Row) -> Result<Document, Error> {
    Ok(Document {
        id: row.get("id")?,
        patient_id: row.get("patient_id")?,
        name: row.get("name")?,
        media_type: row.get("media_type")?,
        size_bytes: row.get("size_bytes")?,
        sha256: row.get("sha256")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
    })
}

fn sha256(content: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, content);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
