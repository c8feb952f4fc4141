use std::{collections::HashMap, sync::Arc};

use nadia_tenant_core::Dialect;
use sqlx::{Connection, Postgres, postgres::PgConnectOptions};

use super::{Installation, InstallationConfig, settle, url::Target};
use crate::{
    ControlDb, Error, Guard, TenantDb,
    cross::CrossParts,
    migrate::Servers,
    park::Park,
    router::{Route, Router},
    server::{PostgresServer, Server},
};

pub(super) async fn provision(main: &PgConnectOptions, config: &InstallationConfig) -> Result<Installation, Error> {
    let (migrations, catalog) = config.migrations.read(Dialect::Postgres)?;
    // Held until this connection closes, whichever way it does.
    let lock = PostgresServer::lock(main).await?;
    let mut prepared = Vec::new();
    for (placement, url) in config.all_servers() {
        let Target::Postgres(options) = &url.0 else {
            return Err(Error::Config(format!("server {placement} is on another kind of database; use PostgreSQL")));
        };
        let suffix = config.role_suffix.as_deref();
        let server = PostgresServer::prepare(options, suffix, catalog.clone()).await?;
        prepared.push((placement, Arc::new(server)));
    }
    let (_, first) = prepared.first().expect("the first server is always there");
    let mut owner = first.control().await?;
    for set in config.migrations.control() {
        set.apply(&mut owner).await?;
    }
    first.grant_control(&mut owner).await?;
    owner.close().await?;

    let guard = Arc::new(Guard::new(catalog.clone()));
    let park = || Park::<Postgres>::new(config.limits.clone(), config.hooks.clone());
    let control = Router::control(park(), first.serving().control.clone(), Arc::clone(&guard));
    let control = ControlDb::new(Arc::new(control));
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
        let route = |shared: &PgConnectOptions, schemas: &PgConnectOptions| {
            (placement.clone(), Route { shared: shared.clone(), schemas: Some(schemas.clone()) })
        };
        routes.push(route(&serving.shared, &serving.schemas));
        reading.push(route(&serving.report, &serving.report_schemas));
    }
    lock.close().await?;
    let readers = Park::<Postgres>::new(CrossParts::limits(&config.limits), config.hooks.clone());
    let readers = Router::tenants(readers, reading, Arc::clone(&guard));
    let tenants = TenantDb::over(Router::tenants(park(), routes, guard));
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
