//! Migrations of many places.

use nadia_tenant_core::{Isolation, TenantContext, TenantRef};
use nadia_tenant_sqlx::{Error, MigrateOptions};
use nadia_tests::{Bed, on_both_databases};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::{and_then, context, isolations, made};

const ADD: &str = "ALTER TABLE patients ADD COLUMN nickname text; CREATE TABLE rooms (tenant_id uuid NOT NULL, \
                   id bigint NOT NULL, PRIMARY KEY (tenant_id, id)); ALTER TABLE countries ADD COLUMN continent text";

/// Fails where a tenant has two patients of one name.
const ONCE: &str = "CREATE UNIQUE INDEX once ON patients (tenant_id, name)";

async fn same_name_twice(bed: &Bed, ctx: &TenantContext) {
    let mut scope = bed.installation.tenants().conn(ctx).await.unwrap();
    for _ in 0..2 {
        let insert = scope.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'Twice', $2)");
        insert.bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
    }
}

on_both_databases! {
    async fn every_place_is_reached_once(bed: Bed) {
        let mut own = Vec::new();
        for isolation in isolations(&bed).into_iter().filter(|isolation| *isolation != Isolation::Shared) {
            for number in 0..3 {
                own.push(made(&bed, &format!("{isolation}-{number}"), isolation).await);
            }
        }
        let next = bed.open_with(&and_then(ADD)).await.unwrap();
        let status = next.migration_status().await.unwrap();
        // The shared place is migrated when the installation is opened.
        assert_eq!((status.target, status.places, status.current, status.failed), (2, own.len() + 1, 1, 0));
        assert!(!status.is_current());

        let report = next.migrate(&MigrateOptions::default(), &()).await.unwrap();
        assert!(report.is_complete(), "{report:?}");
        let mut touched: Vec<_> = report.touched.iter().map(|place| (place.tenant.unwrap(), &*place.applied)).collect();
        touched.sort();
        let mut expected: Vec<_> = own.iter().map(|ctx| (ctx.tenant().id(), &[2_i64][..])).collect();
        expected.sort();
        assert_eq!(touched, expected);
        assert!(next.migration_status().await.unwrap().is_current());
        assert!(next.migration_drift().await.unwrap().is_empty());
        for ctx in &own {
            let mut scope = next.tenants().conn(ctx).await.unwrap();
            scope.query("INSERT INTO rooms (id) VALUES (1)").execute().await.unwrap();
            scope.query("SELECT nickname FROM patients").fetch_all().await.unwrap();
            scope.query("SELECT continent FROM countries").fetch_all().await.unwrap();
        }

        let again = next.migrate(&MigrateOptions::default(), &()).await.unwrap();
        assert!(again.run.is_none() && again.touched.is_empty() && again.is_complete());
    }

    async fn a_place_that_fails_is_quarantined_and_the_rest_goes_on(bed: Bed) {
        let mut own = Vec::new();
        for number in 0..12 {
            own.push(made(&bed, &format!("clinic-{number}"), Isolation::Database).await);
        }
        let broken = &own[7];
        same_name_twice(&bed, broken).await;
        let next = bed.open_with(&and_then(ONCE)).await.unwrap();
        let report = next.migrate(&MigrateOptions::default(), &()).await.unwrap();
        assert_eq!(report.touched.len(), 12);
        let failed: Vec<_> = report.failed().map(|place| place.tenant.unwrap()).collect();
        assert_eq!(failed, [broken.tenant().id()]);

        // Its context of before is refused no sooner than its record is read anew, as a cache does within a second.
        let record = next.control().tenant(&TenantRef::Id(broken.tenant().id())).await.unwrap().unwrap();
        assert!(record.tenant.is_quarantined());
        let refused = next.tenants().conn(&context(&record.tenant)).await;
        assert!(matches!(refused, Err(Error::Quarantined { .. })), "{refused:?}");
        assert!(next.tenants().conn(&own[8]).await.is_ok());

        // Mended, it comes back by the next run.
        let mut scope = bed.installation.tenants().conn(broken).await.unwrap();
        let delete = "DELETE FROM patients WHERE id IN (SELECT id FROM patients ORDER BY id LIMIT 1)";
        scope.query(delete).execute().await.unwrap();
        drop(scope);
        let report = next.migrate(&MigrateOptions::default(), &()).await.unwrap();
        assert!(report.is_complete() && report.touched.len() == 1, "{report:?}");
        let record = next.control().tenant(&TenantRef::Id(broken.tenant().id())).await.unwrap().unwrap();
        assert!(!record.tenant.is_quarantined());
    }

    async fn a_canary_that_fails_stops_the_run(bed: Bed) {
        let mut own = Vec::new();
        for number in 0..5 {
            own.push(made(&bed, &format!("clinic-{number}"), Isolation::Database).await);
        }
        // The first that was made goes first.
        same_name_twice(&bed, &own[0]).await;
        let next = bed.open_with(&and_then(ONCE)).await.unwrap();
        let report = next.migrate(&MigrateOptions::default(), &()).await.unwrap();
        assert_eq!((report.touched.len(), report.left), (1, 4), "{report:?}");
        assert!(report.stopped.unwrap().contains("a canary failed"));
        let status = next.migration_status().await.unwrap();
        assert_eq!((status.places, status.current, status.failed), (6, 1, 1));
    }

    async fn a_run_of_failures_stops_it(bed: Bed) {
        let mut own = Vec::new();
        for number in 0..30 {
            own.push(made(&bed, &format!("clinic-{number}"), Isolation::Database).await);
        }
        for ctx in &own[5..] {
            same_name_twice(&bed, ctx).await;
        }
        let next = bed.open_with(&and_then(ONCE)).await.unwrap();
        let mut options = MigrateOptions::default();
        options.max_failure_rate = 0.2;
        let report = next.migrate(&options, &()).await.unwrap();
        assert!(report.stopped.is_some() && report.left > 0, "{report:?}");
        let failed = report.failed().count();
        assert!((3..20).contains(&failed), "{failed}");
        assert_eq!(report.left + report.touched.len(), 30);
    }

    async fn two_runs_at_once_do_nothing_twice(bed: Bed) {
        for isolation in isolations(&bed).into_iter().filter(|isolation| *isolation != Isolation::Shared) {
            for number in 0..8 {
                made(&bed, &format!("{isolation}-{number}"), isolation).await;
            }
        }
        let places = bed.installation.migration_status().await.unwrap().places - 1;
        let next = bed.open_with(&and_then(ADD)).await.unwrap();
        let other = bed.open_with(&and_then(ADD)).await.unwrap();
        let options = MigrateOptions::default();
        let (one, two) = tokio::join!(next.migrate(&options, &()), other.migrate(&options, &()));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one.is_complete() && two.is_complete());
        assert_eq!(one.touched.len() + two.touched.len(), places);
        assert!(next.migration_drift().await.unwrap().is_empty());
    }

    async fn only_the_tenants_that_are_asked_for(bed: Bed) {
        let one = made(&bed, "clinic-one", Isolation::Database).await;
        made(&bed, "clinic-two", Isolation::Database).await;
        let next = bed.open_with(&and_then(ADD)).await.unwrap();
        let mut options = MigrateOptions::default();
        options.only = Some(vec![one.tenant().id()]);
        let report = next.migrate(&options, &()).await.unwrap();
        let touched: Vec<_> = report.touched.iter().map(|place| place.tenant.unwrap()).collect();
        assert_eq!(touched, [one.tenant().id()]);
        assert!(!next.migration_status().await.unwrap().is_current());
    }

    async fn a_migration_that_was_changed_afterwards_is_drift(bed: Bed) {
        let ctx = made(&bed, "clinic-one", Isolation::Database).await;
        let next = bed.open_with(&and_then(ADD)).await.unwrap();
        next.migrate(&MigrateOptions::default(), &()).await.unwrap();
        drop(next);
        let Err(Error::Drift { fault, .. }) = bed.open_with(&and_then("SELECT 1")).await else { panic!("it opens") };
        assert!(fault.contains("another text"), "{fault}");
        // The older program sees that somebody newer was here.
        let drift = bed.installation.migration_drift().await.unwrap();
        assert_eq!(drift.len(), 2, "{drift:?}");
        assert!(drift.iter().any(|line| line.contains(&ctx.tenant().id().to_string())), "{drift:?}");
    }
}
