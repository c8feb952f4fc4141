use std::{path::Path, sync::Arc};

use nadia_tenant_core::{Dialect, Placement};
use sqlx::{ConnectOptions, Connection, Sqlite};

use super::{
    Installation, InstallationConfig,
    draft::{Draft, Ways},
    open::{self, LookedAt},
    url::Target,
};
use crate::{
    Error,
    park::Binding,
    router::Route,
    server::{Server, SqliteServer},
};

pub(super) async fn provision(main: &Path, config: &InstallationConfig) -> Result<Installation, Error> {
    let (migrations, catalog) = config.migrations.read(Dialect::Sqlite)?;
    // Held until the file closes, whichever way it does.
    let lock = SqliteServer::lock(main).await?;
    let mut servers = Vec::new();
    for (placement, folder) in folders(config)? {
        servers.push((placement, Arc::new(SqliteServer::prepare(folder, catalog.clone())?)));
    }
    let (_, first) = servers.first().expect("the first server is always there");
    let options = first.control()?;
    let mut connection = options.connect().await?;
    let provisioned = config.migrations.apply_control(&mut connection).await?;
    connection.close().await?;

    let control = open::control::<Sqlite>((options, Binding::Session), config, catalog.clone());
    let known = servers.iter().map(|(placement, server)| (placement.clone(), Arc::clone(server) as Arc<dyn Server>));
    let mut draft = Draft { config, control, servers: known.collect(), migrations, catalog, provisioned };
    for (placement, _) in &servers {
        draft.settle(placement).await?;
    }
    drop(lock);
    Ok(serve(draft, &servers))
}

pub(super) async fn open(main: &Path, config: &InstallationConfig, looked_at: LookedAt) -> Result<Installation, Error> {
    let (migrations, catalog) = config.migrations.read(Dialect::Sqlite)?;
    let control = open::sqlite(main, config).await?;
    let mut servers = Vec::new();
    for (placement, folder) in folders(config)? {
        let found = SqliteServer::open(folder, catalog.clone());
        let server = found.ok_or_else(|| open::not_provisioned(config, &placement))?;
        servers.push((placement, Arc::new(server)));
    }
    let known = servers.iter().map(|(placement, server)| (placement.clone(), Arc::clone(server) as Arc<dyn Server>));
    let draft = Draft { config, control, servers: known.collect(), migrations, catalog, provisioned: Vec::new() };
    if looked_at == LookedAt::Now {
        for (placement, _) in &servers {
            draft.settled(placement).await?;
        }
    }
    Ok(serve(draft, &servers))
}

fn folders(config: &InstallationConfig) -> Result<Vec<(Placement, &Path)>, Error> {
    let servers = config.all_servers()?.into_iter().map(|(placement, url)| match &url.0 {
        Target::Sqlite(folder) => Ok((placement, &**folder)),
        _ => Err(Error::Config(format!("server {placement} is on another kind of database; use SQLite"))),
    });
    servers.collect()
}

fn serve(draft: Draft<'_>, servers: &[(Placement, Arc<SqliteServer>)]) -> Installation {
    let route = |shared| Route { shared, schemas: None, binding: Binding::Session };
    let ways = servers.iter().map(|(placement, server)| Ways {
        placement: placement.clone(),
        serving: route(server.shared()),
        // The file can't be written through it, whatever a statement says; the pragma says so sooner.
        reading: route(server.shared().read_only(true).pragma("query_only", "on")),
    });
    let (installation, tenants) = draft.open::<Sqlite>(ways.collect());
    Installation { sqlite: Some(tenants), ..installation }
}
