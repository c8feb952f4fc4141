use serde_json::{Value, json};

use crate::support::{PASSWORD, Server};

async fn server() -> (Server, Value) {
    let server = Server::start(|_| {}).await;
    server.sign_up("north", "ana@example.org", PASSWORD).await.expect(201);
    let grant = server.log_in("north", "ana@example.org", PASSWORD).await.expect(200);
    (server, grant)
}

fn text<'a>(grant: &'a Value, member: &str) -> &'a str {
    grant[member].as_str().unwrap()
}

#[tokio::test]
async fn a_second_use_of_a_refresh_token_ends_every_token_of_its_session_at_once() {
    let (server, first) = server().await;
    let other = server.log_in("north", "ana@example.org", PASSWORD).await.expect(200);
    let second = server.refresh("north", text(&first, "refresh_token")).await.expect(200);
    for grant in [&first, &second, &other] {
        server.patients("north", text(grant, "access_token")).await.expect(200);
    }
    server.refresh("north", text(&first, "refresh_token")).await.problem(401, "invalid_token");
    for grant in [&first, &second] {
        server.patients("north", text(grant, "access_token")).await.problem(401, "invalid_token");
    }
    server.patients("north", text(&other, "access_token")).await.expect(200);
}

#[tokio::test]
async fn logging_out_ends_the_session_and_tells_nothing_of_a_token() {
    let (server, grant) = server().await;
    server.sign_up("south", "ben@example.org", PASSWORD).await.expect(201);
    let token = json!({"refresh_token": text(&grant, "refresh_token")});
    let log_out = async |host: &str, body: &Value| server.post(host, "/api/v1/auth/logout", body).await;
    log_out("south.localhost", &token).await.expect(204);
    log_out("north.localhost", &json!({"refresh_token": "nadia_rt_unknown"})).await.expect(204);
    server.patients("north", text(&grant, "access_token")).await.expect(200);
    for _ in 0..2 {
        log_out("north.localhost", &token).await.expect(204);
        server.patients("north", text(&grant, "access_token")).await.problem(401, "invalid_token");
    }
    server.refresh("north", text(&grant, "refresh_token")).await.problem(401, "invalid_token");
    log_out("north.localhost", &json!({})).await.problem(422, "required");
}
