//! The copy of the workspace that mutants are made in, so that nobody's checkout is ever broken.

use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cargo::root,
    error::{Context, Result},
};

/// A folder with the files that git knows of, or would add.
#[derive(Debug)]
pub(crate) struct WorkCopy {
    folder: PathBuf,
}

impl WorkCopy {
    /// Brings the copy up to date. Files that did not change stay untouched, so that cargo does not rebuild them.
    pub(crate) fn refresh(folder: PathBuf) -> Result<Self> {
        let copy = Self { folder };
        let files = tracked()?;
        copy.remove_others(&copy.folder, &files)?;
        for file in &files {
            let (from, to) = (root().join(file), copy.folder.join(file));
            let text = match fs::read(&from) {
                // Deleted, but not yet committed so.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                read => read.at("reading", &from)?,
            };
            if fs::read(&to).is_ok_and(|present| present == text) {
                continue;
            }
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).at("making", parent)?;
            }
            fs::write(&to, text).at("writing", &to)?;
        }
        Ok(copy)
    }

    /// The root of the copy.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads a file of the copy.
    pub(crate) fn read(&self, file: &str) -> Result<String> {
        let path = self.folder.join(file);
        fs::read_to_string(&path).at("reading", &path)
    }

    /// Changes one file while `during` runs, and puts it back.
    pub(crate) fn with_change<T>(
        &self,
        file: &str,
        change: impl FnOnce(&str) -> Result<String>,
        during: impl FnOnce() -> T,
    ) -> Result<T> {
        let path = self.folder.join(file);
        let text = self.read(file)?;
        fs::write(&path, change(&text)?).at("writing", &path)?;
        let answer = during();
        // Written anew with the time of now: with its old time, cargo would take the mutant's build for this text's.
        fs::write(&path, text).at("writing", &path)?;
        Ok(answer)
    }

    fn remove_others(&self, folder: &Path, files: &BTreeSet<PathBuf>) -> Result<()> {
        let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
        for entry in entries {
            let path = entry.at("reading", folder)?.path();
            if path.is_dir() {
                self.remove_others(&path, files)?;
            } else if path.strip_prefix(&self.folder).is_ok_and(|file| !files.contains(file)) {
                fs::remove_file(&path).at("removing", &path)?;
            }
        }
        Ok(())
    }
}

fn tracked() -> Result<BTreeSet<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .doing("running git")?;
    if !output.status.success() {
        return Err("git does not know the files of this folder; run this in a clone of the repository".into());
    }
    let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(|name| Ok(std::str::from_utf8(name).doing("reading a file name")?.into())).collect()
}
