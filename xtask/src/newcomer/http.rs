//! Just enough HTTP/1.1 to talk to a local server: one request on one connection.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::error::{Context, Result};

/// A request in the making.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// The `Host` header without the port; the connection always goes to the loopback address.
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) header: Option<(&'a str, &'a str)>,
    pub(super) body: Option<Value>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: String,
}

impl<'a> Request<'a> {
    /// A plain GET, to start others from.
    pub(super) fn get(host: &'a str, path: &'a str) -> Self {
        Self { method: "GET", host, path, token: None, header: None, body: None }
    }

    /// Sends it to a port of this machine.
    pub(super) fn send(&self, port: u16) -> Result<Response> {
        self.exchange(port).doing(format_args!("{} http://{}:{port}{}", self.method, self.host, self.path))
    }

    fn exchange(&self, port: u16) -> Result<Response> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).doing("connecting")?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).doing("setting a time limit")?;
        stream.write_all(self.text(port).as_bytes()).doing("sending")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).doing("receiving")?;
        Response::parse(&String::from_utf8_lossy(&answer))
    }

    fn text(&self, port: u16) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {}:{port}\r\n", self.method, self.path, self.host);
        // The end of the answer is the end of the connection.
        text += "Connection: close\r\n";
        if let Some(token) = self.token {
            text += &format!("Authorization: Bearer {token}\r\n");
        }
        if let Some((name, value)) = self.header {
            text += &format!("{name}: {value}\r\n");
        }
        let body = self.body.as_ref().map(Value::to_string);
        if let Some(body) = &body {
            text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        text + "\r\n" + body.as_deref().unwrap_or("")
    }
}

impl Response {
    fn parse(text: &str) -> Result<Self> {
        let (head, body) = text.split_once("\r\n\r\n").ok_or("the answer has no end of its head")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("the answer has no status")?;
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        Ok(Self { status, body: if chunked { unchunk(body)? } else { body.to_owned() } })
    }

    /// The body as JSON; null when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

fn unchunk(mut body: &str) -> Result<String> {
    let mut text = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n").ok_or("a chunk has no size")?;
        let size = usize::from_str_radix(size.trim(), 16).doing("reading the size of a chunk")?;
        if size == 0 {
            return Ok(text);
        }
        text += rest.get(..size).ok_or("a chunk is cut off")?;
        body = rest.get(size + 2..).ok_or("a chunk has no end")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_request() {
        let request = Request {
            method: "POST",
            host: "north.localhost",
            path: "/api/v1/patients",
            token: Some("t"),
            header: Some(("x-tenant-id", "south")),
            body: Some(serde_json::json!({"a": 1})),
        };
        assert_eq!(
            request.text(8080),
            "POST /api/v1/patients HTTP/1.1\r\nHost: north.localhost:8080\r\nConnection: close\r\n\
            Authorization: Bearer t\r\nx-tenant-id: south\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
        );
    }

    #[test]
    fn reads_plain_and_chunked_answers() {
        let plain = Response::parse("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}").unwrap();
        assert_eq!((plain.status, plain.json()["a"].as_u64()), (200, Some(1)));
        let chunked =
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":2}\r\n0\r\n\r\n";
        let chunked = Response::parse(chunked).unwrap();
        assert_eq!((chunked.status, chunked.json()["a"].as_u64()), (404, Some(2)));
        assert!(Response::parse("HTTP/1.1 200").is_err());
    }
}
