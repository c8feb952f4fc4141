use std::sync::Arc;

use nadia_tenant_core::Dialect;
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use super::{
    Installation, InstallationConfig,
    migrations::Migrations,
    rls::{self, Shapes},
    roles::{CONTROL_PATH, CONTROL_SCHEMA, PLACE_PATH, Roles, ident, run},
    route::{self, Route},
};
use crate::{Catalog, ControlDb, Error, Guard, TableKind, TenantDb, place::Place};

/// The advisory lock of provisioning, one per database: "nadia" in ASCII.
pub(super) const LOCK: i64 = 0x6e_61_64_69_61;

pub(super) async fn provision(
    privileged: &PgConnectOptions,
    config: &InstallationConfig,
) -> Result<Installation, Error> {
    let InstallationConfig { migrations, limits, role_suffix, .. } = config;
    let catalog = migrations.catalog(Dialect::Postgres)?;
    let mut admin = privileged.connect().await?;
    route::expect_session(&mut admin, privileged).await?;
    let database: String = sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut admin).await?;
    let roles = Roles::of(role_suffix.as_deref().unwrap_or(&database));

    // Held until this connection closes, whichever way it does.
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await?;
    let passwords = roles.ensure(&mut admin).await?;
    roles.give_schemas(&mut admin, &database).await?;
    let shapes = migrate(&mut admin, migrations, &catalog, &roles).await?;

    let route = Route::new(config, privileged, &database)?;
    let (shared, binding) = route.of(&roles.app, &passwords.app, PLACE_PATH);
    route.verify(&shared, &mut admin, &catalog, &shapes).await?;
    admin.close().await?;
    let guard = Arc::new(Guard::new(catalog.clone()));
    let tenants = TenantDb::over(Place::new(shared, binding, Arc::clone(&guard), limits.clone()));
    let (control, binding) = route.of(&roles.control, &passwords.control, CONTROL_PATH);
    Ok(Installation {
        tenants: tenants.clone().into(),
        control: ControlDb::new(Arc::new(Place::<sqlx::Postgres>::new(control, binding, guard, limits.clone()))),
        catalog,
        postgres: Some(tenants),
        #[cfg(feature = "sqlite")]
        sqlite: None,
    })
}

/// Runs the migrations as the owner. The serving roles have no right on a new table until its policies stand.
async fn migrate(
    admin: &mut PgConnection,
    migrations: &Migrations,
    catalog: &Catalog,
    roles: &Roles,
) -> Result<Shapes, Error> {
    let (owner, control) = (ident(&roles.owner), ident(&roles.control));
    run(admin, format!("SET ROLE {owner}; SET nadia.migrating = 'on'; SET search_path = {CONTROL_PATH}")).await?;
    for set in migrations.control() {
        set.apply(&mut *admin).await?;
    }
    for table in catalog.tables().filter(|table| table.kind() == TableKind::Control) {
        let name = format!("{CONTROL_SCHEMA}.{}", ident(table.name()));
        run(admin, format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {control}")).await?;
    }
    run(admin, format!("SET search_path = {PLACE_PATH}")).await?;
    migrations.place.apply(&mut *admin).await?;
    rls::apply(admin, catalog, roles).await
}
