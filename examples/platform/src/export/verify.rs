//! Tells whether an export is whole, with nothing but the file.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

use aws_lc_rs::digest::{Context, SHA256};
use serde::Serialize;
use zip::ZipArchive;

use super::manifest::{Entry, FORMAT, Manifest, NAME, VERSION};
use crate::web::hex;

/// The most bytes of a manifest that is read.
const MOST: u64 = 1 << 30;

/// What is found of a file.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Verdict {
    pub(crate) tenant_id: Option<String>,
    pub(crate) slug: Option<String>,
    pub(crate) created_at: Option<String>,
    /// How many entries are as the manifest says.
    pub(crate) good: u64,
    pub(crate) rows: u64,
    pub(crate) sha256: String,
    pub(crate) faults: Vec<Fault>,
}

/// What is wrong with an entry, or with the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    pub(crate) entry: Option<String>,
    pub(crate) why: String,
}

impl Verdict {
    fn fault(&mut self, entry: Option<&str>, why: impl Into<String>) {
        self.faults.push(Fault { entry: entry.map(str::to_owned), why: why.into() });
    }
}

/// Checks a file: each entry against the manifest, and that there is none too many or too few.
///
/// # Errors
/// When the file can't be read at all; what is in it never is one.
pub(crate) fn verify(path: &Path) -> io::Result<Verdict> {
    let mut file = File::open(path)?;
    let mut verdict = Verdict { sha256: hash(&mut file)?.0, ..Verdict::default() };
    file.rewind()?;
    match ZipArchive::new(BufReader::new(file)) {
        Ok(archive) => check(archive, &mut verdict),
        Err(_) => verdict.fault(None, "it is no ZIP archive, or a part of one"),
    }
    Ok(verdict)
}

fn check(mut archive: ZipArchive<BufReader<File>>, verdict: &mut Verdict) {
    if archive.has_duplicate_names() {
        verdict.fault(None, "a name stands twice in the archive");
    }
    if archive.offset() != 0 || !archive.comment().is_empty() {
        verdict.fault(None, "something stands before the archive or after it");
    }
    let manifest = match read_manifest(&mut archive) {
        Ok(manifest) => manifest,
        Err(why) => return verdict.fault(Some(NAME), why),
    };
    if manifest.format != FORMAT || manifest.version != VERSION {
        return verdict.fault(Some(NAME), format!("it is no {FORMAT} of version {VERSION}"));
    }
    verdict.tenant_id = Some(manifest.tenant.id);
    verdict.slug = Some(manifest.tenant.slug);
    verdict.created_at = Some(manifest.created_at);
    let mut listed = BTreeSet::from([NAME.to_owned()]);
    for entry in &manifest.entries {
        if !listed.insert(entry.name.clone()) {
            verdict.fault(Some(&entry.name), "stands twice in the manifest");
            continue;
        }
        match check_entry(&mut archive, entry) {
            Ok(()) => {
                verdict.good += 1;
                verdict.rows += entry.rows.unwrap_or_default();
            }
            Err(why) => verdict.fault(Some(&entry.name), why),
        }
    }
    for name in archive.file_names_raw() {
        let name = String::from_utf8_lossy(name);
        if !listed.contains(&*name) {
            verdict.fault(Some(&name), "is not in the manifest");
        }
    }
}

fn read_manifest(archive: &mut ZipArchive<BufReader<File>>) -> Result<Manifest, &'static str> {
    let entry = archive.by_name(NAME).map_err(|_| "is missing")?;
    let mut text = Vec::new();
    entry.take(MOST).read_to_end(&mut text).map_err(|_| "can't be read")?;
    serde_json::from_slice(&text).map_err(|_| "is no manifest")
}

fn check_entry(archive: &mut ZipArchive<BufReader<File>>, expected: &Entry) -> Result<(), String> {
    let entry = archive.by_name(&expected.name).map_err(|_| "is missing")?;
    // One byte more tells that there is more; a bomb goes no further.
    let (found, bytes, lines) =
        hash(&mut entry.take(expected.bytes.saturating_add(1))).map_err(|_| "can't be read; its bytes were changed")?;
    if bytes != expected.bytes {
        return Err(format!("has another length than {} bytes", expected.bytes));
    }
    if found != expected.sha256 {
        return Err("has another content".to_owned());
    }
    match expected.rows {
        Some(rows) if rows != lines => Err(format!("has {lines} rows, where {rows} are told")),
        _ => Ok(()),
    }
}

/// Returns the hash of all that is read, its length, and how many lines it has.
fn hash(source: &mut impl Read) -> io::Result<(String, u64, u64)> {
    let (mut hash, mut buffer, mut bytes, mut lines) = (Context::new(&SHA256), vec![0; 64 * 1024], 0, 0);
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex(hash.finish().as_ref()), bytes, lines));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
}
