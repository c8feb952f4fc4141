//! A private PostgreSQL.

use std::{fs, path::Path};

use super::{Place, Running, Urls, place};
use crate::{
    error::{Context, Result},
    programs::Program,
};

/// Where PostgreSQL is and what brings it.
pub(crate) const PROGRAM: Program = Program {
    name: "PostgreSQL",
    files: &["postgres"],
    beside: &["initdb", "pg_ctl"],
    folders: &[
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/usr/libexec/postgresql*",
        "/usr/local/pgsql/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
        "/Library/PostgreSQL/*/bin",
        "/Applications/Postgres.app/Contents/Versions/*/bin",
    ],
    at_least: 14,
    packages: &[
        ("apt-get", "postgresql"),
        ("dnf", "postgresql-server"),
        ("zypper", "postgresql-server"),
        ("apk", "postgresql"),
        ("pacman", "postgresql"),
        ("brew", "postgresql@17"),
    ],
};

// Data that is thrown away needs no durability; tests run in parallel, each with pools and roles of its own.
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = 128MB
max_locks_per_transaction = 256
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 30min
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m %u@%d '
";

// Passwords count on every way in, so that roles are tested as they will be used.
const ACCESS: &str = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n";

/// Starts a cluster whose superuser is `postgres`; its socket lies in the folder of the place.
pub(crate) fn start(program: &Path, place: &Place, _: &Urls) -> Result<Running> {
    let data = place.folder().join("data");
    let password = place::random_word()?;
    let password_file = place.write("password", &password)?;
    init(program, place, &data, &password_file)?;
    fs::write(data.join("pg_hba.conf"), ACCESS).at("writing", &data.join("pg_hba.conf"))?;
    let socket = place.folder().display().to_string().replace('\'', "''");

    let command = |port| {
        let settings = format!("{SETTINGS}unix_socket_directories = '{socket}'\nport = {port}\n");
        fs::write(data.join("postgresql.conf"), settings).at("writing", &data.join("postgresql.conf"))?;
        let mut command = place.command(program)?;
        command.arg("-D").arg(&data);
        Ok(command)
    };
    // The status line of the file is the server's own word, and asking needs no client.
    let status = data.join("postmaster.pid");
    let ready =
        |_| fs::read_to_string(&status).is_ok_and(|text| text.lines().nth(7).is_some_and(|s| s.trim() == "ready"));
    let (child, port) = place.start_on_free_port("PostgreSQL", command, ready)?;
    let mut stop = place.command(&program.with_file_name("pg_ctl"))?;
    stop.args(["stop", "-s", "-m", "immediate", "-t", "10", "-D"]).arg(&data);
    let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
    Ok(Running { url, child, stop: Some(stop) })
}

fn init(program: &Path, place: &Place, data: &Path, password_file: &Path) -> Result<()> {
    let initdb = program.with_file_name("initdb");
    // Not every system has C.UTF-8.
    for locale in ["C.UTF-8", "C"] {
        let status = place
            .command(&initdb)?
            .args(["--no-sync", "--encoding=UTF8", "--username=postgres", "--auth=scram-sha-256", "--locale", locale])
            .arg("--pwfile")
            .arg(password_file)
            .arg("--pgdata")
            .arg(data)
            .status()
            .at("running", &initdb)?;
        if status.success() {
            return Ok(());
        }
    }
    Err(place.failure("initdb failed"))
}
