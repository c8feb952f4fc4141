use serde::{Deserialize, Serialize};

pub(super) const FORMAT: &str = "nadia-export";
pub(super) const VERSION: u32 = 1;
/// The entry that says what the others are; the last one.
pub(super) const NAME: &str = "manifest.json";

/// What an export holds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Manifest {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) created_at: String,
    pub(super) tenant: TenantPart,
    pub(super) entries: Vec<Entry>,
}

/// Whose it is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct TenantPart {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) plan: String,
    pub(super) created_at: String,
}

/// One file of the archive.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The number of lines, of a table.
    pub(super) rows: Option<u64>,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}
