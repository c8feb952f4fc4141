use nadia_tenant_core::TenantId;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    Error,
    schema::{CONTROL_PATH, PLACE_PATH, REFERENCE_SCHEMA},
};

/// The schema that holds the control tables.
pub(crate) const CONTROL_SCHEMA: &str = "nadia_control";
/// The schema of a shared place, and of a tenant's own database.
pub(crate) const PLACE_SCHEMA: &str = "public";
/// The schema of what was applied where; the owner's alone.
pub(crate) const LEDGER_SCHEMA: &str = "nadia_ledger";

/// The passwords of the serving roles, which only the privileged user reads.
const SECRETS: &str = "nadia_control.role_secrets";

/// The roles of one installation.
///
/// Roles belong to the whole server, so their names carry the database's: two installations on one server
/// share neither role nor password.
#[derive(Clone, Debug)]
pub(super) struct Roles {
    /// Owns the tables and migrates. Nobody logs in as it.
    pub(super) owner: String,
    /// Serves tenants, bound by the policies; has no right in the control schema.
    pub(super) app: String,
    /// Serves the control database; has no right on tenants' tables.
    pub(super) control: String,
    /// Reads over all tenants; has no right but SELECT on tenants' and reference tables.
    pub(super) report: String,
}

/// The passwords of the roles that log in.
pub(super) struct Passwords {
    pub(super) app: String,
    pub(super) control: String,
    pub(super) report: String,
}

impl Roles {
    pub(super) fn of(suffix: &str) -> Self {
        let name = |role: &str| {
            let name = format!("nadia_{role}_{suffix}");
            if name.len() <= 63 {
                return name;
            }
            // PostgreSQL would cut the name, and two databases could meet at the cut.
            let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, suffix.as_bytes());
            format!("nadia_{role}_{}", id.simple())
        };
        Self { owner: name("owner"), app: name("app"), control: name("control"), report: name("report") }
    }

    /// Makes the roles that are missing and returns the passwords of those that log in.
    pub(super) async fn ensure(&self, admin: &mut PgConnection) -> Result<Passwords, Error> {
        let mut tx = sqlx::Connection::begin(admin).await?;
        run(
            &mut tx,
            format!(
                "CREATE SCHEMA IF NOT EXISTS {CONTROL_SCHEMA};
                 CREATE TABLE IF NOT EXISTS {SECRETS} (role text PRIMARY KEY, password text NOT NULL);
                 REVOKE ALL ON {SECRETS} FROM PUBLIC;"
            ),
        )
        .await?;
        make(&mut tx, &self.owner).await?;
        let passwords = Passwords {
            app: log_in(&mut tx, &self.app).await?,
            control: log_in(&mut tx, &self.control).await?,
            report: log_in(&mut tx, &self.report).await?,
        };
        for (role, path) in [(&self.app, PLACE_PATH), (&self.report, PLACE_PATH), (&self.control, CONTROL_PATH)] {
            give_setting(&mut tx, role, "search_path", path).await?;
        }
        give_setting(&mut tx, &self.report, "default_transaction_read_only", "on").await?;
        tx.commit().await?;
        Ok(passwords)
    }

    /// Returns the passwords of those that log in; none if the roles were never made.
    pub(super) async fn passwords(&self, admin: &mut PgConnection) -> Result<Option<Passwords>, Error> {
        let found = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL");
        let found: bool = found.bind(SECRETS).fetch_one(&mut *admin).await?;
        if !found {
            return Ok(None);
        }
        let mut stored = Vec::new();
        for role in [&self.app, &self.control, &self.report] {
            stored.extend(stored_password(admin, role).await?);
        }
        let passwords: Result<[String; 3], _> = stored.try_into();
        Ok(passwords.ok().map(|[app, control, report]| Passwords { app, control, report }))
    }

    /// Lays a database out: the schemas, the ledger of migrations, and who may do what there.
    ///
    /// The privileged user may then act as the owner, whom the migrations run as. Rights on tables come with the tables'
    /// policies and not by default; functions are the application's, not everybody's.
    pub(super) async fn lay_out(&self, admin: &mut PgConnection, database: &str) -> Result<(), Error> {
        let owner = ident(&self.owner);
        let member: bool = sqlx::query_scalar("SELECT pg_has_role(current_user, $1, 'MEMBER')")
            .bind(&self.owner)
            .fetch_one(&mut *admin)
            .await?;
        if !member {
            run(admin, format!("GRANT {owner} TO CURRENT_USER")).await?;
        }
        let (app, control, report) = (ident(&self.app), ident(&self.control), ident(&self.report));
        run(
            admin,
            format!(
                "REVOKE ALL ON DATABASE {database} FROM PUBLIC;
                 GRANT CONNECT ON DATABASE {database} TO {app}, {control}, {report};
                 REVOKE CREATE ON SCHEMA {PLACE_SCHEMA} FROM PUBLIC;
                 CREATE SCHEMA IF NOT EXISTS {REFERENCE_SCHEMA};
                 CREATE SCHEMA IF NOT EXISTS {CONTROL_SCHEMA};
                 CREATE SCHEMA IF NOT EXISTS {LEDGER_SCHEMA};
                 CREATE TABLE IF NOT EXISTS {LEDGER_SCHEMA}.applied (
                     place uuid NOT NULL, version bigint NOT NULL, description text NOT NULL, checksum text NOT NULL,
                     applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (place, version));
                 GRANT USAGE ON SCHEMA {LEDGER_SCHEMA} TO {owner};
                 GRANT SELECT, INSERT, DELETE ON {LEDGER_SCHEMA}.applied TO {owner};
                 GRANT USAGE, CREATE ON SCHEMA {PLACE_SCHEMA}, {REFERENCE_SCHEMA}, {CONTROL_SCHEMA} TO {owner};
                 GRANT USAGE ON SCHEMA {PLACE_SCHEMA}, {REFERENCE_SCHEMA} TO {app}, {report};
                 GRANT USAGE ON SCHEMA {CONTROL_SCHEMA} TO {control};
                 ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
                 ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT EXECUTE ON FUNCTIONS TO {app};",
                database = ident(database),
            ),
        )
        .await
    }
}

/// Returns a list as the server writes it down in a setting.
pub(super) fn as_stored(list: &str) -> String {
    list.replace(',', ", ")
}

/// Gives a role a setting of its sessions, where a connection doesn't say it itself: in all databases, for the role is of this
/// installation alone, and a tenant's own database has it as soon as it is made.
async fn give_setting(admin: &mut PgConnection, role: &str, setting: &str, value: &str) -> Result<(), Error> {
    let stands = "SELECT EXISTS (
             SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
             WHERE s.setdatabase = 0 AND r.rolname = $1 AND $2 = ANY (s.setconfig))";
    let query = sqlx::query_scalar(stands).bind(role).bind(format!("{setting}={}", as_stored(value)));
    if query.fetch_one(&mut *admin).await? {
        return Ok(());
    }
    run(admin, format!("ALTER ROLE {} SET {setting} = {value}", ident(role))).await
}

/// Makes a role that can't log in, if it isn't there. Returns whether it was made.
async fn make(connection: &mut PgConnection, role: &str) -> Result<bool, Error> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)");
    let exists: bool = found.bind(role).fetch_one(&mut *connection).await?;
    if !exists {
        run(connection, format!("CREATE ROLE {} NOLOGIN", ident(role))).await?;
    }
    Ok(!exists)
}

/// Makes a role that logs in, if it isn't there, and returns its password, which is kept in the database.
async fn log_in(connection: &mut PgConnection, role: &str) -> Result<String, Error> {
    let made = make(connection, role).await?;
    let (password, fresh) = match stored_password(connection, role).await? {
        // A database restored on another server has the password, but the role there is new.
        Some(password) => (password, made),
        None => {
            // 244 random bits, from the system's source.
            let password = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
            sqlx::query(AssertSqlSafe(format!("INSERT INTO {SECRETS} (role, password) VALUES ($1, $2)")))
                .bind(role)
                .bind(&password)
                .execute(&mut *connection)
                .await?;
            (password, true)
        }
    };
    if fresh {
        run(connection, format!("ALTER ROLE {} LOGIN PASSWORD {}", ident(role), literal(&password))).await?;
    }
    Ok(password)
}

async fn stored_password(connection: &mut PgConnection, role: &str) -> Result<Option<String>, Error> {
    let stored = sqlx::query_scalar(AssertSqlSafe(format!("SELECT password FROM {SECRETS} WHERE role = $1")));
    Ok(stored.bind(role).fetch_optional(connection).await?)
}

/// Runs statements of our own making.
pub(crate) async fn run(connection: &mut PgConnection, sql: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Returns the name of a tenant's database.
pub(crate) fn database_name(tenant: TenantId) -> String {
    format!("nadia_t_{}", tenant.as_uuid().simple())
}

/// Quotes an identifier.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a text, whatever `standard_conforming_strings` says.
pub(crate) fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}
