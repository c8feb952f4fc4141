//! Running cargo on this workspace, and what its metadata says of it.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    error::{Context, Result},
    process,
};

/// The root of the workspace that this program was built from.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A cargo command that starts from a clean environment: the variables that the outer `cargo run`
/// set for this program would otherwise reach compilers, build scripts and tests.
pub(crate) fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand).current_dir(root()).stdin(Stdio::null());
    let of_this_program = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
    process::without_variables(&mut command, |name| of_this_program.iter().any(|prefix| name.starts_with(prefix)));
    // Queries are checked against the committed `.sqlx` folders, whatever DATABASE_URL the tests get.
    command.env("SQLX_OFFLINE", "true");
    command
}

/// What `cargo metadata` says of the workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder that all commands build into.
    pub(crate) target: PathBuf,
    /// The names of all that the members build: libraries, binaries, tests.
    pub(crate) units: Vec<String>,
    /// The crates meant for a registry, in the order of their names.
    pub(crate) libraries: Vec<Library>,
}

/// A crate that is published.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Library {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) features: Vec<String>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self> {
        let output = cargo("metadata")
            .args(["--no-deps", "--format-version", "1"])
            .stderr(Stdio::inherit())
            .output()
            .doing("running cargo metadata")?;
        if !output.status.success() {
            return Err("cargo metadata failed; mend the manifest it names".into());
        }
        Self::parse(&serde_json::from_slice(&output.stdout).doing("reading cargo metadata")?)
    }

    fn parse(metadata: &Value) -> Result<Self> {
        let text = |value: &Value, key: &str| {
            value[key].as_str().map(str::to_owned).ok_or_else(|| format!("cargo metadata has no `{key}`"))
        };
        let packages = metadata["packages"].as_array().ok_or("cargo metadata has no `packages`")?;
        let (mut units, mut libraries) = (Vec::new(), Vec::new());
        for package in packages {
            units.push(text(package, "name")?);
            for target in package["targets"].as_array().into_iter().flatten() {
                units.push(text(target, "name")?);
            }
            // `publish = false` is an empty list of registries.
            if package["publish"].as_array().is_some_and(Vec::is_empty) {
                continue;
            }
            let features = package["features"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
            libraries.push(Library {
                name: text(package, "name")?,
                version: text(package, "version")?,
                features: features.collect(),
            });
        }
        libraries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { target: text(metadata, "target_directory")?.into(), units, libraries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_publishable_packages_are_libraries() {
        let metadata = serde_json::json!({
            "target_directory": "/t",
            "packages": [
                {"name": "tool", "version": "0.1.0", "publish": [], "features": {}, "targets": [{"name": "it"}]},
                {"name": "lib", "version": "0.2.0", "publish": null, "features": {"default": ["a"], "a": []}},
            ],
        });
        let workspace = Workspace::parse(&metadata).unwrap();
        assert_eq!(workspace.units, ["tool", "it", "lib"]);
        assert_eq!(
            workspace.libraries,
            [Library { name: "lib".into(), version: "0.2.0".into(), features: vec!["a".into(), "default".into()] }]
        );
        assert_eq!(workspace.target, Path::new("/t"));
    }
}
