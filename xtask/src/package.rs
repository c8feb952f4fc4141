//! `cargo xtask package`: what would be published builds on its own, and a stranger can use it.

use std::{fs, path::Path, process::ExitCode};

use crate::{
    cargo::{Library, Workspace, cargo},
    error::{Context, Result},
    session::Session,
};

/// The program of the crate outside; it names something of every library crate.
const PROGRAM: &str = include_str!("../outside/main.rs");

/// Packages don't inherit the workspace's profile. Without this, other people's crates, which the
/// workspace compiles without debug information, would be compiled once more.
const PROFILE: &str = "profile.dev.debug = 0";

pub(crate) fn run() -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    let mut session = Session::start(&[])?;

    let mut command = cargo("package");
    // Whether everything is committed is for the one who publishes; here it is the content that counts.
    command.args(["--allow-dirty", "--config", PROFILE]).env("CARGO_TARGET_DIR", &workspace.target);
    for library in &workspace.libraries {
        command.args(["-p", &library.name]);
    }
    if !session.run(&mut command)?.success() {
        return Err("cargo package failed; see above".into());
    }

    let outside = session.folder().join("outside");
    write(&outside, "src/main.rs", PROGRAM)?;
    write(&outside, "Cargo.toml", &manifest(&workspace.libraries, &workspace.target.join("package")))?;
    // The same versions of other people's crates, so that their builds are shared.
    let lock = fs::read_to_string(crate::cargo::root().join("Cargo.lock")).doing("reading Cargo.lock")?;
    write(&outside, "Cargo.lock", &lock)?;
    let mut command = cargo("run");
    command.args(["--config", PROFILE]).current_dir(&outside).env("CARGO_TARGET_DIR", &workspace.target);
    if !session.run(&mut command)?.success() {
        return Err("a crate outside the workspace can't use the packaged crates; see above".into());
    }
    println!("{} crates packaged, and used from outside", workspace.libraries.len());
    Ok(ExitCode::SUCCESS)
}

/// A manifest that asks for the crates as from a registry, and finds them where they were unpacked.
fn manifest(libraries: &[Library], packages: &Path) -> String {
    let mut dependencies = String::new();
    let mut patches = String::new();
    for Library { name, version, .. } in libraries {
        let path = packages.join(format!("{name}-{version}"));
        dependencies += &format!("{name} = \"{version}\"\n");
        patches += &format!("{name} = {{ path = {:?} }}\n", path.display().to_string());
    }
    format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
        [dependencies]\n{dependencies}\n[patch.crates-io]\n{patches}\n[workspace]\n"
    )
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).at("making", parent)?;
    }
    fs::write(&path, text).at("writing", &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crate_outside_asks_for_versions_and_is_given_folders() {
        let library = Library { name: "nadia-quota".into(), version: "0.1.0".into(), features: Vec::new() };
        let manifest: toml::Table = manifest(&[library], Path::new("/t/package")).parse().unwrap();
        assert_eq!(manifest["dependencies"]["nadia-quota"].as_str(), Some("0.1.0"));
        let patch = &manifest["patch"]["crates-io"]["nadia-quota"]["path"];
        assert_eq!(patch.as_str(), Some("/t/package/nadia-quota-0.1.0"));
    }
}
