//! The account that servers run under: PostgreSQL refuses to run as root.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
};

use crate::error::{Context, Result};

/// An unprivileged account of this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// The account to run servers under; `None` when this process is unprivileged itself.
    pub(crate) fn for_servers() -> Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").at("reading", Path::new("/etc/passwd"))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::parse(&users, name))
            .map(Some)
            .ok_or_else(|| "there is no account `postgres` or `nobody` to run PostgreSQL under; add one".into())
    }

    fn parse(users: &str, name: &str) -> Option<Self> {
        let mut fields = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':');
        let _password = fields.next()?;
        Some(Self { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    }

    /// Makes the command run under this account, without other groups.
    pub(crate) fn applies_to(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives a file or folder to this account.
    pub(crate) fn owns(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid)).at("changing the owner of", path)
    }
}

/// Tells whether this process may do everything.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_numbers_of_an_account() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgresql:x:7:7::/:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(Account::parse(users, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::parse(users, "nobody"), None);
    }
}
