//! A command's side of the supervisor: what it runs ends with it, and so do the servers.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    error::{Context, Result},
    install::install,
    process,
    services::{Account, Service},
    supervisor,
};

/// A temporary folder and running servers, gone when this is dropped or this process ends.
#[derive(Debug)]
pub(crate) struct Session {
    supervisor: Child,
    // Taken out to close it, which is how the supervisor learns of the end.
    pipe: Option<ChildStdin>,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Session {
    /// Finds or installs what the services need, and starts those whose variable is not set.
    pub(crate) fn start(services: &[Service]) -> Result<Self> {
        let begun = Instant::now();
        let mut summary = Vec::new();
        let (given, wanted): (Vec<_>, Vec<_>) = services.iter().partition(|service| is_set(service.variable));
        summary.extend(given.iter().map(|service| format!("{} as {} says", service.program.name, service.variable)));

        let mut programs = Vec::new();
        for (service, found) in locate(&wanted)? {
            programs.push(format!("{}={}", service.key, found.path.display()));
            summary.push(format!("{} {}", service.program.name, found.version));
        }
        let mut command = Command::new(env::current_exe().doing("finding this program")?);
        command.arg(supervisor::COMMAND).args(programs).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut supervisor = process::own_group(&mut command).spawn().doing("starting the supervisor")?;
        let pipe = supervisor.stdin.take();
        let answers = supervisor.stdout.take();
        let mut session = Self { supervisor, pipe, folder: PathBuf::new(), variables: Vec::new() };
        if let Some(answers) = answers {
            session.listen(answers)?;
        }
        if !summary.is_empty() {
            eprintln!("services: {} ({:.1} s)", summary.join(", "), begun.elapsed().as_secs_f64());
        }
        Ok(session)
    }

    fn listen(&mut self, answers: ChildStdout) -> Result<()> {
        for line in BufReader::new(answers).lines() {
            let message: Value = serde_json::from_str(&line.doing("hearing the supervisor")?).unwrap_or_default();
            let text = |index: usize| message[index].as_str().unwrap_or_default().to_owned();
            match text(0).as_str() {
                "folder" => self.folder = text(1).into(),
                "env" => self.variables.push((text(1), text(2))),
                "error" => return Err(text(1).into()),
                "ready" => return Ok(()),
                _ => {}
            }
        }
        Err("the supervisor ended before the services were ready".into())
    }

    /// The temporary folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives a command the variables of the services that were started.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Starts a command in a process group that the supervisor ends if this process can't.
    pub(crate) fn spawn(&mut self, command: &mut Command) -> Result<Guarded<'_>> {
        self.apply(command);
        let child = process::own_group(command).spawn().doing(format_args!("running {}", name(command)))?;
        self.tell("watch", child.id());
        Ok(Guarded { child, session: self })
    }

    /// Runs a command to its end.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<ExitStatus> {
        let mut guarded = self.spawn(command)?;
        guarded.child.wait().doing("waiting")
    }

    /// Runs a command, handing on its standard output as it comes; `None` when it took longer than `limit`.
    pub(crate) fn stream(
        &mut self,
        command: &mut Command,
        limit: Duration,
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<Option<ExitStatus>> {
        let begun = Instant::now();
        let mut guarded = self.spawn(command.stdout(Stdio::piped()))?;
        let mut output = guarded.child.stdout.take().ok_or("a piped command has no pipe")?;
        let (sender, chunks) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        // A process left behind keeps the pipe open: the end of the command counts, not the end of the pipe.
        let mut ended: Option<(ExitStatus, Instant)> = None;
        loop {
            match chunks.recv_timeout(Duration::from_millis(50)) {
                Ok(chunk) => each(&chunk).doing("passing on output")?,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if ended.is_some_and(|(_, at)| at.elapsed() > Duration::from_secs(1)) {
                        break;
                    }
                }
            }
            if ended.is_none() {
                ended = guarded.child.try_wait().doing("waiting")?.map(|status| (status, Instant::now()));
            }
            if ended.is_none() && begun.elapsed() > limit {
                return Ok(None);
            }
        }
        match ended {
            Some((status, _)) => Ok(Some(status)),
            None => Ok(process::wait(&mut guarded.child, limit.saturating_sub(begun.elapsed()))),
        }
    }

    fn tell(&mut self, word: &str, group: u32) {
        // A supervisor that is gone can't be told; its end shows when the services are used.
        let _ = self.pipe.as_mut().map(|pipe| writeln!(pipe, "{word} {group}"));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.supervisor.wait();
    }
}

/// A running command; dropping it ends its whole process group.
#[derive(Debug)]
pub(crate) struct Guarded<'s> {
    pub(crate) child: Child,
    session: &'s mut Session,
}

impl Drop for Guarded<'_> {
    fn drop(&mut self) {
        let group = self.child.id();
        if matches!(self.child.try_wait(), Ok(None)) {
            process::signal_group("TERM", group);
            if process::wait(&mut self.child, Duration::from_secs(2)).is_none() {
                process::signal_group("KILL", group);
            }
            let _ = self.child.wait();
        }
        // What it left behind.
        process::end_group(group);
        self.session.tell("forget", group);
    }
}

fn locate<'s>(wanted: &[&'s Service]) -> Result<Vec<(&'s Service, crate::programs::Found)>> {
    let search = || -> Result<Vec<_>> {
        // Asked again after installing, because packages bring accounts.
        let account = Account::for_servers()?;
        Ok(wanted.iter().map(|service| (*service, service.program.find(account.as_ref()))).collect())
    };
    let mut located = search()?;
    let missing: Vec<_> = located.iter().filter(|(_, found)| found.is_none()).map(|(service, _)| *service).collect();
    if !missing.is_empty() {
        let programs: Vec<_> = missing.iter().map(|service| service.program).collect();
        let variables: Vec<_> = missing.iter().map(|service| service.variable).collect();
        install(&programs, &variables)?;
        located = search()?;
    }
    located
        .into_iter()
        .map(|(service, found)| {
            let name = service.program.name;
            let variable = service.variable;
            let found = found.ok_or_else(|| {
                format!("{name} was installed but no working one was found; put it into PATH, or set {variable}")
            })?;
            Ok((service, found))
        })
        .collect()
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
