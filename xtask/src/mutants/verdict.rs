//! Running one named test, and what its output proves.

use std::{
    fmt,
    fs::{self, File},
    path::Path,
    process::ExitStatus,
    time::Duration,
};

use super::mutant::NamedTest;
use crate::{
    cargo::cargo,
    error::{Context, Result},
    session::Session,
    totals::{Outcome, test_line},
};

// A build and one test.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// What became of a named test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The very test ran and failed.
    Red,
    /// It ran and passed.
    Green,
    /// The code does not compile, which proves nothing of the test.
    NotBuilt,
    /// There is no such test, or it is ignored.
    NoTest,
    /// The test binary ended without a result.
    Crashed,
    /// The limit passed.
    TooLong,
    /// Not tried, because the test does not pass on the unchanged code.
    NotTried,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Red => "red",
            Self::Green => "green",
            Self::NotBuilt => "does not compile",
            Self::NoTest => "no such test",
            Self::Crashed => "crashed",
            Self::TooLong => "took too long",
            Self::NotTried => "not tried",
        })
    }
}

/// Runs the test in the copy of the workspace; also returns all that was printed.
pub(super) fn judge(session: &mut Session, copy: &Path, target: &Path, test: &NamedTest) -> Result<(Verdict, String)> {
    let log = session.folder().join("cargo.log");
    let mut command = cargo("test");
    command.args(["-p", &test.package, "--all-features"]);
    match test.binary.as_str() {
        "lib" => command.arg("--lib"),
        binary => command.args(["--test", binary]),
    };
    command.args(["--", "--exact", &test.name]).current_dir(copy).env("CARGO_TARGET_DIR", target);
    command.stderr(File::create(&log).at("making", &log)?);

    let mut output = Vec::new();
    let status = session.stream(&mut command, LIMIT, |bytes| {
        output.extend_from_slice(bytes);
        Ok(())
    })?;
    let output = String::from_utf8_lossy(&output);
    let said = fs::read(&log).at("reading", &log)?;
    Ok((read(&output, status, &test.name), format!("{}{output}", String::from_utf8_lossy(&said))))
}

fn read(output: &str, status: Option<ExitStatus>, name: &str) -> Verdict {
    let Some(status) = status else { return Verdict::TooLong };
    let outcome = output.lines().filter_map(test_line).find(|(found, _)| *found == name).map(|(_, outcome)| outcome);
    match outcome {
        Some(Outcome::Failed) if !status.success() => Verdict::Red,
        Some(Outcome::Passed) if status.success() => Verdict::Green,
        Some(Outcome::Ignored) => Verdict::NoTest,
        Some(_) => Verdict::Crashed,
        None if output.contains("\nrunning 0 tests") => Verdict::NoTest,
        None if output.contains("\nrunning ") => Verdict::Crashed,
        None => Verdict::NotBuilt,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[track_caller]
    fn check(output: &str, code: i32, expected: Verdict) {
        assert_eq!(read(output, Some(ExitStatus::from_raw(code << 8)), "a::b"), expected);
    }

    #[test]
    fn only_the_failure_of_the_very_test_is_red() {
        check("\nrunning 1 test\ntest a::b ... FAILED\n", 101, Verdict::Red);
        check("\nrunning 1 test\ntest a::b ... ok\n", 0, Verdict::Green);
        check("\nrunning 2 tests\ntest a::b ... ok\ntest a::bc ... FAILED\n", 101, Verdict::Crashed);
        check("\nrunning 0 tests\n", 0, Verdict::NoTest);
        check("\nrunning 1 test\ntest a::b ... ignored\n", 0, Verdict::NoTest);
        check("\nrunning 1 test\n", 134, Verdict::Crashed);
        check("", 101, Verdict::NotBuilt);
        assert_eq!(read("", None, "a::b"), Verdict::TooLong);
    }
}
