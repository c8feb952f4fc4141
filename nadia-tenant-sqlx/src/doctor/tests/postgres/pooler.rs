use sqlx::{Connection, PgConnection};

use super::bed::url;
use crate::doctor::examine_pooler;

pub(super) const CODES: [&str; 2] = ["pooler_transaction", "pooler_session"];

async fn codes(url: &str, session_pooling_expected: bool) -> Vec<&'static str> {
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    let options = options.statement_cache_capacity(0);
    let mut first = PgConnection::connect_with(&options).await.expect("the server answers");
    let mut second = PgConnection::connect_with(&options).await.expect("the server answers");
    let found = examine_pooler(&mut first, &mut second, session_pooling_expected).await.unwrap();
    found.iter().map(|found| found.check()).collect()
}

#[tokio::test]
async fn sees_that_a_server_keeps_sessions() {
    assert_eq!(codes(&url(None), true).await, [""; 0]);
    assert_eq!(codes(&url(None), false).await, ["pooler_session"]);
}

#[tokio::test]
async fn sees_a_pooler_that_pools_transactions() {
    let url = std::env::var("PGBOUNCER_URL").expect(
        "PGBOUNCER_URL must name a PostgreSQL superuser through a PgBouncer that pools transactions; \
         run the tests by `cargo xtask test`, which starts one and sets it",
    );
    assert_eq!(codes(&url, true).await, ["pooler_transaction"]);
    assert_eq!(codes(&url, false).await, [""; 0]);
}
