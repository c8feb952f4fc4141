use std::net::SocketAddr;

use nadia_platform::{App, Config, Running, rotate_keys};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "a quiet river bend";

/// A server on SQLite files in a folder of its own.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) folder: TempDir,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Server {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().unwrap();
        rotate_keys(&folder.path().join("keys.json")).unwrap();
        let running = App::start(config(&folder, change)).await.unwrap();
        Self { running, folder }
    }

    pub(crate) async fn post(&self, host: &str, path: &str, body: &Value) -> Answer {
        ask(self.running.address(), "POST", host, path, "", Some(body)).await
    }

    pub(crate) async fn get(&self, host: &str, path: &str, token: &str, headers: &str) -> Answer {
        let headers = format!("authorization: Bearer {token}\r\n{headers}");
        ask(self.running.address(), "GET", host, path, &headers, None).await
    }

    pub(crate) async fn sign_up(&self, slug: &str, email: &str, password: &str) -> Answer {
        let body = json!({"organization_name": slug, "slug": slug, "email": email, "password": password});
        self.post("localhost", "/api/v1/signup", &body).await
    }

    pub(crate) async fn log_in(&self, slug: &str, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post(&format!("{slug}.localhost"), "/api/v1/auth/login", &body).await
    }

    pub(crate) async fn refresh(&self, slug: &str, token: &str) -> Answer {
        let body = json!({"refresh_token": token});
        self.post(&format!("{slug}.localhost"), "/api/v1/auth/refresh", &body).await
    }

    pub(crate) async fn patients(&self, slug: &str, token: &str) -> Answer {
        self.get(&format!("{slug}.localhost"), "/api/v1/patients", token, "").await
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        self
    }
}

/// The configuration of a server in `folder`, on a free port.
pub(crate) fn config(folder: &TempDir, change: impl FnOnce(&mut Config)) -> Config {
    let listen = ([127, 0, 0, 1], 0).into();
    let mut config = Config { listen, data: folder.path().to_owned(), ..Config::default() };
    change(&mut config);
    config
}

/// Sends one request on a connection of its own; `headers` are lines with their ends.
pub(crate) async fn ask(
    server: SocketAddr,
    method: &str,
    host: &str,
    path: &str,
    headers: &str,
    body: Option<&Value>,
) -> Answer {
    let body = body.map_or_else(String::new, Value::to_string);
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() }
}
