//! Lines to the server under test that are slow, or that break.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Forwards to the server under test from the test's own thread, a few bytes at a time; returns the URL that leads there.
///
/// A server on the same machine often answers before the first poll of a read, so that nothing is ever pending.
/// Behind this, every message takes several polls, and so can be given up half read or half written. `piece` is the most
/// that the server is sent at once.
///
/// # Panics
/// If there is no port for it.
pub async fn slow_line(url: &str, piece: usize) -> String {
    let (listener, through, server) = beside(url).await;
    tokio::spawn(async move {
        loop {
            let (client, upstream) = next(&listener, &server).await;
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = upstream.into_split();
            tokio::spawn(trickle(from_client, to_server, piece));
            tokio::spawn(trickle(from_server, to_client, 40));
        }
    });
    through
}

async fn trickle(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, piece: usize) {
    let mut some = vec![0; piece];
    // Ends when either side closes.
    while let Ok(read @ 1..) = from.read(&mut some).await {
        tokio::task::yield_now().await;
        if to.write_all(&some[..read]).await.is_err() {
            return;
        }
    }
}

/// Forwards to the server under test until it is cut, as when the server restarts.
#[derive(Debug)]
pub struct Line {
    url: String,
    open: Arc<Mutex<JoinSet<()>>>,
    accepting: JoinHandle<()>,
}

impl Line {
    /// Lays one.
    ///
    /// # Panics
    /// If there is no port for it.
    pub async fn to(url: &str) -> Self {
        let (listener, through, server) = beside(url).await;
        let open = Arc::new(Mutex::new(JoinSet::new()));
        let accepted = Arc::clone(&open);
        let accepting = tokio::spawn(async move {
            loop {
                let (mut client, mut upstream) = next(&listener, &server).await;
                accepted.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
                    let _ = copy_bidirectional(&mut client, &mut upstream).await;
                });
            }
        });
        Self { url: through, open, accepting }
    }

    /// Returns the URL that leads through it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts all connections; new ones are taken.
    pub fn cut(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Listens on a port of this machine; returns the URL with it in the place of the server's, and the server.
async fn beside(url: &str) -> (TcpListener, String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let options: PgConnectOptions = url.parse().expect("the URL is well formed");
    let server = format!("{}:{}", options.get_host(), options.get_port());
    let here = listener.local_addr().expect("it listens");
    let through = url.replace(&server, &here.to_string());
    assert_ne!(through, url);
    (listener, through, server)
}

async fn next(listener: &TcpListener, server: &str) -> (TcpStream, TcpStream) {
    let (client, _) = listener.accept().await.expect("it listens");
    let upstream = TcpStream::connect(server).await.expect("the server takes connections");
    // Else the kernel holds each small piece back until the one before is acknowledged.
    client.set_nodelay(true).expect("it is open");
    upstream.set_nodelay(true).expect("it is open");
    (client, upstream)
}
