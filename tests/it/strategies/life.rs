//! How tenants come to be and go.

use nadia_tenant_core::{Isolation, TenantRef, TenantStatus};
use nadia_tenant_sqlx::{ConnectionLimits, Error, Installation};
use nadia_tests::{Bed, on_both_databases, pool_of_one};
use sqlx::{AssertSqlSafe, Connection, PgConnection, types::time::OffsetDateTime};
use uuid::Uuid;

use super::{FirstPatient, context, isolations, made, names, wanted};

#[tokio::test]
async fn one_connection_serves_two_schemas_in_turn_and_rows_lie_in_their_own() {
    let bed = Bed::postgres_with(pool_of_one()).await;
    let both = [made(&bed, "clinic-one", Isolation::Schema).await, made(&bed, "clinic-two", Isolation::Schema).await];
    for _ in 0..3 {
        for ctx in &both {
            let mut scope = bed.installation.tenants().conn(ctx).await.unwrap();
            let insert = scope.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'P', $2)");
            insert.bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
        }
    }
    // The other walls would hide a row in the wrong schema from both, so the superuser looks.
    let mut superuser = PgConnection::connect(&bed.url).await.unwrap();
    for ctx in &both {
        assert_eq!(names(&bed.installation, ctx).await.len(), 3);
        let count = format!("SELECT count(*) FROM t_{}.patients", ctx.tenant().id().as_uuid().simple());
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut superuser).await.unwrap();
        assert_eq!(count, 3);
    }
}

on_both_databases! {
    async fn tenants_of_all_isolations_serve_side_by_side(bed: Bed) {
        let mut all = Vec::new();
        for isolation in isolations(&bed) {
            for number in 0..2 {
                let tenant = wanted(&format!("{isolation}-{number}"), isolation);
                let made = bed.installation.create_tenant(&tenant, Some(&FirstPatient)).await.unwrap();
                assert_eq!((made.status(), made.isolation()), (TenantStatus::Active, isolation));
                // Made twice, it is what it was, and has its seed once.
                let again = bed.installation.finish_tenant(made.id(), Some(&FirstPatient)).await.unwrap();
                assert_eq!(again, made);
                all.push(context(&made));
            }
        }
        for ctx in &all {
            let mut tx = bed.installation.tenants().begin(ctx).await.unwrap();
            let insert = tx.query("INSERT INTO patients (id, name, created_at) VALUES ($1, $2, $3)");
            let name = format!("Of {}", ctx.tenant().slug());
            insert.bind(Uuid::now_v7()).bind(name).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
            tx.commit().await.unwrap();
        }
        for ctx in &all {
            assert_eq!(names(&bed.installation, ctx).await, ["First".to_owned(), format!("Of {}", ctx.tenant().slug())]);
        }
        assert!(bed.installation.unfinished_work().await.unwrap().is_empty());
        assert!(bed.installation.migration_drift().await.unwrap().is_empty());
        assert!(bed.installation.migration_status().await.unwrap().is_current());
    }

    async fn a_slug_that_is_taken_leaves_nothing_behind(bed: Bed) {
        for isolation in isolations(&bed) {
            let refused = bed.installation.create_tenant(&wanted("north", isolation), None).await;
            assert!(matches!(refused, Err(Error::SlugTaken)), "{refused:?}");
        }
        assert!(bed.installation.unfinished_work().await.unwrap().is_empty());
    }

    async fn a_purged_tenant_is_gone_and_its_slug_is_free(bed: Bed) {
        for isolation in isolations(&bed) {
            let slug = format!("gone-{isolation}");
            let ctx = made(&bed, &slug, isolation).await;
            let stays = made(&bed, &format!("stays-{isolation}"), isolation).await;
            for ctx in [&ctx, &stays] {
                let mut scope = bed.installation.tenants().conn(ctx).await.unwrap();
                for number in 0..3_i64 {
                    let patient = Uuid::now_v7();
                    let insert = scope.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'P', $2)");
                    insert.bind(patient).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
                    let insert = scope.query("INSERT INTO visits (id, patient_id, reason) VALUES ($1, $2, 'x')");
                    insert.bind(number).bind(patient).execute().await.unwrap();
                }
            }
            let id = ctx.tenant().id();
            let early = bed.installation.purge_tenant(id).await;
            assert!(matches!(early, Err(Error::Transition(_))), "{early:?}");
            bed.installation.close_tenant(id).await.unwrap();
            bed.installation.purge_tenant(id).await.unwrap();
            bed.installation.purge_tenant(id).await.unwrap();
            let record = bed.installation.control().tenant(&TenantRef::Id(id)).await.unwrap().unwrap();
            assert_eq!(record.tenant.status(), TenantStatus::Purged);
            // Whoever still holds its context finds nothing.
            if let Ok(mut scope) = bed.installation.tenants().conn(&ctx).await {
                let left = scope.query("SELECT name FROM patients").fetch_all().await;
                assert!(left.map_or(true, |rows| rows.is_empty()), "{isolation}");
            }
            assert_eq!(names(&bed.installation, &stays).await.len(), 3);
            let status = bed.installation.migration_status().await.unwrap();
            assert!(status.is_current() && bed.installation.unfinished_work().await.unwrap().is_empty());
            assert!(Installation::open(bed.config(ConnectionLimits::default())).await.is_ok(), "{isolation}");
            let anew = made(&bed, &slug, isolation).await;
            assert_eq!(names(&bed.installation, &anew).await.len(), 0);
        }
    }

    async fn an_isolation_that_the_database_lacks_is_refused_before_anything_is_made(bed: Bed) {
        if bed.dialect() == nadia_tenant_core::Dialect::Sqlite {
            let refused = bed.installation.create_tenant(&wanted("schematic", Isolation::Schema), None).await;
            let Err(Error::Config(message)) = refused else { panic!("{refused:?}") };
            assert!(message.contains("not available on SQLite"), "{message}");
        }
        let elsewhere = wanted("elsewhere", Isolation::Shared).with_placement("mars".parse().unwrap());
        let refused = bed.installation.create_tenant(&elsewhere, None).await;
        assert!(matches!(refused, Err(Error::Placement(_))), "{refused:?}");
        assert!(bed.installation.unfinished_work().await.unwrap().is_empty());
    }
}
