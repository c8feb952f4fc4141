//! Making, removing and migrating, given up at each point where they wait, and taken up again.

use nadia_tenant_core::{Isolation, Tenant, TenantRef, TenantStatus};
use nadia_tenant_sqlx::{Error, Installation, MigrateOptions};
use nadia_tests::{Bed, GiveUpAfter, on_both_databases};
use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{FirstPatient, context, isolations, made, names, wanted};

/// Returns after how many pending polls the next try is given up: `NADIA_THOROUGH=1` asks for every point, which takes
/// minutes; otherwise the first few, and then ever fewer.
fn after(left: usize) -> usize {
    if std::env::var_os("NADIA_THOROUGH").is_some() { left + 1 } else { left + 1 + left / 3 }
}

/// Makes the tenant, or goes on with it, as an operator does who runs the same command again.
async fn make(installation: &Installation, wanted: &Tenant) -> Result<Tenant, Error> {
    match installation.control().tenant(&TenantRef::Slug(wanted.slug().clone())).await? {
        Some(begun) => installation.finish_tenant(begun.tenant.id(), Some(&FirstPatient)).await,
        None => match installation.create_tenant(wanted, Some(&FirstPatient)).await {
            // A commit that was given up may come through at any time.
            Err(Error::SlugTaken) => Box::pin(make(installation, wanted)).await,
            made => made,
        },
    }
}

/// Returns the bed's migrations and so many more, each with a table of its own.
fn and_more(count: i64) -> Migrator {
    let more = (0..count).map(|number| {
        let sql = format!(
            "CREATE TABLE rooms_{number} (tenant_id uuid NOT NULL, id bigint NOT NULL, PRIMARY KEY (tenant_id, id)); \
             ALTER TABLE patients ADD COLUMN more_{number} text"
        );
        let sql = AssertSqlSafe(sql).into_sql_str();
        Migration::new(number + 2, "more".into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(nadia_tests::PLACE.iter().cloned().chain(more).collect())
}

async fn all_is_well(installation: &Installation) {
    assert!(installation.unfinished_work().await.unwrap().is_empty());
    assert!(installation.migration_status().await.unwrap().is_current());
    let drift = installation.migration_drift().await.unwrap();
    assert!(drift.is_empty(), "{drift:?}");
}

on_both_databases! {
    async fn making_is_taken_up_wherever_it_was_given_up(bed: Bed) {
        for isolation in isolations(&bed) {
            let mut points = 0;
            for left in std::iter::successors(Some(0), |left| Some(after(*left))) {
                let tenant = wanted(&format!("{isolation}-{left}"), isolation);
                let done = GiveUpAfter::new(make(&bed.installation, &tenant), left).await;
                let made = make(&bed.installation, &tenant).await.unwrap();
                assert_eq!((made.status(), made.isolation()), (TenantStatus::Active, isolation));
                assert_eq!(names(&bed.installation, &context(&made)).await, ["First"], "given up after {left}");
                if done.is_some() {
                    break;
                }
                points += 1;
            }
            assert!(points > 0, "{isolation}");
            all_is_well(&bed.installation).await;
        }
    }

    async fn removing_is_taken_up_wherever_it_was_given_up(bed: Bed) {
        for isolation in isolations(&bed) {
            let stays = made(&bed, &format!("stays-{isolation}"), isolation).await;
            for left in std::iter::successors(Some(0), |left| Some(after(*left))) {
                let tenant = wanted(&format!("{isolation}-{left}"), isolation);
                let id = bed.installation.create_tenant(&tenant, Some(&FirstPatient)).await.unwrap().id();
                // A scope before it, so that there is a connection that must go.
                assert_eq!(names(&bed.installation, &context(&tenant)).await, ["First"]);
                let remove = async {
                    bed.installation.close_tenant(id).await?;
                    bed.installation.purge_tenant(id).await
                };
                let done = GiveUpAfter::new(remove, left).await;
                loop {
                    match bed.installation.close_tenant(id).await {
                        Ok(()) | Err(Error::Transition(_)) => break,
                        // The change that was given up came through meanwhile.
                        Err(Error::Conflict) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
                bed.installation.purge_tenant(id).await.unwrap();
                let record = bed.installation.control().tenant(&TenantRef::Id(id)).await.unwrap().unwrap();
                assert_eq!(record.tenant.status(), TenantStatus::Purged);
                if done.is_some() {
                    break;
                }
            }
            names(&bed.installation, &stays).await;
            all_is_well(&bed.installation).await;
        }
    }

    async fn migrating_is_taken_up_wherever_it_was_given_up(bed: Bed) {
        let mut own = Vec::new();
        for isolation in isolations(&bed).into_iter().filter(|isolation| *isolation != Isolation::Shared) {
            for number in 0..3 {
                own.push(made(&bed, &format!("{isolation}-{number}"), isolation).await);
            }
        }
        let mut left = 0;
        for round in 1.. {
            let next = bed.open_with(&and_more(round)).await.unwrap();
            let done = GiveUpAfter::new(next.migrate(&MigrateOptions::default(), &()), left).await;
            let report = next.migrate(&MigrateOptions::default(), &()).await.unwrap();
            assert!(report.is_complete(), "{report:?}");
            all_is_well(&next).await;
            for ctx in &own {
                let mut scope = next.tenants().conn(ctx).await.unwrap();
                assert!(scope.query("SELECT id FROM rooms_0").fetch_all().await.unwrap().is_empty());
            }
            next.close().await;
            if done.is_some() {
                break;
            }
            left = after(left);
        }
        assert!(left > 0);
    }

    async fn one_that_is_closed_while_it_is_made_gets_no_place(bed: Bed) {
        for isolation in isolations(&bed) {
            let tenant = wanted(&format!("early-{isolation}"), isolation);
            let mut tx = bed.installation.control().begin().await.unwrap();
            bed.installation.reserve_tenant(&mut tx, &tenant).await.unwrap();
            tx.commit().await.unwrap();
            bed.installation.close_tenant(tenant.id()).await.unwrap();
            let refused = bed.installation.finish_tenant(tenant.id(), None).await;
            assert!(matches!(refused, Err(Error::UnknownTenant)), "{refused:?}");
            bed.installation.purge_tenant(tenant.id()).await.unwrap();
            all_is_well(&bed.installation).await;
        }
    }

    async fn one_that_is_made_twice_at_once_is_made_once(bed: Bed) {
        for isolation in isolations(&bed) {
            let tenant = wanted(&format!("twice-{isolation}"), isolation);
            let mut tx = bed.installation.control().begin().await.unwrap();
            bed.installation.reserve_tenant(&mut tx, &tenant).await.unwrap();
            tx.commit().await.unwrap();
            let other = bed.second().await;
            let mut tasks = tokio::task::JoinSet::new();
            for installation in [&bed.installation, &other, &bed.installation, &other] {
                let (installation, id) = (installation.clone(), tenant.id());
                tasks.spawn(async move { installation.finish_tenant(id, Some(&FirstPatient)).await });
            }
            while let Some(finished) = tasks.join_next().await {
                // Who comes late may be told so; what counts is what stands.
                let _ = finished.unwrap();
            }
            let made = bed.installation.finish_tenant(tenant.id(), Some(&FirstPatient)).await.unwrap();
            assert_eq!(made.status(), TenantStatus::Active);
            assert_eq!(names(&bed.installation, &context(&made)).await, ["First"]);
            all_is_well(&bed.installation).await;
        }
    }
}
