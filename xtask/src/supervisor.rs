//! The process that owns the servers and the temporary folder, and outlives the command.
//!
//! It is this program started again in a process group of its own, so that Ctrl-C does not reach it.
//! It holds the reading end of a pipe from the command. When the command ends, in whatever way, the
//! pipe closes: then it ends the process groups it was told to watch, stops the servers and removes
//! the folder. No signal handler is needed, and SIGKILL is no exception.
//!
//! Both directions are lines. To the supervisor: `watch GROUP`, `forget GROUP`. From it, each a JSON
//! array: `["folder", PATH]`, `["env", NAME, VALUE]`, then `["ready"]`, or `["error", TEXT]`.

use std::{
    env, fs,
    io::{self, BufRead, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use serde_json::json;

use crate::{
    error::{Context, Failure, Result},
    process,
    services::{self, Account, Place, Running, Urls, random_word},
};

/// The hidden command under which this program supervises; its arguments are `SERVICE=PROGRAM`.
pub(crate) const COMMAND: &str = "__supervise";

/// Serves until the pipe closes.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let folder = match Folder::new() {
        Ok(folder) => folder,
        Err(error) => return Ok(refuse(&error)),
    };
    tell(&json!(["folder", folder.path]));
    // Dropped before the folder, so that the servers stop before their files go.
    let mut servers = Vec::new();
    if let Err(error) = start(args, &folder, &mut servers) {
        return Ok(refuse(&error));
    }
    tell(&json!(["ready"]));

    let mut watched: Vec<u32> = Vec::new();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        match line.split_once(' ').map(|(word, group)| (word, group.parse())) {
            Some(("watch", Ok(group))) => watched.push(group),
            Some(("forget", Ok(group))) => watched.retain(|known| *known != group),
            _ => {}
        }
    }
    for group in watched {
        process::end_group(group);
    }
    Ok(ExitCode::SUCCESS)
}

fn start(args: &[String], folder: &Folder, servers: &mut Vec<Running>) -> Result<()> {
    let mut urls = Urls::default();
    for service in services::ALL {
        let given = args.iter().find_map(|arg| arg.strip_prefix(service.key)?.strip_prefix('='));
        let Some(program) = given else { continue };
        let place = Place::new(folder.path.join(service.key), folder.account.clone())?;
        let running = (service.start)(Path::new(program), &place, &urls)?;
        tell(&json!(["env", service.variable, running.url]));
        urls.add(service.variable, &running.url);
        servers.push(running);
    }
    Ok(())
}

fn refuse(error: &Failure) -> ExitCode {
    tell(&json!(["error", error.to_string()]));
    ExitCode::FAILURE
}

/// Says something to the command. It may be gone; then the closed pipe is what counts.
fn tell(message: &serde_json::Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{message}").and_then(|()| out.flush());
}

/// The temporary folder, removed when dropped.
struct Folder {
    path: PathBuf,
    account: Option<Account>,
}

impl Folder {
    fn new() -> Result<Self> {
        let account = Account::for_servers()?;
        let base = base(account.as_ref());
        let path = base.join(format!("nadia-{}", &random_word()?[..12]));
        fs::DirBuilder::new().mode(0o700).create(&path).at("making", &path)?;
        let folder = Self { path, account };
        if folder.account.is_some() {
            // The servers' account passes through; what lies inside is private by itself.
            let mode = fs::Permissions::from_mode(0o711);
            fs::set_permissions(&folder.path, mode).at("opening", &folder.path)?;
        }
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Each database that a test left is a folder of a thousand files, and there are hundreds.
        clear(&self.path);
        // A process just ended may still have been writing.
        process::until(std::time::Duration::from_secs(5), || {
            fs::remove_dir_all(&self.path).is_ok() || !self.path.exists()
        });
    }
}

/// How deep below a server's folder its databases lie: `postgres/data/base/1`.
const DEPTH: usize = 4;
/// How many folders are removed at once: most of the time the disk is waited for.
const AT_ONCE: usize = 8;

/// Removes the folders that lie this deep; the rest is left to who removes the whole.
fn clear(folder: &Path) {
    let mut folders = vec![folder.to_owned()];
    for _ in 0..DEPTH {
        let inside = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
        let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        folders = folders.into_iter().flat_map(inside).filter(is_folder).map(|entry| entry.path()).collect();
    }
    std::thread::scope(|scope| {
        for part in folders.chunks(folders.len().div_ceil(AT_ONCE).max(1)) {
            scope.spawn(move || {
                for folder in part {
                    // What can't be removed now is tried once more with the whole.
                    let _ = fs::remove_dir_all(folder);
                }
            });
        }
    });
}

/// The system's temporary folder, or `/tmp` where servers can't get into it or its name is too long
/// for a socket (about 100 bytes in all).
fn base(account: Option<&Account>) -> PathBuf {
    let usual = env::temp_dir();
    let mut enter = Command::new("sh");
    enter.args(["-c", "cd \"$1\"", "sh"]).arg(&usual).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
    if let Some(account) = account {
        account.applies_to(&mut enter);
    }
    let passable = enter.status().is_ok_and(|status| status.success());
    if passable && usual.as_os_str().len() < 60 { usual } else { "/tmp".into() }
}
