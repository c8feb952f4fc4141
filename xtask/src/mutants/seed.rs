//! Builds of other people's crates for the mutants' target folder, which would cost minutes there.

use std::{
    fs::{self, File},
    path::Path,
};

use crate::error::{Context, Result};

/// Gives a new target folder the builds of other people's crates that `from` has; cargo recognises them.
///
/// The builds of the workspace's own crates (`own`) stay behind: cargo could take one for a build of the
/// copy's text.
pub(crate) fn seed(from: &Path, to: &Path, own: &[String]) -> Result<()> {
    if to.join("debug").exists() || !from.join("debug").exists() {
        return Ok(());
    }
    let own: Vec<String> = own.iter().flat_map(|name| [name.clone(), name.replace('-', "_")]).collect();
    let foreign = |file: &str| {
        let name = file.strip_prefix("lib").unwrap_or(file);
        let name = name.split_once('.').map_or(name, |(name, _)| name);
        let name = name.rsplit_once('-').map_or(name, |(name, _hash)| name);
        !own.iter().any(|own| own == name)
    };
    // Libraries are large and are replaced whole, so a second link will do. What cargo and build
    // scripts rewrite in place is copied.
    for (part, bring) in [("deps", link as Bring), ("build", copy), (".fingerprint", copy)] {
        bring_all(&from.join("debug").join(part), &to.join("debug").join(part), &foreign, bring)?;
    }
    Ok(())
}

type Bring = fn(&Path, &Path) -> std::io::Result<()>;

fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to)
}

/// Copies with the time of the last change, which cargo compares.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to)?;
    File::options().append(true).open(to)?.set_modified(fs::metadata(from)?.modified()?)
}

fn bring_all(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool, bring: Bring) -> Result<()> {
    fs::create_dir_all(to).at("making", to)?;
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    for entry in entries {
        let entry = entry.at("reading", from)?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(wanted) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if entry.file_type().at("reading", &from)?.is_dir() {
            bring_all(&from, &to, &|_| true, bring)?;
        } else {
            bring(&from, &to).at("copying", &from)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_brings_the_builds_of_others_only() {
        let folder = std::env::temp_dir().join(format!("nadia-seed-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        let deps = from.join("debug/deps");
        fs::create_dir_all(&deps).unwrap();
        for file in ["libserde-0a1b.rlib", "libnadia_quota-2c3d.rlib", "nadia_quota-2c3d.d", "it-99ff"] {
            fs::write(deps.join(file), "").unwrap();
        }
        fs::create_dir_all(from.join("debug/.fingerprint/nadia-quota-77")).unwrap();
        fs::create_dir_all(from.join("debug/.fingerprint/serde-78")).unwrap();
        seed(&from, &to, &["nadia-quota".into(), "it".into()]).unwrap();
        let left = |part: &str| -> Vec<_> {
            let entries = fs::read_dir(to.join("debug").join(part)).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let (deps, fingerprints) = (left("deps"), left(".fingerprint"));
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(deps, ["libserde-0a1b.rlib"]);
        assert_eq!(fingerprints, ["serde-78"]);
    }
}
