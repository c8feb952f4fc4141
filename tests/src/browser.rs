use std::{collections::BTreeMap, fmt::Write as _};

use crate::{Answer, Http, PASSWORD};

/// A browser without scripts: it keeps cookies by host, says where its forms come from, and puts into them the hidden
/// token of the page of that host it saw last. Redirects are followed when a test says so.
#[derive(Clone, Debug)]
pub struct Browser {
    http: Http,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    tokens: BTreeMap<String, String>,
}

impl Browser {
    /// Makes one that was nowhere yet.
    #[must_use]
    pub fn new(http: &Http) -> Self {
        Self { http: http.clone(), cookies: BTreeMap::new(), tokens: BTreeMap::new() }
    }

    /// Makes one and logs in at `host` with [`PASSWORD`].
    ///
    /// # Panics
    /// If that doesn't lead to the first page.
    pub async fn logged_in(http: &Http, host: &str, email: &str) -> Self {
        let mut browser = Self::new(http);
        let first = browser.log_in(host, email, PASSWORD).await;
        assert_eq!(first.status, 200, "{first:?}");
        browser
    }

    /// Logs in at a host, and returns the page that follows, or the log-in with what is wrong.
    pub async fn log_in(&mut self, host: &str, email: &str, password: &str) -> Answer {
        let answer = self.post(host, "/login", &[("email", email), ("password", password)]).await;
        self.follow(host, answer).await
    }

    /// Opens a page; a redirect is returned as it is.
    pub async fn get(&mut self, host: &str, path: &str) -> Answer {
        let mut call = self.http.get(host, path).header("accept", "text/html").header("sec-fetch-site", "none");
        if let Some(cookies) = self.cookie_header(host) {
            call = call.header("cookie", &cookies);
        }
        let answer = call.send().await;
        self.keep(host, &answer);
        answer
    }

    /// Opens a page, through redirects.
    pub async fn open(&mut self, host: &str, path: &str) -> Answer {
        let answer = self.get(host, path).await;
        self.follow(host, answer).await
    }

    /// Sends a form, with the token of the host's page seen last unless `fields` have one; a redirect is returned as it is.
    pub async fn post(&mut self, host: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = encoded(fields);
        if let Some(token) = self.tokens.get(host).filter(|_| fields.iter().all(|(name, _)| *name != "csrf")) {
            let _ = write!(body, "&csrf={token}");
        }
        self.send(host, path, "application/x-www-form-urlencoded", body.into_bytes()).await
    }

    /// Sends a form, and returns the page that it leads to.
    pub async fn submit(&mut self, host: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(host, path, fields).await;
        self.follow(host, answer).await
    }

    /// Sends a body of any type as a form is sent; it must hold the token itself, see [`csrf`](Self::csrf).
    pub async fn send(&mut self, host: &str, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
        let mut call = self
            .http
            .call("POST", host, path)
            .header("accept", "text/html")
            .header("origin", &format!("http://{host}"))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", media_type)
            .body(body);
        if let Some(cookies) = self.cookie_header(host) {
            call = call.header("cookie", &cookies);
        }
        let answer = call.send().await;
        self.keep(host, &answer);
        answer
    }

    /// Follows redirects from an answer of `host`, to other hosts as well, until there is a page.
    ///
    /// # Panics
    /// If there is no end of them.
    pub async fn follow(&mut self, host: &str, answer: Answer) -> Answer {
        let (mut host, mut answer) = (host.to_owned(), answer);
        for _ in 0..10 {
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return answer;
            }
            let (next, path) = target(&host, answer.header("location"));
            answer = self.get(&next, &path).await;
            host = next;
        }
        panic!("redirects without an end: {answer:?}");
    }

    /// Returns the token of the forms of the page of `host` seen last; empty when it had none.
    #[must_use]
    pub fn csrf(&self, host: &str) -> &str {
        self.tokens.get(host).map(String::as_str).unwrap_or_default()
    }

    /// Returns the cookies that a host set, as `name=value; …`.
    #[must_use]
    pub fn cookie_header(&self, host: &str) -> Option<String> {
        let cookies = self.cookies.get(host)?.iter();
        let cookies: Vec<_> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }

    /// Gives the cookies of one host to another, which no browser would do.
    pub fn carry_cookies(&mut self, from: &str, to: &str) {
        let carried = self.cookies.get(from).cloned().unwrap_or_default();
        self.cookies.insert(to.to_owned(), carried);
    }

    fn keep(&mut self, host: &str, answer: &Answer) {
        let jar = self.cookies.entry(host.to_owned()).or_default();
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().expect("cookies are ASCII");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("name=value");
            if value.is_empty() || set.contains("Max-Age=0") {
                jar.remove(name.trim());
            } else {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        if let Some(token) = between(&answer.body, "name=\"csrf\" value=\"", "\"") {
            self.tokens.insert(host.to_owned(), token.to_owned());
        }
    }
}

impl Answer {
    /// Returns what stands in the body between the first `start` and the `end` after it.
    #[must_use]
    pub fn between(&self, start: &str, end: &str) -> Option<&str> {
        between(&self.body, start, end)
    }

    /// Checks that this is a page with this status whose source has each of these texts.
    ///
    /// # Panics
    /// If it isn't.
    #[track_caller]
    pub fn page(&self, status: u16, texts: &[&str]) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.header("content-type").starts_with("text/html"), "{self:?}");
        for text in texts {
            assert!(self.body.contains(text), "{text:?} is missing: {}", self.body);
        }
    }

    /// Checks that this leads to a path or URL.
    ///
    /// # Panics
    /// If it doesn't.
    #[track_caller]
    pub fn leads_to(&self, location: &str) {
        assert_eq!((self.status, self.header("location")), (303, location), "{self:?}");
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(start)? + start.len()..];
    rest.find(end).map(|length| &rest[..length])
}

/// Splits the target of a redirect into host and path; the port is the server's own.
fn target(host: &str, location: &str) -> (String, String) {
    let absolute = location.strip_prefix("http://").or_else(|| location.strip_prefix("https://"));
    let Some(rest) = absolute else { return (host.to_owned(), location.to_owned()) };
    let (authority, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let host = authority.split(':').next().unwrap_or(authority);
    (host.to_owned(), path.to_owned())
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let _ = write!(text, "{}{}={}", if text.is_empty() { "" } else { "&" }, escaped(name), escaped(value));
    }
    text
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(byte.into()),
            byte => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
        escaped
    })
}
