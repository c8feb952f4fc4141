//! Installing missing programs with the system's package manager, where that needs no question.

use std::{
    env,
    process::{Command, Stdio},
};

use crate::{
    error::{Context, Result},
    programs::Program,
    services::is_root,
};

struct Manager {
    name: &'static str,
    install: &'static [&'static str],
    /// Fetches the package lists; run when the first attempt fails.
    refresh: &'static [&'static str],
    as_root: bool,
}

const MANAGERS: [Manager; 6] = [
    Manager {
        name: "apt-get",
        install: &["-y", "-o", "DPkg::Lock::Timeout=120", "--no-install-recommends", "install"],
        refresh: &["-o", "DPkg::Lock::Timeout=120", "update"],
        as_root: true,
    },
    Manager { name: "dnf", install: &["-y", "install"], refresh: &["makecache"], as_root: true },
    Manager { name: "zypper", install: &["-n", "install"], refresh: &["-n", "refresh"], as_root: true },
    Manager { name: "apk", install: &["add"], refresh: &["update"], as_root: true },
    Manager { name: "pacman", install: &["-S", "--noconfirm", "--needed"], refresh: &["-Sy"], as_root: true },
    Manager { name: "brew", install: &["install"], refresh: &["update"], as_root: false },
];

/// Installs what `missing` names, or says in one sentence what the user has to do.
///
/// # Errors
///
/// When there is no known package manager, when it would have to ask, or when it fails.
pub(crate) fn install(missing: &[&Program], variables: &[&str]) -> Result<()> {
    let names = list(missing.iter().map(|program| program.name));
    let manager = MANAGERS.iter().find(|manager| in_path(manager.name));
    let packages = manager.map(|manager| packages(missing, manager.name)).unwrap_or_default();
    let by_hand = || {
        let how = match manager {
            Some(manager) => format!(" (for instance `{} install {}`)", manager.name, packages.join(" ")),
            None => String::new(),
        };
        format!("the tests need {names}: install it{how}, or set {}", list(variables.iter().copied()))
    };
    let Some(manager) = manager else {
        return Err(by_hand().into());
    };
    let Some(prefix) = prefix(manager) else {
        return Err(by_hand().into());
    };
    eprintln!("installing {names} with {} ({})", manager.name, packages.join(", "));
    let install = || run(prefix, manager.name, manager.install, &packages);
    if install().is_ok() {
        return Ok(());
    }
    run(prefix, manager.name, manager.refresh, &[]).and_then(|()| install()).map_err(|said| {
        eprintln!("{}", said.trim_end());
        by_hand().into()
    })
}

fn packages(missing: &[&Program], manager: &str) -> Vec<&'static str> {
    let of =
        |program: &&Program| program.packages.iter().find(|(name, _)| *name == manager).map(|(_, package)| *package);
    missing.iter().filter_map(of).collect()
}

/// What has to stand in front of the package manager; `None` when it would ask for a password or refuse.
fn prefix(manager: &Manager) -> Option<&'static [&'static str]> {
    let quiet = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    match (manager.as_root, is_root()) {
        (true, true) | (false, false) => Some(&[]),
        (true, false) => quiet("sudo", &["-n", "true"]).then_some(&["sudo", "-n"]),
        (false, true) => None,
    }
}

/// Runs the package manager; on failure returns what it said.
fn run(prefix: &[&str], manager: &str, args: &[&str], packages: &[&str]) -> std::result::Result<(), String> {
    let mut words = prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", manager]);
    let program = words.next().unwrap_or(manager);
    let output = Command::new(program)
        .args(words)
        .args(args)
        .args(packages)
        .stdin(Stdio::null())
        .output()
        .doing(format_args!("running {manager}"))
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// `a`, `a and b`, `a, b and c`.
fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services;

    #[test]
    fn every_program_has_a_package_for_every_manager() {
        for service in services::ALL {
            for manager in &MANAGERS {
                assert_eq!(
                    packages(&[service.program], manager.name).len(),
                    1,
                    "{} {}",
                    service.program.name,
                    manager.name
                );
            }
        }
    }

    #[test]
    fn words_are_joined_as_people_do() {
        assert_eq!(list(["a"].into_iter()), "a");
        assert_eq!(list(["a", "b", "c"].into_iter()), "a, b and c");
    }
}
