//! The product, started as the README says and stopped as a service manager does.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use super::http::Request;
use crate::{
    cargo::cargo,
    error::{Context, Failure, Result},
    process,
    services::free_port,
    session::{Guarded, Session},
};

/// A running product.
#[derive(Debug)]
pub(super) struct Server<'s> {
    pub(super) port: u16,
    process: Guarded<'s>,
    log: PathBuf,
}

impl<'s> Server<'s> {
    /// Builds and starts it on an empty data folder, and waits until it says that it is ready.
    pub(super) fn start(session: &'s mut Session) -> Result<Self> {
        if !session.run(without_settings(&mut cargo("build")).args(["--bin", "nadia"]))?.success() {
            return Err("the product does not build; see above".into());
        }
        let (data, log) = (session.folder().join("data"), session.folder().join("server.log"));
        let port = free_port()?;
        let mut command = cargo("run");
        // `cargo run` becomes the program, so signals to it reach the program.
        without_settings(&mut command).args(["--quiet", "--bin", "nadia", "--", "serve", "--demo"]);
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(&data);
        let file = File::create(&log).at("making", &log)?;
        command.stdout(file.try_clone().at("opening", &log)?).stderr(file);
        let process = session.spawn(&mut command)?;
        let mut server = Self { port, process, log };
        server.wait_ready()?;
        Ok(server)
    }

    fn wait_ready(&mut self) -> Result<()> {
        let ready = Request::get("localhost", "/readyz");
        let answers = || ready.send(self.port).is_ok_and(|response| response.status == 200);
        process::wait_ready(&mut self.process.child, answers)
            .map_err(|what| self.failure(&format!("the product {what}")))
    }

    /// Everything that it has printed and logged so far.
    pub(super) fn output(&self) -> Result<String> {
        fs::read(&self.log).at("reading", &self.log).map(|text| String::from_utf8_lossy(&text).into_owned())
    }

    /// An error that shows what the product printed.
    pub(super) fn failure(&self, what: &str) -> Failure {
        format!("{what}; the product printed:\n{}", self.output().unwrap_or_default().trim_end()).into()
    }

    /// Asks it to end, and expects that it does so well and soon.
    pub(super) fn stop(mut self) -> Result<()> {
        process::signal("TERM", self.process.child.id());
        match process::wait(&mut self.process.child, Duration::from_secs(30)) {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(self.failure(&format!("the product ended badly after SIGTERM ({status})"))),
            None => Err(self.failure("the product was still running 30 seconds after SIGTERM")),
        }
    }
}

/// Takes away what a newcomer has not set.
fn without_settings(command: &mut Command) -> &mut Command {
    let setting = |name: &str| name.starts_with("NADIA_") || name == "DATABASE_URL" || name == "RUST_LOG";
    process::without_variables(command, setting)
}
