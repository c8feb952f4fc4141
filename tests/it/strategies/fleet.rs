//! Migrations of many places.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use nadia_tenant_core::{Dialect, Isolation, Placement, TenantContext, TenantId, TenantRef};
use nadia_tenant_sqlx::{
    ConnectionLimits, Error, Installation, InstallationConfig, MigrateObserver, MigrateOptions, MigratedPlace,
};
use nadia_tests::{Bed, on_both_databases};
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::{and_then, context, isolations, made, wanted};

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

/// Asks a run to stop when so many places are done.
struct StopsAfter {
    finished: AtomicUsize,
    limit: usize,
}

impl MigrateObserver for StopsAfter {
    fn finished(&self, _: &MigratedPlace) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        self.finished.load(Ordering::Relaxed) < self.limit
    }
}

/// Removes a tenant, as another process does, when a run has read what there is to do.
struct Removes {
    config: Mutex<Option<InstallationConfig>>,
    tenant: TenantId,
}

impl MigrateObserver for Removes {
    fn planned(&self, _: usize) {
        let Some(config) = self.config.lock().unwrap().take() else { return };
        let remove = async {
            let installation = Installation::open(config).await.unwrap();
            installation.close_tenant(self.tenant).await.unwrap();
            installation.purge_tenant(self.tenant).await.unwrap();
            installation.close().await;
        };
        std::thread::scope(|threads| {
            threads.spawn(|| {
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(remove);
            });
        });
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

    async fn a_ledger_of_other_migrations_is_not_believed(bed: Bed) {
        let ctx = made(&bed, "clinic-one", Isolation::Database).await;
        let next = bed.open_with(&and_then(ADD)).await.unwrap();
        let mut scope = next.control().conn().await.unwrap();
        let lie = scope.query("UPDATE places SET version = 2, checksum = 'of other migrations' WHERE id = $1");
        lie.bind(ctx.tenant().id().as_uuid()).execute().await.unwrap();
        drop(scope);
        let report = next.migrate(&MigrateOptions::default(), &()).await.unwrap();
        assert_eq!(report.touched[0].applied, [2], "{report:?}");
        let mut scope = next.tenants().conn(&ctx).await.unwrap();
        scope.query("SELECT id FROM rooms").fetch_all().await.unwrap();
    }

    async fn a_place_that_is_not_there_neither_begins_a_quarantine_nor_ends_one(bed: Bed) {
        let mut tenants = Vec::new();
        for slug in ["served", "quarantined"] {
            let tenant = made(&bed, slug, Isolation::Database).await;
            tenants.push(tenant.tenant().id());
            bed.lose(tenant.tenant().id()).await;
        }
        let next = bed.open_with(&and_then(ADD)).await.unwrap();
        assert!(next.control().quarantine(tenants[1]).await.unwrap());
        let mut options = MigrateOptions::default();
        options.canary = 0;
        let report = next.migrate(&options, &()).await.unwrap();
        assert_eq!(report.failed().count(), 2, "{report:?}");
        for (id, quarantined) in tenants.into_iter().zip([false, true]) {
            let record = next.control().tenant(&TenantRef::Id(id)).await.unwrap().unwrap();
            assert_eq!(record.tenant.is_quarantined(), quarantined, "{report:?}");
        }
    }

    async fn asked_to_stop_it_begins_nothing_more_and_the_next_run_goes_on(bed: Bed) {
        for number in 0..12 {
            made(&bed, &format!("clinic-{number}"), Isolation::Database).await;
        }
        let next = bed.open_with(&and_then(ADD)).await.unwrap();
        let mut options = MigrateOptions::default();
        options.concurrency = 2;
        let stops = StopsAfter { finished: AtomicUsize::new(0), limit: 3 };
        let report = next.migrate(&options, &stops).await.unwrap();
        // What was begun when it was asked is done and noted.
        assert!((3..=6).contains(&report.touched.len()), "{report:?}");
        assert_eq!(report.left + report.touched.len(), 12);
        assert!(report.stopped.as_ref().unwrap().contains("run it again") && report.failed().count() == 0, "{report:?}");
        let status = next.migration_status().await.unwrap();
        assert_eq!(status.current, report.touched.len() + 1);
        let rest = next.migrate(&options, &()).await.unwrap();
        assert_eq!((rest.touched.len(), rest.is_complete()), (report.left, true));
    }

    async fn a_tenant_that_is_removed_during_a_run_is_not_entered_again(bed: Bed) {
        made(&bed, "stays", Isolation::Database).await;
        let goes = made(&bed, "goes", Isolation::Database).await;
        let migrations = and_then(ADD);
        let next = bed.open_with(&migrations).await.unwrap();
        let removes = Removes { config: Mutex::new(Some(bed.config_with(&migrations))), tenant: goes.tenant().id() };
        let mut options = MigrateOptions::default();
        options.canary = 0;
        options.max_failure_rate = 1.0;
        let report = next.migrate(&options, &removes).await.unwrap();
        assert_eq!((report.touched.len(), report.left, report.is_complete()), (1, 0, true), "{report:?}");
        let status = next.migration_status().await.unwrap();
        assert_eq!((status.places, status.current, status.failed), (2, 2, 0));
        assert!(next.migration_drift().await.unwrap().is_empty());
    }

    async fn what_stands_is_opened_and_what_lacks_a_migration_is_not(bed: Bed) {
        made(&bed, "clinic-one", Isolation::Database).await;
        let migrations = and_then(ADD);
        let early = Installation::open(bed.config_with(&migrations)).await;
        let Err(Error::NotCurrent { why, .. }) = &early else { panic!("{early:?}") };
        assert!(why.contains("shared place of main"), "{why}");
        let status = Installation::status(bed.config_with(&migrations)).await.unwrap();
        assert_eq!((status.target, status.places, status.current), (2, 2, 0));

        let provisioned = bed.open_with(&migrations).await.unwrap();
        let applied: Vec<_> = provisioned.provisioned().iter().map(|place| (&*place.place, &*place.applied)).collect();
        assert_eq!(applied, [("shared place of main", &[2][..])]);
        assert!(bed.open_with(&migrations).await.unwrap().provisioned().is_empty());
        let open = Installation::open(bed.config_with(&migrations)).await.unwrap();
        assert!(open.provisioned().is_empty());
        let tenant = wanted("clinic-two", Isolation::Shared);
        assert_eq!(open.create_tenant(&tenant, None).await.unwrap().id(), tenant.id());
        // The older program sees that the tables are not its own.
        let older = Installation::open(bed.config(ConnectionLimits::default())).await;
        assert!(matches!(older, Err(Error::NotCurrent { .. })), "{older:?}");
    }

    async fn a_server_that_was_never_provisioned_is_not_opened(bed: Bed) {
        let (url, twice) = match bed.dialect() {
            Dialect::Sqlite => ("sqlite:/nowhere/at/all".to_owned(), "sqlite:/nowhere/else"),
            _ => (nadia_tests::postgres_url("postgres"), "postgres://nobody@127.0.0.1:1/x"),
        };
        let eu: Placement = "eu".parse().unwrap();
        let config = || bed.config(ConnectionLimits::default()).add_server(eu.clone(), url.parse().unwrap());
        let refused = Installation::open(config()).await;
        let Err(Error::NotCurrent { why, .. }) = &refused else { panic!("{refused:?}") };
        assert!(why.contains("server eu was never provisioned"), "{why}");
        let refused = Installation::open(config().add_server(eu.clone(), twice.parse().unwrap())).await;
        let Err(Error::Config(why)) = &refused else { panic!("{refused:?}") };
        assert!(why.contains("two servers are called eu"), "{why}");
    }
}
