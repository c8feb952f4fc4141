//! `cargo xtask bench`: measures beside real services and shows the report.

use std::{fs, process::ExitCode};

use serde_json::Value;

use crate::{
    cargo::{Workspace, cargo},
    error::{Context, Result},
    process, services,
    session::Session,
};

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let folder = Workspace::load()?.target.join("bench");
    let report = folder.join("report.json");
    fs::create_dir_all(&folder).at("making", &folder)?;
    // Otherwise a run that writes nothing would show the one before.
    if report.exists() {
        fs::remove_file(&report).at("removing", &report)?;
    }

    let mut session = Session::start(services::ALL)?;
    let mut command = cargo("bench");
    command.args(["-p", "nadia-benches", "--bench", "tenancy", "--"]).args(args).env("NADIA_BENCH_REPORT", &report);
    let status = session.run(&mut command)?;
    drop(session);
    if !status.success() {
        return Ok(process::exit_code(status));
    }

    let text = fs::read(&report).at("reading", &report)?;
    let entries: Value = serde_json::from_slice(&text).at("reading", &report)?;
    let table = table(&entries)?;
    println!("\n{table}\n{}", report.display());
    Ok(ExitCode::SUCCESS)
}

fn table(entries: &Value) -> Result<String> {
    let entries = entries.as_array().filter(|entries| !entries.is_empty()).ok_or("the report is empty")?;
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("?").to_owned();
    let width = |key: &str| entries.iter().map(|entry| text(entry, key).chars().count()).max().unwrap_or(0);
    let (group, case) = (width("group").max(5), width("case").max(4));
    let mut lines = format!("{:group$}  {:case$}  {:>10}  {:>7}\n", "group", "case", "median", "ratio");
    for entry in entries {
        let median = entry["median_ns"].as_f64().map_or_else(|| "?".to_owned(), duration);
        let ratio = entry["ratio"].as_f64().map_or_else(|| "?".to_owned(), |ratio| format!("{ratio:.2}"));
        let (group_name, case_name) = (text(entry, "group"), text(entry, "case"));
        lines += &format!("{group_name:group$}  {case_name:case$}  {median:>10}  {ratio:>7}\n");
    }
    Ok(lines)
}

/// Nanoseconds with three digits and a unit.
fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        _ if ns < 1e3 => (ns, "ns"),
        _ if ns < 1e6 => (ns / 1e3, "µs"),
        _ if ns < 1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let digits = usize::from(value < 100.0) + usize::from(value < 10.0);
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_becomes_a_table() {
        let report = serde_json::json!([
            {"group": "limit", "case": "floor: governor", "median_ns": 10.4, "floor": "floor: governor", "ratio": 1.0},
            {"group": "limit", "case": "nadia: 10000 tenants", "median_ns": 1234.0, "floor": "floor: governor", "ratio": 118.65},
        ]);
        let expected = "\
group  case                      median    ratio
limit  floor: governor          10.4 ns     1.00
limit  nadia: 10000 tenants     1.23 µs   118.65
";
        assert_eq!(table(&report).unwrap(), expected);
        assert!(table(&serde_json::json!([])).is_err());
    }
}
