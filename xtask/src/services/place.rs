//! Where one server runs: its folder, its account, its log.

use std::{
    fs::{self, File, OpenOptions},
    io::Read,
    net::TcpListener,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::Account;
use crate::{
    error::{Context, Failure, Result},
    process,
};

/// The folder of one server, owned by the account that it runs under.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
    account: Option<Account>,
}

/// A server that stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    /// How tests reach it.
    pub(crate) url: String,
    pub(super) child: Child,
    /// Asks it to stop together with its children; without it, the server is killed.
    pub(super) stop: Option<Command>,
}

impl Place {
    /// Makes the folder.
    pub(crate) fn new(folder: PathBuf, account: Option<Account>) -> Result<Self> {
        fs::DirBuilder::new().mode(0o700).create(&folder).at("making", &folder)?;
        if let Some(account) = &account {
            account.owns(&folder)?;
        }
        Ok(Self { folder, account })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file that only the server can read.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).at("writing", &path)?;
        private(&path)?;
        if let Some(account) = &self.account {
            account.owns(&path)?;
        }
        Ok(path)
    }

    /// A command that runs in the folder, under the account, and writes to the log.
    pub(super) fn command(&self, program: &Path) -> Result<Command> {
        let path = self.log_path();
        let log = OpenOptions::new().create(true).append(true).open(&path).at("opening", &path)?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().at("opening", &path)?)
            .stderr(log);
        if let Some(account) = &self.account {
            account.applies_to(&mut command);
        }
        Ok(command)
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// An error that ends with the last lines of the log.
    pub(super) fn failure(&self, what: &str) -> Failure {
        let log = fs::read(self.log_path()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        format!("{what}; its log ends:\n{}", lines[lines.len().saturating_sub(15)..].join("\n")).into()
    }

    /// Has `start` write the settings for a free port and give the command, and waits until the server is ready.
    pub(super) fn start_on_free_port(
        &self,
        name: &str,
        start: impl Fn(u16) -> Result<Command>,
        ready: impl Fn(u16) -> bool,
    ) -> Result<(Child, u16)> {
        let mut attempts = 3;
        loop {
            let port = free_port()?;
            let mut child = start(port)?.spawn().doing(format_args!("starting {name}"))?;
            attempts -= 1;
            let Err(what) = process::wait_ready(&mut child, || ready(port)) else {
                return Ok((child, port));
            };
            let _ = child.kill();
            let _ = child.wait();
            // Somebody else may have taken the port in between.
            if attempts == 0 {
                return Err(self.failure(&format!("{name} {what}")));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let asked = self.stop.as_mut().is_some_and(|stop| stop.status().is_ok_and(|status| status.success()));
        if !asked || process::wait(&mut self.child, Duration::from_secs(10)).is_none() {
            // Nothing else can be done about either error.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn private(path: &Path) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).at("protecting", path)
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).doing("looking for a free port")?;
    Ok(listener.local_addr().doing("looking for a free port")?.port())
}

/// 128 random bits in hexadecimal, which need no quoting anywhere.
pub(crate) fn random_word() -> Result<String> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).at("reading", path)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
