use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
};

use reqwest::{
    Client, Method, Request, RequestBuilder,
    header::{CONTENT_TYPE, HOST, HeaderMap},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::promise::Asked;

/// A client of one server, which chooses the host that each request is for.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    address: SocketAddr,
}

/// A request that is not sent yet.
#[derive(Debug)]
#[must_use]
pub struct Call(RequestBuilder);

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Http {
    /// Makes a client of the server at `address`.
    ///
    /// # Panics
    /// If the client can't be made.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self::from_address([127, 0, 0, 1].into(), address)
    }

    /// Makes a client that connects to the server at `address` from another address of this machine.
    ///
    /// # Panics
    /// If the client can't be made.
    #[must_use]
    pub fn from_address(client: IpAddr, address: SocketAddr) -> Self {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).local_address(client);
        Self { client: client.build().expect("a client without TLS needs nothing"), address }
    }

    /// Returns where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends bytes as they are, on a connection of their own, and returns all that comes back.
    ///
    /// # Panics
    /// If the connection breaks.
    pub async fn raw(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("the server takes connections");
        stream.write_all(request.as_ref()).await.expect("the server takes the request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the server answers in UTF-8");
        answer
    }

    /// Starts a request to `host`.
    ///
    /// # Panics
    /// If `method` is none.
    pub fn call(&self, method: &str, host: &str, path: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        Call(request.header(HOST, host))
    }

    /// Starts a GET.
    pub fn get(&self, host: &str, path: &str) -> Call {
        self.call("GET", host, path)
    }

    /// Starts a POST of a JSON document.
    pub fn post(&self, host: &str, path: &str, body: &Value) -> Call {
        self.call("POST", host, path).json(body)
    }

    /// Starts a PATCH by a JSON document.
    pub fn patch(&self, host: &str, path: &str, body: &Value) -> Call {
        self.call("PATCH", host, path).json(body)
    }

    /// Starts a DELETE.
    pub fn delete(&self, host: &str, path: &str) -> Call {
        self.call("DELETE", host, path)
    }
}

impl Call {
    /// Brings an access token along.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// Sets a JSON document as the body.
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// Sets the body, of no declared type.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.body(body.into()))
    }

    /// Sends it.
    ///
    /// # Panics
    /// If no answer comes.
    pub async fn send(self) -> Answer {
        self.try_send().await.expect("the server answers")
    }

    /// Sends it, and returns the bytes of the answer's body beside the answer without one.
    ///
    /// # Panics
    /// If no whole answer comes.
    pub async fn download(self) -> (Answer, Vec<u8>) {
        let response = self.0.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a whole body").to_vec();
        (Answer { status, headers, body: String::new() }, bytes)
    }

    /// Sends it to a server that may go away meanwhile.
    ///
    /// # Errors
    /// If no whole answer comes.
    ///
    /// # Panics
    /// If the answer of an API's path is not as the API's document says.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let (client, request) = self.0.build_split();
        let request = request?;
        let asked = asked(&request);
        let response = client.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, body: response.text().await? };
        asked.check(&answer);
        Ok(answer)
    }
}

fn asked(request: &Request) -> Asked {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    Asked {
        method: request.method().to_string(),
        host: host.to_owned(),
        path: request.url().path().to_owned(),
        query: request.url().query_pairs().map(|(name, _)| name.into_owned()).collect(),
        body: request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::to_vec),
    }
}

impl Answer {
    /// Returns a header's value, or nothing if it isn't there exactly once.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().unwrap_or_default(),
            _ => "",
        }
    }

    /// Reads the body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the status and, of a problem, its code: what a test names an answer by.
    #[must_use]
    pub fn outcome(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        match body["code"].as_str() {
            Some(code) if self.status >= 400 => format!("{} {code}", self.status),
            _ => self.status.to_string(),
        }
    }

    /// Checks the status, for an answer that is no problem, and reads the body, `null` if there is none.
    ///
    /// # Panics
    /// If the status is another.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks that this is a whole problem document with this status and code, and returns it.
    ///
    /// # Panics
    /// If it isn't.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.outcome(), format!("{status} {code}"), "{self:?}");
        assert_eq!(self.header(CONTENT_TYPE.as_str()), "application/problem+json", "{self:?}");
        let body = self.json();
        for member in ["type", "title", "detail", "fix", "request_id"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {self:?}");
        }
        assert_eq!(body["status"], status, "{self:?}");
        assert_eq!(body["request_id"], self.header("x-request-id"), "{self:?}");
        body
    }

    /// Writes the whole answer out, without what differs between any two: the request's id, the date, and how much of
    /// the clinic's quota is left.
    #[must_use]
    pub fn comparable(&self) -> String {
        let mut lines: Vec<_> = self.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        lines.sort();
        let mut text = format!("{}\n", self.status);
        for line in lines {
            let varies = ["date: ", "x-request-id: ", "ratelimit: "].into_iter().find(|name| line.starts_with(name));
            let _ = writeln!(text, "{}", varies.unwrap_or(&line));
        }
        let id = self.header("x-request-id");
        assert!(!id.is_empty(), "{self:?}");
        text + &self.body.replace(id, "REQUEST-ID")
    }
}
