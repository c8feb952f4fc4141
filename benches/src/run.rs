use std::{
    env, fs,
    io::{self, Write},
    mem,
    process::ExitCode,
    rc::Rc,
    time::Instant,
};

use crate::{Cases, Effort, Error, arguments::Arguments, measure, report::Entry};

/// Cases that are measured together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// What it is called on the command line and in the report.
    pub name: &'static str,
    /// The variable that names the service without which it can't run.
    pub needs: Option<&'static str>,
    /// Adds its cases.
    pub prepare: fn(&mut Cases) -> Result<(), Error>,
}

/// Where the report is written; without it, to the standard output.
const REPORT: &str = "NADIA_BENCH_REPORT";

/// Runs the groups that the command line names, or all of `groups`, and writes the report.
///
/// Exits with 2 if the command line is not understood, and with 1 if anything fails.
#[must_use]
pub fn run(groups: &[Group]) -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1), groups) {
        Ok(arguments) => arguments,
        Err(message) => return say(&message, ExitCode::from(2)),
    };
    match report(&arguments, groups) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say(&error.to_string(), ExitCode::FAILURE),
    }
}

fn say(message: &str, code: ExitCode) -> ExitCode {
    // Nowhere is left to report a failure of the error output to.
    let _ = writeln!(io::stderr(), "error: {message}");
    code
}

fn report(arguments: &Arguments, groups: &[Group]) -> Result<(), Error> {
    let wanted: Vec<_> = groups.iter().filter(|group| arguments.groups.contains(&group.name)).collect();
    for group in &wanted {
        if let Some(variable) = group.needs.filter(|variable| env::var_os(variable).is_none()) {
            let name = group.name;
            return Err(
                format!("group {name:?} needs {variable}; run `cargo xtask bench {name}`, which sets it").into()
            );
        }
    }
    let mut entries = Vec::new();
    for group in wanted {
        entries.extend(measured(group, arguments.effort)?);
    }
    if arguments.effort == Effort::Once {
        return Ok(());
    }
    let text = serde_json::to_string_pretty(&entries)? + "\n";
    match env::var_os(REPORT) {
        Some(path) => {
            fs::write(&path, text).map_err(|error| format!("the report {path:?} can't be written: {error}").into())
        }
        None => Ok(io::stdout().write_all(text.as_bytes())?),
    }
}

fn measured(group: &Group, effort: Effort) -> Result<Vec<Entry>, Error> {
    let begun = Instant::now();
    let runtime = Rc::new(tokio::runtime::Builder::new_current_thread().enable_all().build()?);
    let mut cases = Cases::new(Rc::clone(&runtime), effort);
    let outcome = entries(group, &mut cases, effort);
    let finally = mem::take(&mut cases.finally);
    drop(cases);
    let tidied: Result<(), Error> = finally.into_iter().try_for_each(|future| runtime.block_on(future));
    let entries = outcome?;
    tidied?;
    writeln!(io::stderr(), "{}: {} cases ({:.1} s)", group.name, entries.len(), begun.elapsed().as_secs_f64())?;
    Ok(entries)
}

fn entries(group: &Group, cases: &mut Cases, effort: Effort) -> Result<Vec<Entry>, Error> {
    (group.prepare)(cases).map_err(|error| format!("group {:?} can't be prepared: {error}", group.name))?;
    cases.check()?;
    let medians = measure::medians(&mut cases.cases, effort)?;
    let of = |name: &str| cases.cases.iter().position(|case| case.name == name).map(|at| medians[at]);
    let entry = |(case, median): (&crate::cases::Case, &f64)| Entry {
        group: group.name.to_owned(),
        case: case.name.clone(),
        median_ns: tenth(*median),
        floor: case.floor.clone(),
        ratio: thousandth(*median / of(&case.floor).expect("the names were checked")),
    };
    Ok(cases.cases.iter().zip(&medians).map(entry).collect())
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn thousandth(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
