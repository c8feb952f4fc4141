//! Process groups, signals and a bounded wait, without unsafe code.

use std::{
    env,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Makes the command the leader of a new process group, so that it and all it starts can be ended together.
pub(crate) fn own_group(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Sends a signal (`TERM`, `KILL`, `0` to ask whether it exists) to a process; false if it is not there.
pub(crate) fn signal(name: &str, pid: u32) -> bool {
    send(name, &pid.to_string())
}

/// Sends a signal to every process of a group; false if there is none.
pub(crate) fn signal_group(name: &str, group: u32) -> bool {
    send(name, &format!("-{group}"))
}

// The shell's own `kill`, because small systems have no program of that name.
fn send(name: &str, to: &str) -> bool {
    let status = Command::new("sh")
        .args(["-c", "kill -s \"$1\" -- \"$2\"", "sh", name, to])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Ends a process group: politely, and after two seconds for good.
pub(crate) fn end_group(group: u32) {
    if !signal_group("TERM", group) {
        return;
    }
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        // Asking starts a shell, so it is not asked in haste.
        thread::sleep(Duration::from_millis(100));
        if !signal_group("0", group) {
            return;
        }
    }
    signal_group("KILL", group);
}

/// The exit code to pass on: the child's own, or 1 when a signal ended it.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Takes the variables that `unwanted` names away from the command.
pub(crate) fn without_variables(command: &mut Command, unwanted: impl Fn(&str) -> bool) -> &mut Command {
    for (name, _) in env::vars_os() {
        if unwanted(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

/// Waits for a child at most that long; `None` if it is still running.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let mut ended = None;
    until(limit, || {
        ended = child.try_wait().ok().flatten();
        ended.is_some()
    });
    ended
}

/// Waits for at most a minute until a child just started is ready; otherwise says what it did instead.
pub(crate) fn wait_ready(child: &mut Child, mut ready: impl FnMut() -> bool) -> Result<(), String> {
    let mut ended = None;
    let came = until(Duration::from_secs(60), || {
        ended = child.try_wait().ok().flatten();
        ended.is_some() || ready()
    });
    match ended {
        Some(status) => Err(format!("did not start ({status})")),
        None if came => Ok(()),
        None => Err("was not ready after a minute".to_owned()),
    }
}

/// Asks again and again for at most that long; tells whether the answer came.
pub(crate) fn until(limit: Duration, mut happened: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if happened() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_ends_with_all_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & sleep 60"]);
        let mut child = own_group(&mut command).spawn().unwrap();
        assert!(signal_group("0", child.id()));
        // Reaped at once, so that the group is really empty.
        let group = child.id();
        let ender = thread::spawn(move || end_group(group));
        assert!(wait(&mut child, Duration::from_secs(10)).is_some());
        ender.join().unwrap();
        assert!(until(Duration::from_secs(10), || !signal_group("0", group)));
    }
}
