use std::sync::Arc;

use nadia_tenant_core::Dialect;
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use super::{
    Installation, InstallationConfig,
    migrations::Migrations,
    rls::{self, Shapes},
    roles::{CONTROL_SCHEMA, PLACE_SCHEMA, Roles, ident, run},
};
use crate::{
    Catalog, ControlDb, Error, Guard, TableKind, TenantDb,
    cross::{CrossParts, CrossPlace},
    place::Place,
};

/// The advisory lock of provisioning, one per database: "nadia" in ASCII.
const LOCK: i64 = 0x6e_61_64_69_61;

pub(super) async fn provision(
    privileged: &PgConnectOptions,
    config: &InstallationConfig,
) -> Result<Installation, Error> {
    let InstallationConfig { migrations, limits, role_suffix, audit_hooks, .. } = config;
    let catalog = migrations.catalog(Dialect::Postgres)?;
    let mut admin = privileged.connect().await?;
    let database: String = sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut admin).await?;
    let roles = Roles::of(role_suffix.as_deref().unwrap_or(&database));

    // Held until this connection closes, whichever way it does.
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await?;
    let passwords = roles.ensure(&mut admin).await?;
    roles.give_schemas(&mut admin, &database).await?;
    let shapes = migrate(&mut admin, migrations, &catalog, &roles).await?;
    admin.close().await?;

    let serving = |role: &str, password: &str, schema: &str| {
        let options = privileged.clone().username(role).password(password).application_name("nadia");
        // `pg_temp` last: named nowhere, it would come first, and a temporary table could stand in for a real one.
        options.options([("search_path", format!("{schema},pg_temp"))])
    };
    let shared = serving(&roles.app, &passwords.app, PLACE_SCHEMA);
    let control = serving(&roles.control, &passwords.control, CONTROL_SCHEMA);
    let report = serving(&roles.report, &passwords.report, PLACE_SCHEMA);
    let report = report.options([("default_transaction_read_only", "on")]);
    let mut first = shared.connect().await?;
    rls::verify(&mut first, &catalog, &shapes).await?;
    first.close().await?;

    let guard = Arc::new(Guard::new(catalog.clone()));
    let tenants = TenantDb::over(Place::new(shared, Arc::clone(&guard), limits.clone()));
    let control = Place::<sqlx::Postgres>::new(control, Arc::clone(&guard), limits.clone());
    let control = ControlDb::new(Arc::new(control));
    let report = Place::<sqlx::Postgres>::new(report, guard, CrossPlace::limits(limits));
    let report = CrossPlace::new(CrossPlace::SHARED, report);
    Ok(Installation {
        tenants: tenants.clone().into(),
        cross: CrossParts::new(control.clone(), audit_hooks, [report]),
        control,
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
    run(admin, format!("SET ROLE {owner}; SET nadia.migrating = 'on'; SET search_path = {CONTROL_SCHEMA}, pg_temp"))
        .await?;
    for set in migrations.control() {
        set.apply(&mut *admin).await?;
    }
    for table in catalog.tables().filter(|table| table.kind() == TableKind::Control) {
        let name = format!("{CONTROL_SCHEMA}.{}", ident(table.name()));
        run(admin, format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {control}")).await?;
    }
    run(admin, format!("SET search_path = {PLACE_SCHEMA}, pg_temp")).await?;
    migrations.place.apply(&mut *admin).await?;
    rls::apply(admin, catalog, roles).await
}
