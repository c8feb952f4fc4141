//! `nadia guard`, the real binary.

use std::time::Duration;

use nadia_tests::{Ground, Place};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    time::timeout,
};

const SCHEMA: &str = "
CREATE TABLE patients (tenant_id uuid NOT NULL, id bigint NOT NULL, name text NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE codes (code text PRIMARY KEY, name text NOT NULL);
CREATE TABLE news (tenant_id uuid, title text NOT NULL);
CREATE VIEW everyone AS SELECT * FROM patients;
CREATE FUNCTION lookup() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM patients; $$;
CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM patients;
";
const TENANT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Sends lines to the binary one by one, each after the answer to the one before, and returns the answers.
async fn answers(dialect: &str, lines: &[String]) -> Vec<Value> {
    let ground = Ground::new(Place::Sqlite).await;
    let schema = ground.folder().join("schema.sql");
    std::fs::write(&schema, SCHEMA).unwrap();
    let schema = schema.to_str().unwrap();
    let mut child = ground.filter(&["guard", "--schema", schema, "--dialect", dialect, "--global", "codes,news"]);
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answers = Vec::new();
    for line in lines {
        input.write_all(line.as_bytes()).await.unwrap();
        input.write_all(b"\n").await.unwrap();
        // Without a flush the answer would stay behind, and both would wait.
        let answer = timeout(Duration::from_secs(60), output.next_line()).await.expect("an answer comes at once");
        answers.push(serde_json::from_str(&answer.unwrap().expect("it goes on after each line")).unwrap());
    }
    drop(input);
    assert_eq!(output.next_line().await.unwrap(), None);
    assert!(child.wait().await.unwrap().success());
    answers
}

fn asks(sql: &str) -> String {
    json!({ "sql": sql, "tenant": TENANT }).to_string()
}

#[tokio::test]
async fn statements_are_shown_as_they_would_be_sent() {
    let lines =
        ["SELECT name FROM patients WHERE id = $1", "SELECT name FROM codes", "SELECT title FROM news"].map(asks);
    assert_eq!(
        answers("postgres", &lines).await,
        [
            json!({ "sql": "SELECT name FROM patients WHERE patients.tenant_id = $2 AND (id = $1)", "tenant_param": 2 }),
            json!({ "sql": "SELECT name FROM codes", "tenant_param": null }),
            json!({ "sql": "SELECT title FROM news", "tenant_param": null }),
        ]
    );
    assert_eq!(
        answers("sqlite", &lines[..1]).await,
        [json!({ "sql": "SELECT name FROM patients WHERE patients.tenant_id = ?2 AND (id = ?1)", "tenant_param": 2 })]
    );
}

#[tokio::test]
async fn what_is_refused_says_why_and_a_bad_line_ends_nothing() {
    let lines = [
        asks("TRUNCATE patients"),
        asks("SELECT * FROM everyone"),
        asks("SELECT * FROM counts"),
        asks("SELECT lookup()"),
        asks("SELECT 1; SELECT 2"),
        "no JSON".to_owned(),
        "{\"sql\": \"SELECT 1\"}".to_owned(),
        "[1, 2]".to_owned(),
        json!({ "sql": "SELECT 1", "tenant": "nobody" }).to_string(),
        json!({ "sql": 1, "tenant": TENANT }).to_string(),
        asks(&"(".repeat(100_000)),
        asks("SELECT 1"),
    ];
    let answers = answers("postgres", &lines).await;
    let kinds: Vec<_> = answers.iter().map(|answer| answer["kind"].as_str().unwrap_or("passes")).collect();
    assert_eq!(
        kinds,
        [
            "Truncate",
            "UnknownTable",
            "UnknownTable",
            "Function",
            "StatementCount",
            "Input",
            "Input",
            "Input",
            "Input",
            "Input",
            "Limit",
            "passes"
        ]
    );
    assert!(
        answers[..11].iter().all(|answer| !answer["error"].as_str().unwrap().is_empty() && answer["sql"].is_null())
    );
}

#[tokio::test]
async fn bytes_that_are_no_text_are_answered() {
    let ground = Ground::new(Place::Sqlite).await;
    std::fs::write(ground.folder().join("schema.sql"), SCHEMA).unwrap();
    let schema = ground.folder().join("schema.sql").to_str().unwrap().to_owned();
    let mut child = ground.filter(&["guard", "--schema", &schema, "--global", "news"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"\xff\xfe\n\n  \n{\"sql\": \"SELECT 1\", \"tenant\": \"").await.unwrap();
    input.write_all(TENANT.as_bytes()).await.unwrap();
    input.write_all(b"\"}").await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("\"kind\":\"Input\"") && lines[1].contains("\"tenant_param\":null"), "{text}");
}

#[tokio::test]
async fn unfit_schema_is_said_at_once() {
    let ground = Ground::new(Place::Sqlite).await;
    let schema = ground.folder().join("schema.sql");
    std::fs::write(&schema, SCHEMA).unwrap();
    let path = schema.to_str().unwrap();
    let failed = ground.run(&["guard", "--schema", path]).await;
    assert!(failed.failed(2).contains("\"news\" allows NULL"), "{failed:?}");
    let failed = ground.run(&["guard", "--schema", path, "--global", "news,nothing"]).await;
    assert!(failed.failed(2).contains("no table \"nothing\""), "{failed:?}");
    let failed = ground.run(&["guard", "--schema", "/nowhere/schema.sql"]).await;
    assert!(failed.failed(2).contains("can't be read"), "{failed:?}");
}
