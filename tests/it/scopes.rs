//! What a scope does, the same on both databases.

use nadia_tenant_sqlx::Error;
use nadia_tests::{Bed, on_both_databases};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

on_both_databases! {
    async fn each_tenant_sees_its_own_rows(bed: Bed) {
        bed.add_patient(0, "Ann of north").await;
        bed.add_patient(1, "Ben of south").await;
        assert_eq!(bed.names(0).await, ["Ann of north"]);
        assert_eq!(bed.names(1).await, ["Ben of south"]);
        assert!(bed.names(2).await.is_empty());
    }

    async fn a_foreign_row_can_be_neither_read_nor_changed_nor_deleted(bed: Bed) {
        let id = bed.add_patient(0, "Ann").await;
        let mut other = bed.conn(1).await;
        let read = other.query("SELECT name FROM patients WHERE id = $1").bind(id).fetch_optional().await.unwrap();
        assert!(read.is_none());
        let changed =
            other.query("UPDATE patients SET name = $1 WHERE id = $2").bind("x".to_owned()).bind(id).execute().await;
        assert_eq!(changed.unwrap(), 0);
        assert_eq!(other.query("DELETE FROM patients WHERE id = $1").bind(id).execute().await.unwrap(), 0);
        assert_eq!(bed.names(0).await, ["Ann"]);
    }

    async fn the_same_id_and_email_can_exist_in_two_tenants(bed: Bed) {
        let id = Uuid::now_v7();
        for tenant in [0, 1] {
            let mut scope = bed.conn(tenant).await;
            let insert = scope.query("INSERT INTO patients (id, name, email, created_at) VALUES ($1, $2, $3, $4)");
            let insert = insert.bind(id).bind(format!("of {tenant}")).bind("same@example.org".to_owned());
            insert.bind(OffsetDateTime::now_utc()).execute().await.unwrap();
        }
        assert_eq!(bed.names(0).await, ["of 0"]);
        assert_eq!(bed.names(1).await, ["of 1"]);
    }

    async fn reference_tables_are_read_by_all_and_written_by_none(bed: Bed) {
        let mut scope = bed.conn(0).await;
        let countries = scope.query("SELECT code FROM countries ORDER BY code").fetch_all().await.unwrap();
        assert_eq!(countries.len(), 2);
        let written = scope.query("DELETE FROM countries").execute().await;
        assert!(matches!(written, Err(Error::Refused(_))), "{written:?}");
    }

    async fn control_tables_are_out_of_reach(bed: Bed) {
        let mut scope = bed.conn(0).await;
        let refused = scope.query("SELECT slug FROM tenants").fetch_all().await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        let refused = bed.installation.control().conn().await.unwrap().query("SELECT name FROM patients").fetch_all().await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    }

    async fn a_transaction_commits_or_leaves_nothing(bed: Bed) {
        let tenants = bed.installation.tenants();
        for keep in [false, true] {
            let mut tx = tenants.begin(&bed.tenants[0]).await.unwrap();
            let insert = tx.query("INSERT INTO patients (id, name, created_at) VALUES ($1, $2, $3)");
            let insert = insert.bind(Uuid::now_v7()).bind(format!("kept {keep}")).bind(OffsetDateTime::now_utc());
            insert.execute().await.unwrap();
            if keep { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
        }
        let mut dropped = tenants.begin(&bed.tenants[0]).await.unwrap();
        dropped.query("DELETE FROM patients").execute().await.unwrap();
        drop(dropped);
        assert_eq!(bed.names(0).await, ["kept true"]);
    }

    async fn a_transaction_with_a_failed_statement_says_that_it_did_not_commit(bed: Bed) {
        let id = bed.add_patient(0, "first").await;
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        tx.query("UPDATE patients SET name = 'lost'").execute().await.unwrap();
        let insert = tx.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'twin', $2)");
        let twin = insert.bind(id).bind(OffsetDateTime::now_utc()).execute().await;
        assert!(twin.unwrap_err().is_unique_violation());
        assert!(matches!(tx.commit().await, Err(Error::RolledBack)));
        assert_eq!(bed.names(0).await, ["first"]);
    }

    async fn a_missing_value_is_said_before_anything_is_sent(bed: Bed) {
        let mut scope = bed.conn(0).await;
        // With one value fewer, the tenant's own would slide into the caller's place.
        let missing = scope.query("SELECT name FROM patients WHERE id = $1").fetch_all().await;
        assert!(missing.unwrap_err().to_string().contains("failed"), "a clear error");
        assert!(scope.query("SELECT name FROM patients").fetch_all().await.unwrap().is_empty());
    }

    async fn after_a_failed_statement_a_transaction_takes_no_other(bed: Bed) {
        let id = bed.add_patient(0, "first").await;
        let mut tx = bed.installation.tenants().begin(&bed.tenants[0]).await.unwrap();
        let insert = tx.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'twin', $2)");
        insert.bind(id).bind(OffsetDateTime::now_utc()).execute().await.unwrap_err();
        let next = tx.query("UPDATE patients SET name = 'lost'").execute().await;
        assert!(matches!(next, Err(Error::RolledBack)), "{next:?}");
        tx.rollback().await.unwrap();
        assert_eq!(bed.names(0).await, ["first"]);
    }

    async fn a_returning_write_reports_what_its_commit_says(bed: Bed) {
        let mut scope = bed.conn(0).await;
        // The foreign key is checked when the statement commits, after its row was returned.
        let insert = scope.query("INSERT INTO notes (id, visit_id) VALUES (1, 99) RETURNING id");
        assert!(insert.fetch_one().await.is_err());
        assert!(scope.query("SELECT id FROM notes").fetch_all().await.unwrap().is_empty());
    }

    async fn times_and_ids_come_back_as_they_were_stored(bed: Bed) {
        let id = bed.add_patient(0, "Ann").await;
        let mut scope = bed.conn(0).await;
        let row = scope.query("SELECT id, email, created_at FROM patients").fetch_one().await.unwrap();
        assert_eq!(row.get::<Uuid>("id").unwrap(), id);
        assert_eq!(row.get::<Option<String>>("email").unwrap(), None);
        let age = OffsetDateTime::now_utc() - row.get::<OffsetDateTime>("created_at").unwrap();
        assert!(age.whole_minutes() == 0, "{age}");
        assert!(row.get::<i64>("created_at").is_err());
    }
}
