//! What goes wrong around tenants with and without places of their own.

use std::{future::Future, time::Duration};

use nadia_tenant_core::{Isolation, TenantContext};
use nadia_tenant_sqlx::{ConnectionLimits, Error, Installation};
use nadia_tests::{Bed, Line, execute_as_superuser, on_both_databases};
use sqlx::types::time::OffsetDateTime;
use tokio::{task::JoinSet, time::timeout};
use uuid::Uuid;

use super::{FirstPatient, context, isolations, made, names, wanted};

const PATIENCE: Duration = Duration::from_secs(30);

async fn seeded(bed: &Bed, slug: &str, isolation: Isolation) -> TenantContext {
    let tenant = wanted(slug, isolation);
    context(&bed.installation.create_tenant(&tenant, Some(&FirstPatient)).await.unwrap())
}

async fn remove(installation: &Installation, ctx: &TenantContext) -> Result<(), Error> {
    installation.close_tenant(ctx.tenant().id()).await?;
    installation.purge_tenant(ctx.tenant().id()).await
}

/// Checks that each connection of the budget can still be had, all at once, and that nothing else is on loan.
async fn budget_is_whole(installation: &Installation, tenants: &[TenantContext], budget: usize) {
    let mut held = Vec::new();
    for number in 0..budget {
        let scope = installation.tenants().conn(&tenants[number % tenants.len()]).await;
        held.push(scope.unwrap_or_else(|error| panic!("{number} of {budget}: {error:?}")));
    }
    assert_eq!(installation.connections().in_use, budget);
    drop(held);
}

async fn soon<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    let polled = async {
        while !check().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, polled).await.unwrap_or_else(|_| panic!("{what}"));
}

on_both_databases! {
    async fn a_tenant_removed_while_its_scope_is_open_is_gone_there_and_nobody_else_is_disturbed(bed: Bed) {
        for isolation in isolations(&bed) {
            let stays = seeded(&bed, &format!("stays-{isolation}"), isolation).await;
            let goes = seeded(&bed, &format!("goes-{isolation}"), isolation).await;
            let other = bed.second().await;
            let mut open = bed.installation.tenants().conn(&goes).await.unwrap();
            // In another process it is open as well, which doesn't hear of it.
            let mut elsewhere = other.tenants().conn(&goes).await.unwrap();
            let mut undisturbed = bed.installation.tenants().conn(&stays).await.unwrap();
            for scope in [&mut open, &mut elsewhere] {
                assert_eq!(scope.query("SELECT name FROM patients").fetch_all().await.unwrap().len(), 1);
            }
            undisturbed.query("SELECT name FROM countries").fetch_all().await.unwrap();

            remove(&bed.installation, &goes).await.unwrap();
            for scope in [&mut open, &mut elsewhere] {
                let seen = scope.query("SELECT name FROM patients").fetch_all().await;
                assert!(seen.as_ref().map_or(true, Vec::is_empty), "{isolation}: {:?}", seen.map(|rows| rows.len()));
            }
            drop((open, elsewhere));
            undisturbed.query("SELECT name FROM patients").fetch_all().await.unwrap();
            drop(undisturbed);
            assert_eq!(names(&bed.installation, &stays).await, ["First"]);
            assert_eq!(names(&bed.installation, &seeded(&bed, &format!("goes-{isolation}"), isolation).await).await, ["First"]);
            let budget = ConnectionLimits::default().max_connections.min(8);
            budget_is_whole(&bed.installation, &[stays, made(&bed, &format!("new-{isolation}"), isolation).await], budget).await;
        }
    }

    async fn a_transaction_that_is_open_in_a_tenant_does_not_keep_others_waiting_for_its_removal(bed: Bed) {
        for isolation in isolations(&bed) {
            let stays = seeded(&bed, &format!("stays-{isolation}"), isolation).await;
            let goes = seeded(&bed, &format!("goes-{isolation}"), isolation).await;
            let mut open = bed.installation.tenants().begin(&goes).await.unwrap();
            open.query("SELECT countries.name FROM patients JOIN countries ON countries.code = patients.country")
                .fetch_all().await.unwrap();
            let removing = {
                let (installation, goes) = (bed.installation.clone(), goes.clone());
                tokio::spawn(async move { remove(&installation, &goes).await })
            };
            // Reference tables are everybody's, and its tables refer to them.
            for _ in 0..20 {
                let read = async {
                    let mut scope = bed.installation.tenants().conn(&stays).await.unwrap();
                    scope.query("SELECT name FROM countries").fetch_all().await.unwrap();
                };
                timeout(Duration::from_secs(5), read).await.expect("others are served");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            drop(open);
            timeout(PATIENCE, removing).await.expect("it is removed").unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn what_a_transaction_writes_while_its_tenant_is_removed_does_not_stay_behind() {
    let bed = Bed::postgres().await;
    let goes = seeded(&bed, "goes", Isolation::Shared).await;
    let mut open = bed.installation.tenants().begin(&goes).await.unwrap();
    let insert = "INSERT INTO patients (id, name, created_at) VALUES ($1, 'Late', $2)";
    open.query(insert).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
    let removing = {
        let (installation, goes) = (bed.installation.clone(), goes.clone());
        tokio::spawn(async move { remove(&installation, &goes).await })
    };
    // The others' rows are gone, and this one nobody sees yet.
    let mut superuser = <sqlx::PgConnection as sqlx::Connection>::connect(&bed.url).await.unwrap();
    let count = "SELECT count(*) FROM public.patients WHERE tenant_id = $1";
    let id = goes.tenant().id().as_uuid();
    let emptied = async {
        while sqlx::query_scalar::<_, i64>(count).bind(id).fetch_one(&mut superuser).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, emptied).await.expect("its rows go");
    open.commit().await.unwrap();
    timeout(PATIENCE, removing).await.expect("it is removed").unwrap().unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(count).bind(id).fetch_one(&mut superuser).await.unwrap(), 0);
}

#[tokio::test]
async fn connections_that_are_terminated_in_a_scope_cost_that_scope_alone() {
    let limits = ConnectionLimits { max_connections: 4, ..ConnectionLimits::default() };
    let bed = Bed::postgres_with(limits).await;
    let database = bed.url.rsplit_once('/').unwrap().1.split('?').next().unwrap().to_owned();
    let mut tenants = vec![bed.tenants[0].clone()];
    for isolation in [Isolation::Schema, Isolation::Database] {
        tenants.push(made(&bed, &format!("own-{isolation}"), isolation).await);
    }
    for (number, ctx) in tenants.iter().enumerate() {
        let mut tx = bed.installation.tenants().begin(ctx).await.unwrap();
        let insert = "INSERT INTO patients (id, name, created_at) VALUES ($1, 'Lost', $2)";
        tx.query(insert).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
        let at = match number {
            2 => format!("nadia_t_{}", ctx.tenant().id().as_uuid().simple()),
            _ => database.clone(),
        };
        execute_as_superuser(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{at}'"))
            .await;
        let failed = tx.query("SELECT name FROM patients").fetch_all().await;
        let Err(Error::Sqlx(why)) = failed else { panic!("{failed:?}") };
        assert!(!why.to_string().is_empty());
        assert!(tx.commit().await.is_err(), "what was written is not said to stand");
        // Parked connections were terminated, too. Each costs one scope its first statement, and is gone then.
        for other in &tenants {
            let mut broken = 0;
            loop {
                let mut scope = bed.installation.tenants().conn(other).await.unwrap();
                match scope.query("SELECT name FROM patients").fetch_all().await {
                    Ok(rows) => break assert!(rows.is_empty()),
                    Err(Error::Sqlx(_)) => broken += 1,
                    Err(error) => panic!("{error:?}"),
                }
                assert!(broken <= 4, "more than there were");
            }
        }
        budget_is_whole(&bed.installation, &tenants, 4).await;
    }
}

#[tokio::test]
async fn a_server_that_restarts_under_load_is_used_again_and_no_connection_is_lost() {
    const BUDGET: usize = 4;
    let bed = Bed::postgres().await;
    let mut tenants = bed.tenants.to_vec();
    tenants.push(made(&bed, "own-schema", Isolation::Schema).await);
    tenants.push(made(&bed, "own-database", Isolation::Database).await);
    let line = Line::to(&bed.url).await;
    let limits = ConnectionLimits { max_connections: BUDGET, ..ConnectionLimits::default() };
    let installation = bed.open_at(line.url(), limits).await;
    let mut tasks = JoinSet::new();
    for task in 0..20 {
        let (installation, ctx) = (installation.clone(), tenants[task % tenants.len()].clone());
        tasks.spawn(async move {
            let (mut done, mut failed) = (0, 0);
            while done < 15 {
                let worked = async {
                    let mut tx = installation.tenants().begin(&ctx).await?;
                    let insert = "INSERT INTO patients (id, name, created_at) VALUES ($1, 'P', $2)";
                    tx.query(insert).bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await?;
                    tx.query("SELECT name FROM patients").fetch_optional().await?;
                    tx.commit().await
                };
                match worked.await {
                    Ok(()) => done += 1,
                    Err(Error::Sqlx(_) | Error::RolledBack | Error::Timeout(_)) => failed += 1,
                    Err(error) => panic!("{error:?}"),
                }
            }
            (done, failed)
        });
    }
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        line.cut();
    }
    let mut failed = 0;
    loop {
        let ended = timeout(PATIENCE * 4, tasks.join_next()).await;
        match ended.unwrap_or_else(|_| panic!("all get through: {:?}", installation.connections())) {
            Some(ended) => failed += ended.unwrap().1,
            None => break,
        }
    }
    assert!(failed > 0, "nobody was cut off");
    soon("all come back", || async { installation.connections().in_use == 0 }).await;
    budget_is_whole(&installation, &tenants, BUDGET).await;
    let mut total = 0;
    for ctx in &tenants {
        total += names(&bed.installation, ctx).await.len();
    }
    // What was acknowledged is there; a commit whose answer was cut off may be, too.
    assert!((300..=300 + failed).contains(&total), "{total}, {failed} failed");
}
