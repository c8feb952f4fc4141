//! Group `provision`: what it costs to make a tenant, in nanoseconds from the call to the active tenant.
//!
//! The tables of a place are ten, each with a primary key and an index that the tenant leads. The connections that an
//! installation keeps are open already, and templates are made; nothing is seeded. PostgreSQL runs beside, over TCP, without
//! waiting for the disk; SQLite's files are in the folder for temporary ones.
//!
//! What is compared:
//! - `floor: insert` is one INSERT into a table of tenants, in a transaction: what a service without a ledger does that has
//!   all tenants in the same tables.
//! - `floor: schema` is CREATE SCHEMA, the ten tables with their indexes, and row-level security with one policy on each, in
//!   one message on a connection that is open.
//! - `floor: database` is CREATE DATABASE … TEMPLATE of a database with the ten tables, on a connection that is open.
//! - `floor: file` is the copy of an SQLite file with the ten tables.
//! - `nadia: create tenant` reserves, makes, migrates, checks the walls, notes each step in the ledger so that it can be taken
//!   up where it was cut short, and activates.

use std::{fmt::Write as _, time::Instant};

use nadia_benches::{Cases, Error};
use nadia_tenant_core::{Isolation, Tenant, TenantId};
use nadia_tenant_sqlx::{ConnectionLimits, DatabaseUrl, Installation, InstallationConfig};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::groups::database::{Database, migrator, run};

const TABLES: usize = 10;

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let database = Database::make(cases, "provision")?;
    let postgres = cases.block_on(database.installation(&migrator([tables()]), ConnectionLimits::default()))?;
    insert(cases, &database)?;
    ours(cases, "postgres, shared", "floor: insert", &postgres, Isolation::Shared);
    schema(cases, &database)?;
    ours(cases, "postgres, schema, 10 tables", "floor: schema, 10 tables", &postgres, Isolation::Schema);
    template(cases, &database)?;
    ours(cases, "postgres, database, 10 tables", "floor: database, 10 tables", &postgres, Isolation::Database);

    let folder = TempDir::new()?;
    let config = InstallationConfig::new(DatabaseUrl::sqlite(folder.path()), &migrator([tables()]));
    let sqlite = cases.block_on(Installation::provision(config))?;
    file(cases, &sqlite, &folder)?;
    ours(cases, "sqlite, file, 10 tables", "floor: file, 10 tables", &sqlite, Isolation::Database);
    cases.finally(async move {
        postgres.close().await;
        sqlite.close().await;
        Ok(folder.close()?)
    });
    Ok(())
}

/// The tables of a place, in words that both databases read.
fn tables() -> String {
    (0..TABLES).fold(String::new(), |mut sql, number| {
        let _ = write!(
            sql,
            "CREATE TABLE records_{number} (tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, notes text,
                 made_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id));
             CREATE INDEX records_{number}_by_name ON records_{number} (tenant_id, name);"
        );
        sql
    })
}

fn ours(cases: &mut Cases, name: &str, floor: &str, installation: &Installation, isolation: Isolation) {
    let installation = installation.clone();
    cases.add_slow(format!("nadia: create tenant, {name}"), floor, async move || {
        let id = TenantId::new();
        let slug = format!("clinic-{}", id.as_uuid().simple()).parse()?;
        let tenant = Tenant::new(id, slug, "starter".parse()?).with_isolation(isolation);
        let begun = Instant::now();
        installation.create_tenant(&tenant, None).await?;
        Ok(begun.elapsed())
    });
}

fn insert(cases: &mut Cases, database: &Database) -> Result<(), Error> {
    let mut superuser = cases.block_on(async {
        let mut superuser = database.connect().await?;
        let table =
            "CREATE SCHEMA by_hand; CREATE TABLE by_hand.tenants (id uuid PRIMARY KEY, slug text NOT NULL UNIQUE)";
        sqlx::raw_sql(table).execute(&mut superuser).await?;
        Ok::<_, Error>(superuser)
    })?;
    cases.add_slow("floor: insert", "floor: insert", async move || {
        let id = TenantId::new().as_uuid();
        let begun = Instant::now();
        let mut tx = superuser.begin().await?;
        let insert = sqlx::query("INSERT INTO by_hand.tenants (id, slug) VALUES ($1, $2)").bind(id);
        insert.bind(id.simple().to_string()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(begun.elapsed())
    });
    Ok(())
}

fn schema(cases: &mut Cases, database: &Database) -> Result<(), Error> {
    let (mut superuser, app) = (cases.block_on(database.connect())?, database.app());
    let mut number = 0;
    cases.add_slow("floor: schema, 10 tables", "floor: schema, 10 tables", async move || {
        number += 1;
        let mut sql = format!("CREATE SCHEMA by_hand_{number}; SET LOCAL search_path = by_hand_{number}; {}", tables());
        for table in 0..TABLES {
            let _ = write!(
                sql,
                "ALTER TABLE records_{table} ENABLE ROW LEVEL SECURITY;
                 ALTER TABLE records_{table} FORCE ROW LEVEL SECURITY;
                 CREATE POLICY own_rows ON records_{table}
                     USING (tenant_id = (SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid));
                 GRANT SELECT, INSERT, UPDATE, DELETE ON records_{table} TO {app};"
            );
        }
        let begun = Instant::now();
        run(&mut superuser, format!("BEGIN; {sql} COMMIT")).await?;
        Ok(begun.elapsed())
    });
    Ok(())
}

fn template(cases: &mut Cases, database: &Database) -> Result<(), Error> {
    let template = format!("{}_template", database.name());
    let mut superuser = cases.block_on(async {
        let mut superuser = database.connect().await?;
        run(&mut superuser, format!("CREATE DATABASE {template}")).await?;
        let options = database.options()?.database(&template);
        let mut inside = options.connect().await?;
        run(&mut inside, tables()).await?;
        inside.close().await?;
        Ok::<_, Error>(superuser)
    })?;
    let (name, mut number) = (database.name().to_owned(), 0);
    cases.add_slow("floor: database, 10 tables", "floor: database, 10 tables", async move || {
        number += 1;
        let begun = Instant::now();
        run(&mut superuser, format!("CREATE DATABASE {name}_{number} TEMPLATE {template}")).await?;
        Ok(begun.elapsed())
    });
    Ok(())
}

/// Copies the file of a tenant that was made.
fn file(cases: &mut Cases, installation: &Installation, folder: &TempDir) -> Result<(), Error> {
    let id = TenantId::new();
    let tenant = Tenant::new(id, "template".parse()?, "starter".parse()?).with_isolation(Isolation::Database);
    cases.block_on(installation.create_tenant(&tenant, None))?;
    let from = folder.path().join("tenants").join(format!("{}.sqlite", id.as_uuid().simple()));
    let (copies, mut number) = (folder.path().join("by-hand"), 0);
    std::fs::create_dir(&copies)?;
    cases.add_slow("floor: file, 10 tables", "floor: file, 10 tables", async move || {
        number += 1;
        let to = copies.join(number.to_string());
        let begun = Instant::now();
        std::fs::copy(&from, &to)?;
        Ok(begun.elapsed())
    });
    Ok(())
}
