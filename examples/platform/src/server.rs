//! Takes connections and serves them: no more at once than the system allows, and none that doesn't ask in time.

use std::{convert::Infallible, fs, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tower::ServiceExt;

/// How long a client may take for the head of a request, or wait before its next one.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of a request's head, and of what is read ahead of a body.
const BUFFER: usize = 64 * 1024;
/// The most connections at once, where the system allows as many files.
const MOST: usize = 4_096;

/// Bounds what connections may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    patience: Duration,
    connections: usize,
}

impl Bounds {
    /// Leaves half of the files that the process may open to the database and the rest.
    pub(crate) fn of_system() -> Self {
        let files = fs::read_to_string("/proc/self/limits").ok().and_then(|limits| open_files(&limits));
        let connections = files.map_or(MOST, |files| (files / 2).clamp(8, MOST));
        Self { patience: PATIENCE, connections }
    }
}

/// Reads the soft limit of open files; `unlimited` is none.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Serves until `stop` completes; then takes no more connections and waits for open requests to end.
///
/// Dropped, it cuts every connection.
pub(crate) async fn serve(listener: TcpListener, service: Router, bounds: Bounds, stop: impl Future<Output = ()>) {
    let room = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // Who comes when there is no room waits in the system's queue.
            let place = Arc::clone(&room).acquire_owned().await;
            (place, accept(&listener).await)
        };
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            (place, (stream, client)) = next => {
                // A refusal to send small answers at once costs speed alone.
                let _ = stream.set_nodelay(true);
                let service = service.clone();
                let answer = service_fn(move |request: hyper::Request<Incoming>| {
                    let mut request: Request = request.map(Body::new);
                    request.extensions_mut().insert(ConnectInfo(client));
                    let answer = service.clone().oneshot(request);
                    async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(bounds.patience)
                    .max_buf_size(BUFFER)
                    .serve_connection(TokioIo::new(stream), answer);
                let connection = graceful.watch(connection);
                connections.spawn(async move {
                    let _place = place;
                    if let Err(error) = connection.await {
                        // Of interest to who looks for it: the client broke off, or sent what is no HTTP.
                        tracing::debug!(%error, "a connection failed");
                    }
                });
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
    // What is left of a connection after its last answer takes no time.
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // That one client's connection broke before it was taken.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!(%error, "connections can't be taken; raise the limit of open files (`ulimit -n`)");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
        task::JoinHandle,
        time::timeout,
    };

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    struct Served {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        server: JoinHandle<()>,
    }

    async fn served(patience: Duration, connections: usize) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let peer = |ConnectInfo(client): ConnectInfo<SocketAddr>| async move { client.to_string() };
        let slow = |body: String| async move { body };
        let service = Router::new().route("/", get(peer).post(slow));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let server = tokio::spawn(serve(listener, service, Bounds { patience, connections }, stopped));
        Served { address, stop, server }
    }

    async fn send(stream: &mut TcpStream, text: &str) {
        stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// What comes until the server closes the connection.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        timeout(LONG, stream.read_to_string(&mut text)).await.expect("the server ends the connection").unwrap();
        text
    }

    const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_handler_knows_the_client() {
        let served = served(LONG, 8).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        send(&mut stream, GET).await;
        let client = stream.local_addr().unwrap().to_string();
        assert!(rest(&mut stream).await.ends_with(&client));
    }

    #[tokio::test]
    async fn who_says_nothing_or_half_a_head_is_cut_and_makes_room() {
        let served = served(Duration::from_millis(200), 2).await;
        let mut silent = TcpStream::connect(served.address).await.unwrap();
        let mut slow = TcpStream::connect(served.address).await.unwrap();
        send(&mut slow, "GET / HTTP/1.1\r\nhost: a\r\nx-").await;
        // There is no room for this one until those are cut.
        let mut good = TcpStream::connect(served.address).await.unwrap();
        send(&mut good, GET).await;
        assert!(rest(&mut good).await.starts_with("HTTP/1.1 200 OK"));
        assert!(!rest(&mut silent).await.contains("200"));
        assert!(!rest(&mut slow).await.contains("200"));
    }

    #[tokio::test]
    async fn who_comes_when_there_is_no_room_waits() {
        let served = served(LONG, 1).await;
        let mut first = TcpStream::connect(served.address).await.unwrap();
        send(&mut first, "GET / HTTP/1.1\r\nhost: a\r\n").await;
        let mut second = TcpStream::connect(served.address).await.unwrap();
        send(&mut second, GET).await;
        let early = timeout(Duration::from_millis(100), second.read_u8()).await;
        assert!(early.is_err(), "{early:?}");
        send(&mut first, "connection: close\r\n\r\n").await;
        assert!(rest(&mut first).await.starts_with("HTTP/1.1 200 OK"));
        assert!(rest(&mut second).await.starts_with("HTTP/1.1 200 OK"));
    }

    #[tokio::test]
    async fn asked_to_stop_it_ends_open_requests_and_nothing_else() {
        let Served { address, stop, server } = served(LONG, 8).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut idle = TcpStream::connect(address).await.unwrap();
        send(&mut idle, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(idle.read_u8().await.unwrap(), b'H');
        let mut open = TcpStream::connect(address).await.unwrap();
        send(&mut open, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n").await;
        assert_eq!(open.read_u8().await.unwrap(), b'H');
        stop.send(()).unwrap();
        assert_eq!(rest(&mut silent).await, "");
        assert!(rest(&mut idle).await.ends_with(&idle.local_addr().unwrap().to_string()));
        assert!(TcpStream::connect(address).await.is_err());
        send(&mut open, "body").await;
        assert!(rest(&mut open).await.ends_with("body"));
        timeout(LONG, server).await.unwrap().unwrap();
    }

    #[test]
    fn reads_the_limit_of_open_files() {
        let limits =
            |soft: &str| format!("Limit   Soft Limit   Hard Limit   Units\nMax open files   {soft}   524288   files\n");
        assert_eq!(open_files(&limits("200")), Some(200));
        assert_eq!(open_files(&limits("unlimited")), None);
        assert_eq!(open_files(""), None);
        assert!(Bounds::of_system().connections >= 8);
    }
}
