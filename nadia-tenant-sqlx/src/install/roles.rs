use sqlx::{AssertSqlSafe, PgConnection};

use crate::Error;

/// The schema that holds the control tables.
pub(super) const CONTROL_SCHEMA: &str = "nadia_control";
/// The schema that holds tenants' and reference tables.
pub(super) const PLACE_SCHEMA: &str = "public";

/// The roles of one installation.
///
/// Roles belong to the whole server, so their names carry the database's: two installations on one server
/// share neither role nor password.
#[derive(Clone, Debug)]
pub(super) struct Roles {
    pub(super) owner: String,
    pub(super) app: String,
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
        Self { owner: name("owner"), app: name("app"), report: name("report") }
    }

    /// Makes the roles that are missing and returns the application role's password.
    pub(super) async fn ensure(&self, admin: &mut PgConnection) -> Result<String, Error> {
        let mut tx = sqlx::Connection::begin(admin).await?;
        let secrets = format!("{CONTROL_SCHEMA}.role_secrets");
        let mut ddl = format!(
            "CREATE SCHEMA IF NOT EXISTS {CONTROL_SCHEMA};
             CREATE TABLE IF NOT EXISTS {secrets} (role text PRIMARY KEY, password text NOT NULL);
             REVOKE ALL ON {secrets} FROM PUBLIC;"
        );
        for role in [&self.owner, &self.app, &self.report] {
            if !exists(&mut tx, role).await? {
                ddl += &format!("CREATE ROLE {} NOLOGIN;", ident(role));
            }
        }
        run(&mut tx, ddl).await?;

        let stored: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT password FROM {secrets} WHERE role = $1")))
                .bind(&self.app)
                .fetch_optional(&mut *tx)
                .await?;
        let password = match stored {
            Some(password) => password,
            None => {
                // 244 random bits, from the system's source.
                let fresh = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
                sqlx::query(AssertSqlSafe(format!("INSERT INTO {secrets} (role, password) VALUES ($1, $2)")))
                    .bind(&self.app)
                    .bind(&fresh)
                    .execute(&mut *tx)
                    .await?;
                let (app, literal) = (ident(&self.app), fresh.as_str());
                run(
                    &mut tx,
                    format!(
                        "ALTER ROLE {app} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '{literal}'"
                    ),
                )
                .await?;
                fresh
            }
        };
        tx.commit().await?;
        Ok(password)
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
        let (app, report) = (ident(&self.app), ident(&self.report));
        run(
            admin,
            format!(
                "REVOKE ALL ON DATABASE {database} FROM PUBLIC;
                 GRANT CONNECT ON DATABASE {database} TO {app}, {report};
                 REVOKE CREATE ON SCHEMA {PLACE_SCHEMA} FROM PUBLIC;
                 GRANT USAGE, CREATE ON SCHEMA {PLACE_SCHEMA}, {CONTROL_SCHEMA} TO {owner};
                 GRANT USAGE ON SCHEMA {PLACE_SCHEMA} TO {app}, {report};
                 GRANT USAGE ON SCHEMA {CONTROL_SCHEMA} TO {app};",
                database = ident(database),
            ),
        )
        .await
    }
}

async fn exists(connection: &mut PgConnection, role: &str) -> Result<bool, Error> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)");
    Ok(found.bind(role).fetch_one(connection).await?)
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
