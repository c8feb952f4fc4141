//! Redis is there for the suites that will need it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

#[test]
fn redis_answers() {
    let url = std::env::var("REDIS_URL").expect(
        "REDIS_URL must name a Redis server (redis://:password@host:port/); run the tests by `cargo xtask test`, \
         which starts one and sets it",
    );
    let rest = url.strip_prefix("redis://").expect("REDIS_URL begins with redis://");
    let (login, server) = rest.rsplit_once('@').unwrap_or(("", rest));
    let server = server.split('/').next().unwrap_or(server);
    let password = login.split_once(':').map(|(_, password)| password);

    let mut stream = TcpStream::connect(server).expect("the server of REDIS_URL takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut ask = |command: &str, expected: &str| {
        stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), expected);
    };
    if let Some(password) = password.filter(|password| !password.is_empty()) {
        ask(&format!("AUTH {password}"), "+OK\r\n");
    }
    ask("PING", "+PONG\r\n");
}
