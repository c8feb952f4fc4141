//! What goes into an export, in which order.

use std::{
    io,
    sync::atomic::{AtomicI64, Ordering},
};

use nadia_tenant_core::{TenantContext, TenantRef};
use nadia_tenant_sqlx::Error;
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    archive::{Archive, Finished},
    manifest::{FORMAT, Manifest, TenantPart, VERSION},
    tables::{COUNT, DOCUMENTS, PAGE, TABLES, file_name, instant},
};
use crate::{
    branding,
    settings::{self, Key},
    state::AppState,
};

/// Why an export can't be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the database failed")]
    Database(#[from] Error),
    #[error("the archive can't be written")]
    File(#[from] io::Error),
}

/// How far the making is, for who waits.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) done: AtomicI64,
    pub(super) total: AtomicI64,
}

impl Progress {
    fn add(&self, steps: usize) {
        self.done.fetch_add(i64::try_from(steps).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

/// Fills the archive and finishes it.
///
/// Each page of rows is read by itself, so that nobody waits for the export: what changes meanwhile is in it as it was
/// or as it is.
pub(super) async fn build(
    app: &AppState,
    ctx: &TenantContext,
    archive: Archive,
    progress: &Progress,
) -> Result<Finished, Failure> {
    let id = ctx.tenant().id();
    let record = app.control().tenant(&TenantRef::Id(id)).await?.ok_or(Error::UnknownTenant)?;
    let total: i64 = app.tenants().conn(ctx).await?.query(COUNT).fetch_one().await?.get("n")?;
    progress.total.store(total, Ordering::Relaxed);
    for table in &TABLES {
        archive.entry(format!("tables/{}.ndjson", table.name), true).await?;
        let mut place = table.start();
        loop {
            let mut rows = place.next(&mut app.tenants().conn(ctx).await?).await?;
            if table.name == DOCUMENTS {
                rows.iter_mut().for_each(name_file);
            }
            let read = rows.len();
            archive.add(lines(&rows)?, read as u64).await?;
            progress.add(read);
            if read < PAGE {
                break;
            }
        }
    }
    documents(app, ctx, &archive, progress).await?;
    archive.whole("settings.json", pretty(&settings::read(app.control(), id).await?)?).await?;
    brand(app, ctx, record.tenant.name(), &archive).await?;
    people(app, ctx, &archive).await?;
    journal(app, ctx, &archive).await?;
    let tenant = &record.tenant;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        created_at: instant(OffsetDateTime::now_utc()),
        tenant: TenantPart {
            id: id.to_string(),
            slug: tenant.slug().to_string(),
            name: tenant.name().to_owned(),
            plan: tenant.plan().to_string(),
            created_at: instant(record.created_at),
        },
        entries: Vec::new(),
    };
    Ok(archive.finish(manifest).await?)
}

/// Says in a document's line which file it is.
fn name_file(line: &mut Map<String, Value>) {
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let file = file_name(text("id"), text("name"));
    line.insert("file".to_owned(), file.into());
}

/// Adds the files of documents, one in memory at a time.
async fn documents(app: &AppState, ctx: &TenantContext, archive: &Archive, progress: &Progress) -> Result<(), Failure> {
    let mut after = Uuid::nil();
    loop {
        let mut conn = app.tenants().conn(ctx).await?;
        let rows = conn.query("SELECT id, name FROM documents WHERE id > $1 ORDER BY id LIMIT 500").bind(after);
        let rows = rows.fetch_all().await?;
        drop(conn);
        for row in &rows {
            after = row.get("id")?;
            let mut conn = app.tenants().conn(ctx).await?;
            let found = conn.query("SELECT content FROM documents WHERE id = $1").bind(after).fetch_optional().await?;
            drop(conn);
            if let Some(found) = found {
                let name = file_name(&after.to_string(), &row.get::<String>("name")?);
                archive.whole(name, found.get("content")?).await?;
            }
            progress.add(1);
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

#[derive(Serialize)]
struct BrandingFile<'a> {
    name: &'a str,
    brand_colour: Option<&'a str>,
    welcome_text: Option<&'a str>,
    /// The entry with the logo.
    logo: Option<&'a str>,
}

async fn brand(app: &AppState, ctx: &TenantContext, name: &str, archive: &Archive) -> Result<(), Failure> {
    let id = ctx.tenant().id();
    let stored = settings::stored(app.control(), id).await?;
    let logo = branding::kept_logo(app.control(), id).await?;
    let file = logo.as_ref().map(|(kind, _)| format!("files/branding/logo.{}", branding::extension(kind)));
    let said = BrandingFile {
        name,
        brand_colour: stored.value(Key::BrandColour),
        welcome_text: stored.value(Key::WelcomeText),
        logo: file.as_deref(),
    };
    archive.whole("branding.json", pretty(&said)?).await?;
    if let (Some(file), Some((_, content))) = (file, logo) {
        archive.whole(file, content).await?;
    }
    Ok(())
}

async fn people(app: &AppState, ctx: &TenantContext, archive: &Archive) -> Result<(), Failure> {
    archive.entry("people.json", false).await?;
    let (mut after, mut text) = (Uuid::nil(), b"[".to_vec());
    loop {
        let mut scope = app.control().conn().await?;
        let rows = scope
            .query(
                "SELECT identities.id, identities.email, identities.name, memberships.role, memberships.created_at \
                 FROM memberships JOIN identities ON identities.id = memberships.identity_id \
                 WHERE memberships.tenant_id = $1 AND identities.id > $2 ORDER BY identities.id LIMIT 500",
            )
            .bind(ctx.tenant().id().as_uuid())
            .bind(after)
            .fetch_all()
            .await?;
        drop(scope);
        for row in &rows {
            text.extend_from_slice(if after.is_nil() { b"\n" } else { b",\n" });
            after = row.get("id")?;
            let person = json!({
                "id": after,
                "email": row.get::<String>("email")?,
                "name": row.get::<Option<String>>("name")?,
                "role": row.get::<String>("role")?,
                "member_since": instant(row.get("created_at")?),
            });
            serde_json::to_writer(&mut text, &person).map_err(io::Error::from)?;
        }
        if rows.len() < PAGE {
            text.extend_from_slice(b"\n]\n");
            archive.add(text, 0).await?;
            return Ok(());
        }
        archive.add(std::mem::take(&mut text), 0).await?;
    }
}

/// Adds the clinic's chain of the audit, with what each hash is made of.
async fn journal(app: &AppState, ctx: &TenantContext, archive: &Archive) -> Result<(), Failure> {
    archive.entry("audit.ndjson", true).await?;
    let mut after = 0_i64;
    loop {
        let mut scope = app.control().conn().await?;
        let rows = scope
            .query(
                "SELECT number, id, at, actor_kind, actor_id, action, subject, detail, hash FROM audit \
                 WHERE chain_id = $1 AND number > $2 ORDER BY number LIMIT 500",
            )
            .bind(ctx.tenant().id().as_uuid())
            .bind(after)
            .fetch_all()
            .await?;
        drop(scope);
        let mut text = Vec::new();
        for row in &rows {
            after = row.get("number")?;
            let entry = json!({
                "number": after,
                "id": row.get::<Uuid>("id")?,
                "at": instant(row.get("at")?),
                "actor_kind": row.get::<String>("actor_kind")?,
                "actor_id": row.get::<Option<Uuid>>("actor_id")?,
                "action": row.get::<String>("action")?,
                "subject": row.get::<Option<String>>("subject")?,
                "detail": row.get::<Option<String>>("detail")?,
                "hash": row.get::<String>("hash")?,
            });
            serde_json::to_writer(&mut text, &entry).map_err(io::Error::from)?;
            text.push(b'\n');
        }
        archive.add(text, rows.len() as u64).await?;
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

fn lines(rows: &[Map<String, Value>]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn pretty(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}
