use std::{collections::HashMap, path::Path, sync::Arc};

use nadia_tenant_core::Dialect;
use sqlx::{ConnectOptions, Connection, Sqlite};

use super::{Installation, InstallationConfig, settle, url::Target};
use crate::{
    ControlDb, Error, Guard, TenantDb,
    cross::CrossParts,
    migrate::Servers,
    park::{Binding, Park},
    router::{Route, Router},
    server::{Server, SqliteServer},
};

pub(super) async fn provision(main: &Path, config: &InstallationConfig) -> Result<Installation, Error> {
    let (migrations, catalog) = config.migrations.read(Dialect::Sqlite)?;
    // Held until the file closes, whichever way it does.
    let lock = SqliteServer::lock(main).await?;
    let mut prepared = Vec::new();
    for (placement, url) in config.all_servers() {
        let Target::Sqlite(folder) = &url.0 else {
            return Err(Error::Config(format!("server {placement} is on another kind of database; use SQLite")));
        };
        prepared.push((placement, Arc::new(SqliteServer::prepare(folder, catalog.clone())?)));
    }
    let (_, first) = prepared.first().expect("the first server is always there");
    let options = first.control()?;
    let mut connection = options.connect().await?;
    for set in config.migrations.control() {
        set.apply(&mut connection).await?;
    }
    connection.close().await?;

    let guard = Arc::new(Guard::new(catalog.clone()));
    // A budget of its own, so that nobody who holds a control scope waits for those who hold tenants' and the other way round.
    let park = Park::<Sqlite>::new(config.limits.clone(), Vec::new());
    let control = ControlDb::new(Arc::new(Router::control(park, options, Binding::Session, Arc::clone(&guard))));
    let servers: Servers = prepared
        .iter()
        .map(|(placement, server)| (placement.clone(), Arc::clone(server) as Arc<dyn Server>))
        .collect::<HashMap<_, _>>();
    let (mut routes, mut reading) = (Vec::new(), Vec::new());
    for (placement, server) in &prepared {
        settle(&control, &servers, placement, &migrations).await?;
        let route = |shared| (placement.clone(), Route { shared, schemas: None, binding: Binding::Session });
        routes.push(route(server.shared()));
        // The file can't be written through it, whatever a statement says; the pragma says so sooner.
        reading.push(route(server.shared().read_only(true).pragma("query_only", "on")));
    }
    drop(lock);
    let readers = Park::<Sqlite>::new(CrossParts::limits(&config.limits), config.hooks.clone());
    let readers = Router::tenants(readers, reading, Arc::clone(&guard));
    let park = Park::<Sqlite>::new(config.limits.clone(), config.hooks.clone());
    let tenants = TenantDb::over(Router::tenants(park, routes, guard));
    Ok(Installation {
        tenants: tenants.clone().into(),
        cross: CrossParts::new(control.clone(), &config.audit_hooks, readers),
        control,
        catalog,
        migrations: Arc::new(migrations),
        servers: Arc::new(servers),
        #[cfg(feature = "postgres")]
        postgres: None,
        sqlite: Some(tenants),
        main: config.url.clone(),
    })
}
