//! `cargo xtask test`: everything, beside real services, with one line of totals at the end.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use crate::{cargo::cargo, error::Result, services, session::Session, totals::Totals};

// Longer than any machine needs; a test that hangs must not hold a build machine for ever.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let mut session = Session::start(services::ALL)?;
    let mut command = cargo("test");
    command.args(selection(args)).arg("--no-fail-fast").args(args);
    if io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }

    let mut totals = Totals::default();
    let mut out = io::stdout();
    let status = session.stream(&mut command, LIMIT, |bytes| {
        totals.feed(bytes);
        out.write_all(bytes)?;
        out.flush()
    })?;
    drop(session);

    if !totals.failures.is_empty() {
        println!("\nfailed tests:");
        totals.failures.iter().for_each(|name| println!("    {name}"));
    }
    let ran = totals.passed + totals.failed > 0;
    let ended_well = status.is_some_and(|status| status.success());
    if status.is_none() {
        eprintln!("error: the tests did not end within {} minutes", LIMIT.as_secs() / 60);
    } else if !ran {
        eprintln!("error: no test ran");
    } else if !ended_well && totals.failed == 0 {
        eprintln!("error: `cargo test` failed although no test did; see above");
    }
    println!("{totals}");
    Ok(if ran && ended_well && totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The whole workspace with all features, where the arguments don't choose for themselves.
fn selection(args: &[String]) -> Vec<&'static str> {
    let mut options = args.iter().take_while(|arg| *arg != "--").map(String::as_str);
    let chosen = |names: &[&str], option: &str| {
        let (name, _) = option.split_once('=').unwrap_or((option, ""));
        // Short options may carry their value at once.
        names.iter().any(|known| name == *known || (known.len() == 2 && name.starts_with(known)))
    };
    let (mut packages, mut features) = (false, false);
    options.by_ref().for_each(|option| {
        packages |= chosen(&["-p", "--package", "--workspace", "--manifest-path"], option);
        features |= chosen(&["-F", "--features", "--all-features", "--no-default-features"], option);
    });
    let mut selection = Vec::new();
    if !packages {
        selection.push("--workspace");
    }
    if !features {
        selection.push("--all-features");
    }
    selection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(args: &str, expected: &[&str]) {
        let args: Vec<_> = args.split_whitespace().map(str::to_owned).collect();
        assert_eq!(selection(&args), expected);
    }

    #[test]
    fn everything_is_tested_unless_the_arguments_choose() {
        check("", &["--workspace", "--all-features"]);
        check("guard", &["--workspace", "--all-features"]);
        check("-p nadia-quota", &["--all-features"]);
        check("-pnadia-quota", &["--all-features"]);
        check("--package=nadia-quota --features layer", &[]);
        check("-- -p --features", &["--workspace", "--all-features"]);
    }
}
