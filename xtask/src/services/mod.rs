//! The servers that tests need: which there are, and starting them.

mod account;
mod chromium;
mod pgbouncer;
mod place;
mod postgres;
mod redis;
mod urls;

use std::{
    io::{self, IsTerminal},
    path::Path,
    process::{Command, ExitCode},
};

use self::urls::DatabaseServer;
pub(crate) use self::{
    account::{Account, is_root},
    place::{Place, Running, free_port, random_word},
    urls::Urls,
};
use crate::{
    error::{Context, Result},
    process,
    programs::Program,
    session::Session,
};

/// A kind of server, and the variable that tells tests where it is.
#[derive(Debug)]
pub(crate) struct Service {
    /// Also the name of its folder.
    pub(crate) key: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) program: &'static Program,
    pub(crate) start: fn(&Path, &Place, &Urls) -> Result<Running>,
}

/// All services, in the order of their start: one that stands in front of another comes after it.
pub(crate) const ALL: &[Service] = &[
    Service { key: "postgres", variable: "DATABASE_URL", program: &postgres::PROGRAM, start: postgres::start },
    Service { key: "redis", variable: "REDIS_URL", program: &redis::PROGRAM, start: redis::start },
    Service { key: "pgbouncer", variable: "PGBOUNCER_URL", program: &pgbouncer::PROGRAM, start: pgbouncer::start },
    Service { key: "chromium", variable: "WEBDRIVER_URL", program: &chromium::PROGRAM, start: chromium::start },
];

/// Runs a command beside the services.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let Some((program, args)) = program(args) else {
        return Err("name a command to run beside the services, as in `cargo xtask services psql`".into());
    };
    let mut session = Session::start(ALL)?;
    let mut command = Command::new(program);
    command.args(args);
    let status = if io::stdin().is_terminal() {
        // In the foreground group, because only there it may read what is typed.
        session.apply(&mut command);
        command.status().doing(format_args!("running {program}"))?
    } else {
        session.run(&mut command)?
    };
    Ok(process::exit_code(status))
}

/// The program and its arguments, which may stand after `--`.
fn program(args: &[String]) -> Option<(&String, &[String])> {
    match args {
        [dashes, command @ ..] if dashes == "--" => command.split_first(),
        command => command.split_first(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_dashes_before_the_command_are_no_part_of_it() {
        let args = ["--", "sh", "--", "x"].map(str::to_owned);
        assert_eq!(program(&args), Some((&args[1], &args[2..])));
        assert_eq!(program(&args[1..]), Some((&args[1], &args[2..])));
        assert_eq!(program(&args[..1]), None);
    }
}
