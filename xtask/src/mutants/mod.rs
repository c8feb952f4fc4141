//! `cargo xtask mutants`: proof that the tests guard what they say they guard.

mod copy;
mod mutant;
mod seed;
mod verdict;

use std::{
    collections::BTreeMap,
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use self::{
    copy::WorkCopy,
    mutant::{Mutant, NamedTest},
    seed::seed,
    verdict::{Verdict, judge},
};
use crate::{
    cargo::{Workspace, root},
    error::{Context, Result},
    services,
    session::Session,
};

pub(crate) fn run(names: &[String]) -> Result<ExitCode> {
    let mut mutants = Mutant::load_all(&root().join("xtask/mutants"))?;
    if let Some(unknown) = names.iter().find(|name| !mutants.iter().any(|mutant| mutant.name == **name)) {
        return Err(format!("there is no mutant `{unknown}` in xtask/mutants").into());
    }
    mutants.retain(|mutant| names.is_empty() || names.contains(&mutant.name));

    let workspace = Workspace::load()?;
    let folder = workspace.target.join("mutants");
    let copy = WorkCopy::refresh(folder.join("src"))?;
    // All of them, before any time goes into building.
    for mutant in &mutants {
        mutant.apply(&copy.read(&mutant.file)?)?;
    }
    let target = folder.join("target");
    seed(&workspace.target, &target, &workspace.units)?;
    let mut session = Session::start(services::ALL)?;
    let mut trial = |label: &str, test: &NamedTest, expected: Verdict| -> Result<Verdict> {
        let begun = Instant::now();
        print!("{label} … ");
        io::stdout().flush().doing("writing")?;
        let (verdict, output) = judge(&mut session, copy.folder(), &target, test)?;
        println!("{verdict} ({:.1} s)", begun.elapsed().as_secs_f64());
        if verdict != expected {
            eprintln!("{}", output.trim_end());
        }
        Ok(verdict)
    };

    // A test that fails anyway would call every mutant red.
    let mut unchanged = BTreeMap::new();
    for Mutant { test, .. } in &mutants {
        if !unchanged.contains_key(test) {
            let verdict = trial(&format!("unchanged: {} {}", test.package, test.name), test, Verdict::Green)?;
            unchanged.insert(test.clone(), verdict);
        }
    }
    let mut rows = Vec::new();
    for mutant in &mutants {
        let verdict = if unchanged.get(&mutant.test) == Some(&Verdict::Green) {
            let during = || trial(&mutant.name, &mutant.test, Verdict::Red);
            copy.with_change(&mutant.file, |text| mutant.apply(text), during)??
        } else {
            Verdict::NotTried
        };
        rows.push((mutant, verdict));
    }

    println!("\n{}", table(&rows));
    let caught = rows.iter().filter(|(_, verdict)| *verdict == Verdict::Red).count();
    println!("{caught} of {} mutants caught", rows.len());
    Ok(if caught == rows.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(rows: &[(&Mutant, Verdict)]) -> String {
    let name = rows.iter().map(|(mutant, _)| mutant.name.len()).max().unwrap_or(0);
    let verdict = rows.iter().map(|(_, verdict)| verdict.to_string().len()).max().unwrap_or(0);
    let line = |(mutant, found): &(&Mutant, Verdict)| {
        // Padding goes by `Display` only through a text.
        let found = found.to_string();
        format!("{:name$}  {found:verdict$}  {}  [{}]\n", mutant.name, mutant.breaks, mutant.test.name)
    };
    rows.iter().map(line).collect()
}
