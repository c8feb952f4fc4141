//! Finding the programs that services run, and making sure that they work.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::services::Account;

/// A program, where it may be, and the packages that bring it.
#[derive(Debug)]
pub(crate) struct Program {
    /// What people call it.
    pub(crate) name: &'static str,
    /// File names; the first one found counts.
    pub(crate) files: &'static [&'static str],
    /// Programs that must lie in the same folder.
    pub(crate) beside: &'static [&'static str],
    /// Folders outside of `PATH`; a `*` in the last but one place stands for a version, newest first.
    pub(crate) folders: &'static [&'static str],
    /// The oldest major version that will do.
    pub(crate) at_least: u32,
    /// Package names, by package manager.
    pub(crate) packages: &'static [(&'static str, &'static str)],
}

/// A program that was found and that answered.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) version: String,
}

impl Program {
    /// Looks in `PATH`, then in the usual folders, for one that `account` can run.
    pub(crate) fn find(&self, account: Option<&Account>) -> Option<Found> {
        let path = env::var_os("PATH").unwrap_or_default();
        let usual = self.folders.iter().flat_map(|pattern| expand(pattern));
        env::split_paths(&path).chain(usual).find_map(|folder| self.try_folder(&folder, account))
    }

    fn try_folder(&self, folder: &Path, account: Option<&Account>) -> Option<Found> {
        self.files.iter().find_map(|file| {
            let path = folder.join(file);
            let complete =
                |path: &PathBuf| path.is_file() && self.beside.iter().all(|other| path.with_file_name(other).is_file());
            // A link may stand alone, its neighbours being where it points to. It is followed only then: some
            // programs do another job under their other name.
            let path = [path.clone(), fs::canonicalize(path).ok()?].into_iter().find(complete)?;
            let mut command = Command::new(&path);
            command.arg("--version").current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
            if let Some(account) = account {
                account.applies_to(&mut command);
            }
            let output = command.output().ok().filter(|output| output.status.success())?;
            let version = version(&String::from_utf8_lossy(&output.stdout))?;
            let major: u32 = version.split('.').next()?.parse().ok()?;
            (major >= self.at_least).then_some(Found { path, version })
        })
    }
}

/// The folders that a pattern with at most one `*` stands for, the highest number first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![pattern.into()];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let mut versions: Vec<(u32, String)> = fs::read_dir(format!("{parent}/"))
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let digits: String = name.strip_prefix(prefix)?.chars().take_while(char::is_ascii_digit).collect();
            Some((digits.parse().ok()?, name))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, name)| format!("{parent}/{name}{after}").into()).collect()
}

/// The first number with dots in what a program says of its version.
fn version(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map(|word| word.trim_matches('.'))
        .find(|word| word.contains('.'))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_versions_that_programs_print() {
        for (text, expected) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", "15.18"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "7.0.15"),
            ("PgBouncer 1.18.0\nlibevent 2.1.12-stable", "1.18.0"),
        ] {
            assert_eq!(version(text).as_deref(), Some(expected));
        }
        assert_eq!(version("no such thing"), None);
    }

    #[test]
    fn newest_version_comes_first() {
        let root = env::temp_dir().join(format!("nadia-expand-{}", std::process::id()));
        for folder in ["pg-9/bin", "pg-17/bin", "pg-15.old/bin", "other/bin"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let found = expand(&format!("{}/pg-*/bin", root.display()));
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap()).collect();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(names, ["pg-17/bin", "pg-15.old/bin", "pg-9/bin"]);
    }

    #[test]
    fn folder_that_does_not_exist_stands_for_nothing() {
        assert!(expand("/no/such/folder-*/bin").is_empty());
    }
}
