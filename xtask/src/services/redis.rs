//! A private Redis, or Valkey.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use super::{Place, Running, Urls, place};
use crate::{error::Result, programs::Program};

/// Where Redis is and what brings it.
pub(crate) const PROGRAM: Program = Program {
    name: "Redis",
    files: &["redis-server", "valkey-server"],
    beside: &[],
    folders: &["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"],
    at_least: 6,
    packages: &[
        ("apt-get", "redis-server"),
        ("dnf", "redis"),
        ("zypper", "redis"),
        ("apk", "redis"),
        ("pacman", "valkey"),
        ("brew", "redis"),
    ],
};

/// Starts a server that keeps everything in memory and asks for a password.
pub(crate) fn start(program: &Path, place: &Place, _: &Urls) -> Result<Running> {
    let password = place::random_word()?;
    let command = |port| {
        let settings = format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave \"\"\nappendonly no\ndaemonize no\ndir \"{}\"\n",
            place.folder().display()
        );
        let settings = place.write("redis.conf", &settings)?;
        let mut command = place.command(program)?;
        command.arg(settings);
        Ok(command)
    };
    let ready = |port| answers(port, &password).unwrap_or(false);
    let (child, port) = place.start_on_free_port("Redis", command, ready)?;
    Ok(Running { url: format!("redis://:{password}@127.0.0.1:{port}/"), child, stop: None })
}

/// Asks with the password, so that another server on the same port is not taken for ours.
fn answers(port: u16, password: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(stream, "AUTH {password}\r\nPING\r\n")?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    Ok(answer == *b"+OK\r\n+PONG\r\n")
}
