//! Writes the archive on a thread of its own, fed piece by piece: what waits there is bounded, and so is the memory.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::PathBuf,
};

use aws_lc_rs::digest::{Context, SHA256};
use tokio::{sync::mpsc, task::JoinHandle};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::manifest::{Entry, Manifest, NAME};
use crate::web::hex;

/// How many pieces may wait.
const WAITING: usize = 4;

/// An archive in the making. Dropped before it is finished, its file stays behind as it is.
#[derive(Debug)]
pub(super) struct Archive {
    pieces: mpsc::Sender<Piece>,
    writer: JoinHandle<io::Result<Finished>>,
}

/// A whole archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) size: u64,
    pub(super) sha256: String,
}

#[derive(Debug)]
enum Piece {
    Begin { name: String, has_rows: bool },
    Data { bytes: Vec<u8>, rows: u64 },
    Finish(Box<Manifest>),
}

impl Archive {
    /// Begins one at a path where nothing is.
    pub(super) fn begin(path: PathBuf) -> Self {
        let (pieces, received) = mpsc::channel(WAITING);
        let writer = tokio::task::spawn_blocking(move || write(path, received));
        Self { pieces, writer }
    }

    /// Begins an entry; the one before it ends.
    pub(super) async fn entry(&self, name: impl Into<String>, has_rows: bool) -> io::Result<()> {
        self.send(Piece::Begin { name: name.into(), has_rows }).await
    }

    /// Adds to the entry that was begun.
    pub(super) async fn add(&self, bytes: Vec<u8>, rows: u64) -> io::Result<()> {
        self.send(Piece::Data { bytes, rows }).await
    }

    /// Adds an entry of one piece.
    pub(super) async fn whole(&self, name: impl Into<String>, bytes: Vec<u8>) -> io::Result<()> {
        self.entry(name, false).await?;
        self.add(bytes, 0).await
    }

    /// Ends it with the manifest, whose entries are filled in.
    pub(super) async fn finish(self, manifest: Manifest) -> io::Result<Finished> {
        // Where it failed, the writer says why.
        let _ = self.send(Piece::Finish(Box::new(manifest))).await;
        self.writer.await.map_err(io::Error::other)?
    }

    async fn send(&self, piece: Piece) -> io::Result<()> {
        self.pieces.send(piece).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

/// The entry that is written.
struct Open {
    name: String,
    rows: Option<u64>,
    bytes: u64,
    hash: Context,
}

fn write(path: PathBuf, mut pieces: mpsc::Receiver<Piece>) -> io::Result<Finished> {
    let mut zip = ZipWriter::new(BufWriter::new(File::create_new(&path)?));
    // How large an entry becomes isn't known when it begins.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    let mut entries = Vec::new();
    let mut open: Option<Open> = None;
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Begin { name, has_rows } => {
                entries.extend(open.take().map(ended));
                zip.start_file(&name, options)?;
                open = Some(Open { name, rows: has_rows.then_some(0), bytes: 0, hash: Context::new(&SHA256) });
            }
            Piece::Data { bytes, rows } => {
                let open = open.as_mut().ok_or(io::ErrorKind::InvalidInput)?;
                zip.write_all(&bytes)?;
                open.hash.update(&bytes);
                open.bytes += bytes.len() as u64;
                open.rows = open.rows.map(|before| before + rows);
            }
            Piece::Finish(mut manifest) => {
                entries.extend(open.take().map(ended));
                manifest.entries = entries;
                zip.start_file(NAME, options)?;
                serde_json::to_writer_pretty(&mut zip, &manifest)?;
                let file = zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.sync_all()?;
                return hashed(&path);
            }
        }
    }
    Err(io::ErrorKind::Interrupted.into())
}

fn ended(open: Open) -> Entry {
    Entry { name: open.name, rows: open.rows, bytes: open.bytes, sha256: hex(open.hash.finish().as_ref()) }
}

fn hashed(path: &PathBuf) -> io::Result<Finished> {
    let mut file = BufReader::new(File::open(path)?);
    let (mut hash, mut buffer, mut size) = (Context::new(&SHA256), vec![0; 64 * 1024], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Finished { size, sha256: hex(hash.finish().as_ref()) });
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}
