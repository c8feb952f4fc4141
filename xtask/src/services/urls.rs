//! Where services are, for those that stand in front of another.

use std::env;

use crate::error::Result;

/// The URLs of the services started so far; those of others come from the environment.
#[derive(Debug, Default)]
pub(crate) struct Urls(Vec<(&'static str, String)>);

impl Urls {
    /// Adds a service that was started.
    pub(crate) fn add(&mut self, variable: &'static str, url: &str) {
        self.0.push((variable, url.to_owned()));
    }

    /// The URL under the variable.
    pub(super) fn get(&self, variable: &str) -> Result<String> {
        let started = self.0.iter().find(|(name, _)| *name == variable).map(|(_, url)| url.clone());
        started.or_else(|| env::var(variable).ok()).ok_or_else(|| format!("{variable} is not set").into())
    }
}

/// What a `postgres://` URL says of the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DatabaseServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Option<String>,
    /// What follows the port, still encoded.
    rest: String,
}

impl DatabaseServer {
    pub(super) fn parse(url: &str) -> Result<Self> {
        // The URL holds a password, so it is not repeated.
        Self::try_parse(url).ok_or_else(|| {
            "DATABASE_URL must read postgres://USER:PASSWORD@HOST:PORT/DATABASE for a pooler to stand in front of it; \
             write it so, or set PGBOUNCER_URL"
                .into()
        })
    }

    fn try_parse(url: &str) -> Option<Self> {
        let (_, after) = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"))?;
        let (authority, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
        let (login, place) = authority.rsplit_once('@')?;
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(decoded(password)?)),
            None => (login, None),
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (place, 5432),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let user = decoded(user)?;
        // Neither may end or begin another setting of the pooler.
        let plain =
            |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "'\"%;#".contains(c));
        (plain(&host) && plain(&user)).then(|| Self { host, port, user, password, rest: rest.to_owned() })
    }

    /// The same database and user, reached at another place.
    pub(super) fn url_through(&self, password: &str, host: &str, port: u16) -> String {
        format!("postgres://{}:{}@{host}:{port}{}", encoded(&self.user), encoded(password), self.rest)
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        let (digits, plain) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(plain.bytes());
    }
    String::from_utf8(bytes).ok()
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn started_service_comes_before_the_environment() {
        let mut urls = Urls::default();
        assert!(urls.get("NADIA_NO_SUCH_URL").is_err());
        urls.add("NADIA_NO_SUCH_URL", "redis://x");
        assert_eq!(urls.get("NADIA_NO_SUCH_URL").unwrap(), "redis://x");
    }

    #[track_caller]
    fn check(url: &str, host: &str, port: u16, user: &str, password: Option<&str>, through: &str) {
        let server = DatabaseServer::parse(url).unwrap();
        assert_eq!((server.host.as_str(), server.port, server.user.as_str()), (host, port, user));
        assert_eq!(server.password.as_deref(), password);
        assert_eq!(server.url_through(password.unwrap_or("made"), "h", 9), through);
    }

    #[test]
    fn urls_of_databases_are_read_and_led_elsewhere() {
        check("postgres://u:p@127.0.0.1:6/d?x=y", "127.0.0.1", 6, "u", Some("p"), "postgres://u:p@h:9/d?x=y");
        check("postgresql://u:a%40%2Fb@db.example", "db.example", 5432, "u", Some("a@/b"), "postgres://u:a%40%2Fb@h:9");
        check("postgres://u@[::1]/d", "::1", 5432, "u", None, "postgres://u:made@h:9/d");
        check("postgres://u@[::1]:7/d", "::1", 7, "u", None, "postgres://u:made@h:9/d");
    }

    #[test]
    fn refuses_urls_that_do_not_say_where_and_who() {
        for url in ["mysql://u:p@h/d", "postgres:///d", "postgres://h/d", "postgres://u:p@h:x/d", "postgres://u:%4@h/d"]
        {
            assert!(DatabaseServer::parse(url).is_err(), "{url}");
        }
        assert!(DatabaseServer::parse("postgres://u%20x:p@h/d").is_err());
    }
}
