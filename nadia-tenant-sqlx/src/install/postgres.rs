use std::sync::Arc;

use nadia_tenant_core::{Dialect, Placement};
use sqlx::{Connection, Postgres, postgres::PgConnectOptions};

use super::{
    Installation, InstallationConfig,
    draft::{Draft, Ways},
    open::{self, LookedAt},
    url::Target,
};
use crate::{
    Error,
    server::{PostgresServer, Server},
};

pub(super) async fn provision(main: &PgConnectOptions, config: &InstallationConfig) -> Result<Installation, Error> {
    let (migrations, catalog) = config.migrations.read(Dialect::Postgres)?;
    // Held until this connection closes, whichever way it does.
    let mut lock = PostgresServer::lock(main).await?;
    let mut servers = Vec::new();
    for (placement, options) in options(config)? {
        let suffix = config.role_suffix.as_deref();
        // A pooler is in front of the first server.
        let pooler = config.pooler().filter(|_| servers.is_empty());
        servers.push((placement, Arc::new(PostgresServer::prepare(options, pooler, suffix, catalog.clone()).await?)));
    }
    let (_, first) = servers.first().expect("the first server is always there");
    first.serving().check(&mut lock).await?;
    let mut owner = first.control().await?;
    let provisioned = config.migrations.apply_control(&mut owner).await?;
    first.grant_control(&mut owner).await?;
    owner.close().await?;

    let control = open::control::<Postgres>(first.serving().control(), config, catalog.clone());
    let known = servers.iter().map(|(placement, server)| (placement.clone(), Arc::clone(server) as Arc<dyn Server>));
    let mut draft = Draft { config, control, servers: known.collect(), migrations, catalog, provisioned };
    for (placement, server) in &servers {
        draft.settle(placement).await?;
        server.mend().await?;
        server.verify_shared(None).await?;
    }
    lock.close().await?;
    Ok(serve(draft, &servers))
}

pub(super) async fn open(
    main: &PgConnectOptions,
    config: &InstallationConfig,
    looked_at: LookedAt,
) -> Result<Installation, Error> {
    let (migrations, catalog) = config.migrations.read(Dialect::Postgres)?;
    let control = open::postgres(main, config).await?;
    let mut servers = Vec::new();
    for (placement, options) in options(config)? {
        let pooler = config.pooler().filter(|_| servers.is_empty());
        let found = PostgresServer::open(options, pooler, config.role_suffix.as_deref(), catalog.clone()).await?;
        let server = found.ok_or_else(|| open::not_provisioned(config, &placement))?;
        servers.push((placement, Arc::new(server)));
    }
    let known = servers.iter().map(|(placement, server)| (placement.clone(), Arc::clone(server) as Arc<dyn Server>));
    let draft = Draft { config, control, servers: known.collect(), migrations, catalog, provisioned: Vec::new() };
    if looked_at == LookedAt::Now {
        for (placement, server) in &servers {
            draft.settled(placement).await?;
            server.verify_shared(None).await?;
        }
    }
    Ok(serve(draft, &servers))
}

fn options(config: &InstallationConfig) -> Result<Vec<(Placement, &PgConnectOptions)>, Error> {
    let servers = config.all_servers()?.into_iter().map(|(placement, url)| match &url.0 {
        Target::Postgres(options) => Ok((placement, &**options)),
        Target::Sqlite(_) => {
            Err(Error::Config(format!("server {placement} is on another kind of database; use PostgreSQL")))
        }
    });
    servers.collect()
}

fn serve(draft: Draft<'_>, servers: &[(Placement, Arc<PostgresServer>)]) -> Installation {
    let ways = servers.iter().map(|(placement, server)| Ways {
        placement: placement.clone(),
        serving: server.serving().scopes(),
        reading: server.serving().readers(),
    });
    let (installation, tenants) = draft.open::<Postgres>(ways.collect());
    Installation { postgres: Some(tenants), ..installation }
}
