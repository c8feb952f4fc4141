//! The real binary, ended in the middle of its work.

use std::time::Duration;

use super::block::Block;
use nadia_tests::{Answer, BASE, Ground, Http, PASSWORD, Process, at_both_places, sign_up_body};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};

const SIGN_UPS: usize = 50;
const LOG: &str = "info,sqlx=warn";

fn slug(number: usize) -> String {
    format!("clinic-{number}")
}

fn email(number: usize) -> String {
    format!("owner@clinic-{number}.example")
}

/// The way of one of the people who sign up, each from a network of their own.
fn client(process: &Process, number: usize) -> Http {
    Http::from_address([127, 0, 1, u8::try_from(number).unwrap()].into(), process.http.address())
}

/// Checks that a clinic works: its owner logs in, adds a patient and finds it.
async fn works(http: &Http, number: usize) {
    let host = format!("{}.{BASE}", slug(number));
    let grant = http.log_in(&host, &email(number), PASSWORD).await.expect(200);
    let token = grant["access_token"].as_str().unwrap();
    let body = json!({"given_name": "Ann", "family_name": "Example"});
    let ann = http.post(&host, "/api/v1/patients", &body).token(token).send().await.expect(201);
    let list = http.get(&host, "/api/v1/patients").token(token).send().await.expect(200);
    assert_eq!(list["data"], json!([ann]));
}

at_both_places! {
    async fn killed_amid_sign_ups_it_keeps_what_it_acknowledged_and_nothing_by_halves(place) {
        let ground = Ground::new(place).await;
        let mut process = ground.serve(LOG).await;
        let (made, mut acknowledged) = mpsc::unbounded_channel();
        let sign_ups: Vec<_> = (0..SIGN_UPS)
            .map(|number| {
                let (http, made) = (client(&process, number), made.clone());
                tokio::spawn(async move {
                    let body = sign_up_body(&slug(number), &email(number), PASSWORD);
                    let answer = http.post(BASE, "/api/v1/signup", &body).try_send().await;
                    let answer = answer.is_ok_and(|answer| { answer.expect(201); true });
                    if answer { made.send(()).unwrap() }
                    answer
                })
            })
            .collect();
        for _ in 0..SIGN_UPS / 5 {
            acknowledged.recv().await.unwrap();
        }
        process.kill().await;
        let mut outcomes = Vec::new();
        for sign_up in sign_ups {
            outcomes.push(sign_up.await.unwrap());
        }
        assert!(outcomes.contains(&false), "it was killed before all were made");

        let process = ground.serve(LOG).await;
        for (number, acknowledged) in outcomes.into_iter().enumerate() {
            let http = &client(&process, number);
            let page = settled(http, &format!("{}.{BASE}", slug(number))).await;
            if acknowledged || page.status == 200 {
                works(http, number).await;
                let taken = http.sign_up(&slug(number), &format!("new@{number}.example"), PASSWORD).await;
                taken.problem(409, "slug_taken");
            } else {
                page.problem(404, "tenant_unknown");
                // Were the person known already, this other password would be refused.
                http.sign_up(&slug(number), &email(number), "another quiet river").await.expect(201);
            }
        }
    }

    async fn killed_when_sign_ups_are_half_written_it_keeps_nothing_of_them(place) {
        let ground = Ground::new(place).await;
        let mut process = ground.serve(LOG).await;
        let mut block = Block::put(&ground).await;
        let sign_ups: Vec<_> = (0..8)
            .map(|number| {
                let http = client(&process, number);
                let body = sign_up_body(&slug(number), &email(number), PASSWORD);
                tokio::spawn(async move { http.post(BASE, "/api/v1/signup", &body).try_send().await })
            })
            .collect();
        block.met().await;
        process.kill().await;
        for sign_up in sign_ups {
            assert!(sign_up.await.unwrap().is_err(), "none was acknowledged");
        }
        block.lift().await;

        let process = ground.serve(LOG).await;
        for number in 0..8 {
            let host = format!("{}.{BASE}", slug(number));
            process.http.get(&host, "/login").send().await.problem(404, "tenant_unknown");
            let again = client(&process, number).sign_up(&slug(number), &email(number), "another quiet river").await;
            again.expect(201);
        }
    }

    async fn asked_to_stop_it_finishes_the_request_that_is_open(place) {
        let ground = Ground::new(place).await;
        let mut process = ground.serve(LOG).await;
        let address = process.http.address();
        let body = sign_up_body("harbour", "owner@harbour.example", PASSWORD).to_string();
        let (early, late) = body.split_at(10);
        let head = format!(
            "POST /api/v1/signup HTTP/1.1\r\nhost: {BASE}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let mut open = TcpStream::connect(address).await.unwrap();
        open.write_all(head.as_bytes()).await.unwrap();
        // The server says this when the handler asks for the body: the request is open from here on.
        let mut go_on = [0; 25];
        open.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        open.write_all(early.as_bytes()).await.unwrap();

        process.terminate().await;
        let refused = async { while TcpStream::connect(address).await.is_ok() { tokio::task::yield_now().await } };
        timeout(Duration::from_secs(20), refused).await.expect("no new connection is taken");
        open.write_all(late.as_bytes()).await.unwrap();
        let mut answer = String::new();
        open.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
        assert_eq!(process.ended().await.code(), Some(0));

        let process = ground.serve(LOG).await;
        process.http.log_in("harbour.localhost", "owner@harbour.example", PASSWORD).await.expect(200);
    }

    async fn an_idle_connection_does_not_keep_it_from_stopping(place) {
        let ground = Ground::new(place).await;
        let mut process = ground.serve(LOG).await;
        let _idle = TcpStream::connect(process.http.address()).await.unwrap();
        process.http.get(BASE, "/livez").send().await.expect(200);
        process.terminate().await;
        assert_eq!(process.ended().await.code(), Some(0));
    }
}

/// Asks a clinic's host until the clinic is there or isn't: one whose making was cut short is made in the background.
async fn settled(http: &Http, host: &str) -> Answer {
    let asked = async {
        loop {
            let answer = http.get(host, "/login").send().await;
            if answer.status != 503 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), asked).await.expect("what was begun is finished")
}
