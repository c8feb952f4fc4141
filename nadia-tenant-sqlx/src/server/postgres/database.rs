use nadia_tenant_core::{Placement, TenantId};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    PostgresServer,
    roles::{database_name, ident, run},
    worker::fill,
};
use crate::{
    Error,
    migrate::PlaceMigrations,
    server::{Place, PlaceKind},
};

/// The advisory lock of the templates of a base database: "templ" in ASCII.
const LOCK: i64 = 0x74_65_6d_70_6c;

impl PostgresServer {
    /// Makes a tenant's database as a copy of a template that has all migrations.
    pub(super) async fn make_database(
        &self,
        admin: &mut PgConnection,
        tenant: TenantId,
        migrations: &PlaceMigrations,
    ) -> Result<(), Error> {
        let name = database_name(tenant);
        if !exists(admin, &name).await? {
            let template = self.template(admin, migrations).await?;
            let copy = format!("CREATE DATABASE {} TEMPLATE {}", ident(&name), ident(&template));
            match run(admin, copy).await {
                // Somebody who resumes the same tenant was faster.
                Err(Error::Sqlx(sqlx::Error::Database(error)))
                    if error.code().as_deref() == Some("42P04") || error.is_unique_violation() => {}
                other => other?,
            }
        }
        // Rights on the database itself are not copied.
        let (app, report) = (ident(&self.roles.app), ident(&self.roles.report));
        let database = ident(&name);
        run(
            admin,
            format!(
                "REVOKE ALL ON DATABASE {database} FROM PUBLIC; GRANT CONNECT ON DATABASE {database} TO {app}, {report}"
            ),
        )
        .await
    }

    pub(super) async fn remove_database(&self, tenant: TenantId) -> Result<(), Error> {
        let mut admin = self.admin(None).await?;
        run(&mut admin, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", ident(&database_name(tenant)))).await?;
        Ok(admin.close().await?)
    }

    /// Returns the name of the template with these migrations, which is made if it isn't there.
    async fn template(&self, admin: &mut PgConnection, migrations: &PlaceMigrations) -> Result<String, Error> {
        // Of this base database, whose lock keeps others from making it at once, and of its roles.
        let family = short(&[&self.database, &self.roles.app]);
        let prefix = format!("nadia_template_{family}_");
        let name = format!("{prefix}{}", short(&[&migrations.target().chain]));
        if exists(admin, &name).await? {
            return Ok(name);
        }
        // A connection of its own, which gives the lock back whichever way it closes.
        let mut admin = self.admin(None).await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await?;
        if !exists(&mut admin, &name).await? {
            // It has its name only when it is whole: one that is cut short is made anew.
            let draft = format!("{prefix}draft");
            let stale = sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1)");
            let stale: Vec<String> = stale.bind(&prefix).fetch_all(&mut admin).await?;
            for old in stale {
                run(&mut admin, format!("DROP DATABASE {} WITH (FORCE)", ident(&old))).await?;
            }
            run(&mut admin, format!("CREATE DATABASE {}", ident(&draft))).await?;
            self.fill_template(&draft, migrations).await?;
            // Nobody may be connected while it is copied.
            let (draft, name) = (ident(&draft), ident(&name));
            run(&mut admin, format!("ALTER DATABASE {draft} ALLOW_CONNECTIONS false")).await?;
            run(&mut admin, format!("ALTER DATABASE {draft} RENAME TO {name}")).await?;
        }
        admin.close().await?;
        Ok(name)
    }

    async fn fill_template(&self, database: &str, migrations: &PlaceMigrations) -> Result<(), Error> {
        let mut admin = self.admin(Some(database)).await?;
        self.roles.lay_out(&mut admin, database).await?;
        super::act_as_owner(&mut admin, &self.roles).await?;
        // A template is laid out as a shared place is, and so is a tenant's own database.
        let place = Place { placement: Placement::default(), kind: PlaceKind::Shared };
        fill(&mut admin, &place, migrations, &self.roles).await?;
        Ok(admin.close().await?)
    }
}

fn short(parts: &[&str]) -> String {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, parts.join("\n").as_bytes()).simple().to_string();
    id[..16].to_owned()
}

async fn exists(connection: &mut PgConnection, database: &str) -> Result<bool, Error> {
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)");
    Ok(query.bind(database).fetch_one(connection).await?)
}
