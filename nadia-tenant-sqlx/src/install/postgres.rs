use std::{collections::HashMap, sync::Arc};

use nadia_tenant_core::Dialect;
use sqlx::{Connection, Postgres, postgres::PgConnectOptions};

use super::{Installation, InstallationConfig, settle, url::Target};
use crate::{
    ControlDb, Error, Guard, TenantDb,
    cross::CrossParts,
    migrate::Servers,
    park::Park,
    router::Router,
    server::{PostgresServer, Server},
};

pub(super) async fn provision(main: &PgConnectOptions, config: &InstallationConfig) -> Result<Installation, Error> {
    let (migrations, catalog) = config.migrations.read(Dialect::Postgres)?;
    // Held until this connection closes, whichever way it does.
    let mut lock = PostgresServer::lock(main).await?;
    let mut prepared = Vec::new();
    for (placement, url) in config.all_servers() {
        let Target::Postgres(options) = &url.0 else {
            return Err(Error::Config(format!("server {placement} is on another kind of database; use PostgreSQL")));
        };
        let suffix = config.role_suffix.as_deref();
        // A pooler is in front of the first server.
        let pooler = config.pooler().filter(|_| prepared.is_empty());
        let server = PostgresServer::prepare(options, pooler, suffix, catalog.clone()).await?;
        prepared.push((placement, Arc::new(server)));
    }
    let (_, first) = prepared.first().expect("the first server is always there");
    first.serving().check(&mut lock).await?;
    let mut owner = first.control().await?;
    for set in config.migrations.control() {
        set.apply(&mut owner).await?;
    }
    first.grant_control(&mut owner).await?;
    owner.close().await?;

    let guard = Arc::new(Guard::new(catalog.clone()));
    // A budget of its own, so that nobody who holds a control scope waits for those who hold tenants' and the other way round.
    let park = Park::<Postgres>::new(config.limits.clone(), Vec::new());
    let (options, binding) = first.serving().control();
    let control = ControlDb::new(Arc::new(Router::control(park, options, binding, Arc::clone(&guard))));
    let servers: Servers = prepared
        .iter()
        .map(|(placement, server)| (placement.clone(), Arc::clone(server) as Arc<dyn Server>))
        .collect::<HashMap<_, _>>();
    let (mut routes, mut reading) = (Vec::new(), Vec::new());
    for (placement, server) in &prepared {
        settle(&control, &servers, placement, &migrations).await?;
        server.mend().await?;
        server.verify_shared(None).await?;
        let serving = server.serving();
        routes.push((placement.clone(), serving.scopes()));
        reading.push((placement.clone(), serving.readers()));
    }
    lock.close().await?;
    let readers = Park::<Postgres>::new(CrossParts::limits(&config.limits), config.hooks.clone());
    let readers = Router::tenants(readers, reading, Arc::clone(&guard));
    let park = Park::<Postgres>::new(config.limits.clone(), config.hooks.clone());
    let tenants = TenantDb::over(Router::tenants(park, routes, guard));
    Ok(Installation {
        tenants: tenants.clone().into(),
        cross: CrossParts::new(control.clone(), &config.audit_hooks, readers),
        control,
        catalog,
        migrations: Arc::new(migrations),
        servers: Arc::new(servers),
        postgres: Some(tenants),
        #[cfg(feature = "sqlite")]
        sqlite: None,
        main: config.url.clone(),
    })
}
