//! A private PgBouncer in transaction pooling mode, in front of the PostgreSQL that `DATABASE_URL` names.

use std::path::Path;

use super::{DatabaseServer, Place, Running, Urls, place};
use crate::{error::Result, programs::Program};

/// Where PgBouncer is and what brings it.
pub(crate) const PROGRAM: Program = Program {
    name: "PgBouncer",
    files: &["pgbouncer"],
    beside: &[],
    folders: &["/usr/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/homebrew/opt/pgbouncer/bin"],
    at_least: 1,
    packages: &[
        ("apt-get", "pgbouncer"),
        ("dnf", "pgbouncer"),
        ("zypper", "pgbouncer"),
        ("apk", "pgbouncer"),
        ("pacman", "pgbouncer"),
        ("brew", "pgbouncer"),
    ],
};

// Pools are small, so that clients really share server connections, and idle ones go soon, because every test has
// databases of its own. A server that refused once is asked again soon: tests make the role that was missing.
// No more start-up parameters are ignored than the one that drivers always send.
const SETTINGS: &str = "\
listen_addr = 127.0.0.1
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_query = SELECT usename, passwd FROM pg_catalog.pg_shadow WHERE usename = $1
ignore_startup_parameters = extra_float_digits
default_pool_size = 5
max_client_conn = 500
server_idle_timeout = 30
server_login_retry = 1
server_connect_timeout = 60
query_wait_timeout = 300
client_login_timeout = 120
log_connections = 0
log_disconnections = 0
";

/// Starts a pooler for every database of the server, in which any role logs in with its own password.
pub(crate) fn start(program: &Path, place: &Place, urls: &Urls) -> Result<Running> {
    let server = DatabaseServer::parse(&urls.get("DATABASE_URL")?)?;
    let password = match &server.password {
        Some(password) => password.clone(),
        // The server asks for none; the pooler still does.
        None => place::random_word()?,
    };
    let users = format!("{} {}\n", quoted(&server.user), quoted(&password));
    let users = place.write("users.txt", &users)?;
    // Written when it listens, which is its own word, so that another server on the same port is not taken for it.
    let pid = place.folder().join("pid");

    let command = |port| {
        let settings = format!(
            "[databases]\n* = host={} port={}\n\n[pgbouncer]\n{SETTINGS}listen_port = {port}\nauth_user = {}\n\
             auth_file = {}\npidfile = {}\n",
            server.host,
            server.port,
            server.user,
            users.display(),
            pid.display()
        );
        let settings = place.write("pgbouncer.ini", &settings)?;
        let mut command = place.command(program)?;
        command.arg(settings);
        Ok(command)
    };
    let (child, port) = place.start_on_free_port("PgBouncer", command, |_| pid.is_file())?;
    Ok(Running { url: server.url_through(&password, "127.0.0.1", port), child, stop: None })
}

/// A word of the file of users.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}
