//! Hooks on new connections compose with Nadia's own, which come last.

use std::time::Duration;

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{ConnectionLimits, Error, FreshConnection, Installation, OnConnect};
use nadia_tests::{Bed, on_both_databases, pool_of_one};

/// Runs statements.
#[derive(Debug)]
struct Run(Vec<&'static str>);

#[async_trait::async_trait]
impl OnConnect for Run {
    async fn on_connect(&self, fresh: &mut FreshConnection<'_>) -> Result<(), Error> {
        for sql in &self.0 {
            fresh.execute(sql).await?;
        }
        Ok(())
    }
}

/// Never ends.
#[derive(Debug)]
struct Stuck;

#[async_trait::async_trait]
impl OnConnect for Stuck {
    async fn on_connect(&self, fresh: &mut FreshConnection<'_>) -> Result<(), Error> {
        fresh.execute("SELECT 1").await?;
        std::future::pending().await
    }
}

async fn open(bed: &Bed, limits: ConnectionLimits, hooks: &[&[&'static str]]) -> Installation {
    let config = hooks.iter().fold(bed.config(limits), |config, hook| config.add_on_connect(Run(hook.to_vec())));
    Installation::provision(config).await.unwrap()
}

on_both_databases! {
    async fn all_hooks_run_in_order(bed: Bed) {
        // The second fails if the first didn't run before it.
        let installation = match bed.dialect() {
            Dialect::Postgres => open(&bed, pool_of_one(), &[&["SET nadia_test.hook = '1'"], &["DO $$ BEGIN PERFORM current_setting('nadia_test.hook'); END $$"]]).await,
            _ => open(&bed, pool_of_one(), &[&["CREATE TEMP TABLE hook (x)"], &["INSERT INTO hook VALUES (1)"]]).await,
        };
        let mut scope = installation.tenants().conn(&bed.tenants[0]).await.unwrap();
        assert!(scope.query("SELECT name FROM patients").fetch_all().await.unwrap().is_empty());
    }

    async fn a_hook_that_fails_costs_the_connection_and_no_place(bed: Bed) {
        let installation = open(&bed, pool_of_one(), &[&["SELECT 1"], &["SELECT nothing FROM nowhere"]]).await;
        for _ in 0..3 {
            let refused = installation.tenants().conn(&bed.tenants[0]).await;
            assert!(matches!(refused, Err(Error::Sqlx(_))), "{refused:?}");
            assert_eq!(installation.connections().open, 0);
        }
    }

    async fn a_hook_that_does_not_end_is_given_up(bed: Bed) {
        let limits = ConnectionLimits { acquire_timeout: Duration::from_millis(100), ..pool_of_one() };
        let config = bed.config(limits).add_on_connect(Stuck);
        let installation = Installation::provision(config).await.unwrap();
        let refused = installation.tenants().conn(&bed.tenants[0]).await;
        assert!(matches!(refused, Err(Error::Timeout(_))), "{refused:?}");
        assert_eq!(installation.connections().open, 0);
    }

    async fn a_transaction_that_a_hook_leaves_open_is_ended(bed: Bed) {
        let installation = open(&bed, pool_of_one(), &[&["BEGIN"]]).await;
        let mut scope = installation.tenants().conn(&bed.tenants[0]).await.unwrap();
        scope.query("INSERT INTO patients (id, name, created_at) VALUES ($1, 'Ann', $2)")
            .bind(uuid::Uuid::now_v7())
            .bind(sqlx::types::time::OffsetDateTime::now_utc())
            .execute()
            .await
            .unwrap();
        drop(scope);
        // Committed, as another connection sees.
        assert_eq!(bed.names(0).await, ["Ann"]);
    }
}

#[tokio::test]
async fn a_hook_that_sets_a_foreign_tenant_changes_nothing() {
    let bed = Bed::postgres().await;
    bed.add_patient(0, "Ann of north").await;
    bed.add_patient(1, "Ben of south").await;
    let foreign = format!("SELECT set_config('nadia.tenant_id', '{}', false)", bed.tenants[1].tenant().id());
    let installation = open(&bed, pool_of_one(), &[&[foreign.leak()]]).await;
    // The session alone decides here what is seen.
    let bare = installation.tenants().dangerous_without_guard();
    for (tenant, expected) in [(0, "Ann of north"), (1, "Ben of south")] {
        let mut scope = bare.conn(&bed.tenants[tenant]).await.unwrap();
        let rows = scope.query("SELECT name FROM patients").fetch_all().await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get("name").unwrap()).collect();
        assert_eq!(names, [expected]);
    }
    let mut scope = bare.conn(&bed.tenants[2]).await.unwrap();
    assert!(scope.query("SELECT name FROM patients").fetch_all().await.unwrap().is_empty());
}
