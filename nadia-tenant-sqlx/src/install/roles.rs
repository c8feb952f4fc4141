use sqlx::{AssertSqlSafe, PgConnection};

use crate::Error;

/// The schema that holds the control tables.
pub(super) const CONTROL_SCHEMA: &str = "nadia_control";
/// The schema that holds tenants' and reference tables.
pub(super) const PLACE_SCHEMA: &str = "public";

// `pg_temp` last: named nowhere, it would come first, and a temporary table could stand in for a real one.
/// The search path in the control schema.
pub(super) const CONTROL_PATH: &str = "nadia_control,pg_temp";
/// The search path in the place.
pub(super) const PLACE_PATH: &str = "public,pg_temp";

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
    /// Reads over all tenants.
    pub(super) report: String,
}

/// The passwords of the roles that log in.
pub(super) struct Passwords {
    pub(super) app: String,
    pub(super) control: String,
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
        for role in [&self.owner, &self.report] {
            make(&mut tx, role).await?;
        }
        let passwords =
            Passwords { app: log_in(&mut tx, &self.app).await?, control: log_in(&mut tx, &self.control).await? };
        tx.commit().await?;
        Ok(passwords)
    }

    /// Lets the privileged user act as the owner, whom the migrations run as, and gives the owner its schemas.
    pub(super) async fn give_schemas(&self, admin: &mut PgConnection, database: &str) -> Result<(), Error> {
        let owner = ident(&self.owner);
        let member: bool = sqlx::query_scalar("SELECT pg_has_role(current_user, $1, 'MEMBER')")
            .bind(&self.owner)
            .fetch_one(&mut *admin)
            .await?;
        if !member {
            run(admin, format!("GRANT {owner} TO CURRENT_USER")).await?;
        }
        let paths = [(&self.app, PLACE_PATH), (&self.report, PLACE_PATH), (&self.control, CONTROL_PATH)];
        for (role, path) in paths {
            give_path(&mut *admin, database, role, path).await?;
        }
        let (app, control, report) = (ident(&self.app), ident(&self.control), ident(&self.report));
        run(
            admin,
            format!(
                "REVOKE ALL ON DATABASE {database} FROM PUBLIC;
                 GRANT CONNECT ON DATABASE {database} TO {app}, {control}, {report};
                 REVOKE CREATE ON SCHEMA {PLACE_SCHEMA} FROM PUBLIC;
                 GRANT USAGE, CREATE ON SCHEMA {PLACE_SCHEMA}, {CONTROL_SCHEMA} TO {owner};
                 GRANT USAGE ON SCHEMA {PLACE_SCHEMA} TO {app}, {report};
                 GRANT USAGE ON SCHEMA {CONTROL_SCHEMA} TO {control};",
                database = ident(database),
            ),
        )
        .await
    }
}

/// Returns a search path as the server writes it down.
pub(super) fn as_stored(path: &str) -> String {
    path.replace(',', ", ")
}

/// Gives a role the search path of its sessions in this database, where a connection doesn't say it itself.
async fn give_path(admin: &mut PgConnection, database: &str, role: &str, path: &str) -> Result<(), Error> {
    let stands = "SELECT EXISTS (
             SELECT FROM pg_db_role_setting s
             JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase
             WHERE d.datname = $1 AND r.rolname = $2 AND $3 = ANY (s.setconfig))";
    let setting = format!("search_path={}", as_stored(path));
    let query = sqlx::query_scalar(stands).bind(database).bind(role).bind(setting);
    if query.fetch_one(&mut *admin).await? {
        return Ok(());
    }
    let (role, database) = (ident(role), ident(database));
    run(admin, format!("ALTER ROLE {role} IN DATABASE {database} SET search_path = {path}")).await
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
    let stored: Option<String> =
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT password FROM {SECRETS} WHERE role = $1")))
            .bind(role)
            .fetch_optional(&mut *connection)
            .await?;
    let (password, fresh) = match stored {
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
        let literal = password.replace('\'', "''");
        run(connection, format!("ALTER ROLE {} LOGIN PASSWORD '{literal}'", ident(role))).await?;
    }
    Ok(password)
}

/// Runs statements of our own making.
pub(super) async fn run(connection: &mut PgConnection, sql: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Quotes an identifier.
pub(super) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
