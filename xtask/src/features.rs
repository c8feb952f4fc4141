//! `cargo xtask features`: each library crate compiles with each of its features alone.

use std::{io::Write, process::ExitCode, time::Instant};

use crate::{
    cargo::{Library, Workspace, cargo},
    error::{Context, Result},
};

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    if let Some(unknown) = args.iter().find(|name| !workspace.libraries.iter().any(|library| library.name == **name)) {
        return Err(format!("there is no library crate `{unknown}` in the workspace").into());
    }
    let mut broken = 0;
    for library in workspace.libraries.iter().filter(|library| args.is_empty() || args.contains(&library.name)) {
        for choice in choices(library) {
            let begun = Instant::now();
            print!("{} {} … ", library.name, choice.join(" "));
            std::io::stdout().flush().doing("writing")?;
            let output = cargo("check").args(["--lib", "-p", &library.name]).args(&choice).output();
            let output = output.doing("running cargo check")?;
            let said = String::from_utf8_lossy(&output.stderr);
            // A feature alone is where unused code shows.
            let clean = output.status.success() && !said.lines().any(|line| line.starts_with("warning:"));
            println!("{} ({:.1} s)", if clean { "ok" } else { "FAILED" }, begun.elapsed().as_secs_f64());
            if !clean {
                eprintln!("{said}");
                broken += 1;
            }
        }
    }
    if broken > 0 {
        return Err(format!("{broken} combinations of features don't compile without warnings; see above").into());
    }
    Ok(ExitCode::SUCCESS)
}

/// The arguments to try: no features, each alone, all.
fn choices(library: &Library) -> Vec<Vec<&str>> {
    let mut choices = vec![vec!["--no-default-features"]];
    for feature in library.features.iter().filter(|name| *name != "default") {
        choices.push(vec!["--no-default-features", "--features", feature]);
    }
    choices.push(vec!["--all-features"]);
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_none_each_and_all() {
        let features = ["default", "layer", "redis"].map(str::to_owned).to_vec();
        let library = Library { name: "lib".into(), version: "0.1.0".into(), features };
        let tried: Vec<_> = choices(&library).iter().map(|choice| choice.join(" ")).collect();
        assert_eq!(
            tried,
            [
                "--no-default-features",
                "--no-default-features --features layer",
                "--no-default-features --features redis",
                "--all-features",
            ]
        );
    }
}
