use std::collections::BTreeSet;

use crate::doctor::check::CHECKS;

#[test]
fn each_check_has_a_code_of_its_own() {
    let codes: BTreeSet<_> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(codes.len(), CHECKS.len());
}

/// A check without a case could be taken away unseen.
#[test]
fn each_check_has_a_case() {
    let tried: BTreeSet<_> = super::postgres::codes().chain(super::files::codes()).collect();
    let known: BTreeSet<_> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(known.difference(&tried).collect::<Vec<_>>(), Vec::<&&str>::new(), "checks without a case");
    assert_eq!(tried.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "cases without a check");
}

#[test]
fn the_guide_has_the_table_of_checks() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md");
    let guide = std::fs::read_to_string(path).expect("docs/doctor.md is there");
    let rows: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `")).collect();
    let wanted: Vec<String> = CHECKS
        .iter()
        .map(|check| format!("| `{}` | {} | {} | {} |", check.code, check.severity, check.why, check.mend))
        .collect();
    assert_eq!(rows, wanted, "docs/doctor.md differs from the checks; its table should be\n{}", wanted.join("\n"));
}
