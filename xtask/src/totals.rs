//! Reads what test binaries and doctests print, and adds it up.

use std::fmt;

/// The sums over all test binaries, fed with their output as it comes.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
    /// Tests marked `#[ignore]`.
    pub(crate) skipped: u64,
    /// The names of the tests that failed, in the order of their end.
    pub(crate) failures: Vec<String>,
    line: Vec<u8>,
}

impl Totals {
    /// Takes the next bytes of output; lines may be cut anywhere.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = String::from_utf8_lossy(&self.line).into_owned();
                self.line.clear();
                self.read(line.trim_end());
            }
        }
    }

    fn read(&mut self, line: &str) {
        if let Some((passed, failed, skipped)) = result_line(line) {
            self.passed += passed;
            self.failed += failed;
            self.skipped += skipped;
        } else if let Some((name, Outcome::Failed)) = test_line(line) {
            self.failures.push(name.to_owned());
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// How one test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Ignored,
}

/// Reads `test NAME ... ok`.
pub(crate) fn test_line(line: &str) -> Option<(&str, Outcome)> {
    let (name, outcome) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let outcome = match outcome.split([' ', ',', '<']).next()? {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        "ignored" => Outcome::Ignored,
        _ => return None,
    };
    Some((name.strip_suffix(" - should panic").unwrap_or(name), outcome))
}

/// Reads `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; …` as passed, failed, ignored.
fn result_line(line: &str) -> Option<(u64, u64, u64)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let mut count = |label| counts.next()?.strip_suffix(label)?.trim_end().parse().ok();
    Some((count("passed")?, count("failed")?, count("ignored")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_binaries_and_doctests() {
        let mut totals = Totals::default();
        let output = "\nrunning 2 tests\ntest a::b ... ok\ntest a::c ... FAILED\n\n\
            test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            \n   Doc-tests nadia\ntest src/lib.rs - (line 3) ... ok\ntest src/lib.rs - x (line 9) - compile fail ... ok\n\
            test result: ok. 2 passed; 0 failed; 3 ignored; 0 measured; 7 filtered out; finished in 1.20s\n";
        // Cut at every size, because a pipe does.
        for chunk in output.as_bytes().chunks(7) {
            totals.feed(chunk);
        }
        assert_eq!(totals.to_string(), "3 passed, 1 failed, 3 skipped");
        assert_eq!(totals.failures, ["a::c"]);
    }

    #[test]
    fn reads_the_line_of_a_test() {
        assert_eq!(test_line("test guard::refuses ... ok"), Some(("guard::refuses", Outcome::Passed)));
        assert_eq!(test_line("test slow ... ok <1.204s>"), Some(("slow", Outcome::Passed)));
        assert_eq!(test_line("test panics - should panic ... FAILED"), Some(("panics", Outcome::Failed)));
        assert_eq!(test_line("test later ... ignored, needs a cluster"), Some(("later", Outcome::Ignored)));
    }

    #[test]
    fn text_that_only_resembles_a_result_counts_nothing() {
        let mut totals = Totals::default();
        totals.feed(b"test result: unknown\n  test result: ok. 5 passed; 0 failed; 0 ignored\ntest of a thing\n");
        assert_eq!(totals.to_string(), "0 passed, 0 failed, 0 skipped");
    }
}
