//! `nadia doctor`, the real binary.

use nadia_tests::{Ground, at_both_places};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

at_both_places! {
    async fn a_migrated_installation_is_healthy_and_none_is_no_installation(place) {
        let ground = Ground::new(place).await;
        ground.run(&["doctor"]).await.failed(2);
        ground.run(&["migrate"]).await.done();
        let text = ground.run(&["doctor"]).await;
        assert!(text.done().contains("0 critical"), "{text:?}");
        let json: Value = serde_json::from_str(ground.run(&["doctor", "--json"]).await.done()).unwrap();
        assert_eq!((&json["clean"], &json["critical"]), (&true.into(), &0.into()), "{json}");
    }
}

#[tokio::test]
async fn what_leaks_is_told_by_the_exit_code_and_mended_by_the_file_it_writes() {
    let ground = Ground::new(nadia_tests::Place::Postgres).await;
    ground.run(&["migrate"]).await.done();
    let mut superuser = PgConnection::connect(ground.database().unwrap()).await.unwrap();
    let spoil = "ALTER TABLE public.patients DISABLE ROW LEVEL SECURITY";
    sqlx::raw_sql(spoil).execute(&mut superuser).await.unwrap();

    let file = ground.folder().join("mend.sql");
    let told = ground.run(&["doctor", "--fix", file.to_str().unwrap()]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains("public.patients") && told.out.contains("rls_missing"), "{told:?}");
    // What stands is not written over.
    let mend = std::fs::read_to_string(&file).unwrap();
    let again = ground.run(&["doctor", "--fix", file.to_str().unwrap()]).await;
    assert!(again.code == Some(1) && again.err.contains("mend.sql"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mend);
    sqlx::raw_sql(AssertSqlSafe(mend)).execute(&mut superuser).await.unwrap();
    ground.run(&["doctor"]).await.done();
}
