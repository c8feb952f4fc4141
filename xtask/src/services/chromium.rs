//! A private ChromeDriver, which opens headless Chromium for the tests of pages.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use super::{Place, Running, Urls};
use crate::{error::Result, programs::Program};

/// Where ChromeDriver is and what brings it, and Chromium with it.
pub(crate) const PROGRAM: Program = Program {
    name: "ChromeDriver",
    files: &["chromedriver", "chromium-chromedriver"],
    beside: &[],
    folders: &["/usr/bin", "/usr/lib/chromium", "/usr/lib64/chromium", "/usr/local/bin", "/opt/homebrew/bin"],
    at_least: 110,
    packages: &[
        ("apt-get", "chromium-driver"),
        ("dnf", "chromedriver"),
        ("zypper", "chromedriver"),
        ("apk", "chromium-chromedriver"),
        ("pacman", "chromium"),
        ("brew", "chromedriver"),
    ],
};

/// Starts it on this machine's own address; browsers are opened when tests ask for them, and end with it.
pub(crate) fn start(program: &Path, place: &Place, _: &Urls) -> Result<Running> {
    let command = |port| {
        let mut command = place.command(program)?;
        // Browsers keep their profiles there.
        command.arg(format!("--port={port}")).env("HOME", place.folder()).env("TMPDIR", place.folder());
        Ok(command)
    };
    let ready = |port| answers(port).unwrap_or(false);
    let (child, port) = place.start_on_free_port("ChromeDriver", command, ready)?;
    Ok(Running { url: format!("http://127.0.0.1:{port}/"), child, stop: None })
}

fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(stream, "GET /status HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n")?;
    // It keeps the connection open whatever it is asked, so the end of the answer is not waited for.
    let (mut answer, mut part) = (Vec::new(), [0; 1024]);
    while !String::from_utf8_lossy(&answer).contains("\"ready\":true") {
        match stream.read(&mut part)? {
            0 => return Ok(false),
            more => answer.extend_from_slice(&part[..more]),
        }
    }
    Ok(true)
}
