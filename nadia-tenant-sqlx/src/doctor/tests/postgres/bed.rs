use nadia_tenant_core::Dialect;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::Case;
use crate::{
    Catalog,
    doctor::{
        Diagnosis, Finding,
        postgres::{Examination, Expected, examine_postgres},
    },
};

pub(super) const CONTROL: &str = "
    CREATE TABLE tenants (id uuid NOT NULL PRIMARY KEY, slug text NOT NULL UNIQUE);
    CREATE TABLE memberships (identity_id uuid NOT NULL, tenant_id uuid NOT NULL, PRIMARY KEY (identity_id, tenant_id));";
const REFERENCE: &str = "CREATE TABLE countries (code text NOT NULL PRIMARY KEY, name text NOT NULL);";
pub(super) const PLACE: &str = "
    CREATE TABLE patients (
        tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, email varchar(80),
        country text REFERENCES countries (code), created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, email));
    CREATE TABLE visits (
        tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id uuid NOT NULL, reason text NOT NULL DEFAULT '',
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id) ON DELETE CASCADE);
    CREATE INDEX visits_of_patient ON visits (tenant_id, patient_id);
    CREATE TABLE labels (tenant_id uuid NOT NULL, id bigserial, label text NOT NULL, PRIMARY KEY (tenant_id, id));";
const TABLES: [&str; 3] = ["patients", "visits", "labels"];

pub(super) const ONE: &str = "t_00000000000000000000000000000001";
pub(super) const TWO: &str = "t_00000000000000000000000000000002";

/// A healthy database of its own, with roles of its own.
pub(super) struct Bed {
    pub(super) admin: PgConnection,
    pub(super) catalog: Catalog,
    pub(super) tenant_schemas: Vec<String>,
    database: String,
    roles: [String; 4],
}

impl Bed {
    pub(super) async fn new(theme: &str) -> Self {
        Self::with_schemas(theme, vec![ONE.to_owned(), TWO.to_owned()]).await
    }

    pub(super) async fn with_schemas(theme: &str, tenant_schemas: Vec<String>) -> Self {
        let database = format!("nadia_doctor_{theme}_{}", std::process::id());
        let roles = ["owner", "app", "control", "report"]
            .map(|role| format!("nadia_{role}_doctor_{theme}_{}", std::process::id()));
        let mut server = PgConnection::connect(&url(None)).await.expect("the server answers");
        run(&mut server, format!("DROP DATABASE IF EXISTS {database}")).await;
        run(&mut server, format!("CREATE DATABASE {database}")).await;
        for role in &roles {
            run(&mut server, format!("DROP ROLE IF EXISTS {role}")).await;
            run(&mut server, format!("CREATE ROLE {role}")).await;
        }
        let catalog = Catalog::builder(Dialect::Postgres).control_ddl(CONTROL).unwrap();
        let catalog = catalog.ddl(REFERENCE).unwrap().ddl(PLACE).unwrap().build().unwrap();
        let admin = PgConnection::connect(&url(Some(&database))).await.expect("the database answers");
        let mut bed = Self { admin, catalog, tenant_schemas, database, roles };
        bed.lay_out().await;
        bed
    }

    async fn lay_out(&mut self) {
        let mut sql = format!(
            "REVOKE ALL ON DATABASE {{database}} FROM PUBLIC;
             GRANT CONNECT ON DATABASE {{database}} TO {{app}}, {{control}}, {{report}};
             GRANT CREATE ON DATABASE {{database}} TO {{owner}};
             CREATE SCHEMA nadia_control; CREATE SCHEMA nadia_ledger; CREATE SCHEMA nadia_reference;
             GRANT USAGE, CREATE ON SCHEMA public, nadia_control, nadia_ledger, nadia_reference TO {{owner}};
             GRANT USAGE ON SCHEMA public, nadia_reference TO {{app}}, {{report}};
             GRANT USAGE ON SCHEMA nadia_control, nadia_ledger TO {{control}};
             CREATE TABLE nadia_control.role_secrets (role text PRIMARY KEY, password text NOT NULL);
             SET ROLE {{owner}};
             SET search_path = nadia_control; {CONTROL}
             GRANT SELECT, INSERT, UPDATE, DELETE ON tenants, memberships TO {{control}};
             SET search_path = nadia_ledger; CREATE TABLE steps (place text PRIMARY KEY);
             GRANT SELECT, INSERT, UPDATE, DELETE ON steps TO {{control}};
             SET search_path = nadia_reference; {REFERENCE}
             GRANT SELECT ON countries TO {{app}}, {{report}};"
        );
        sql.push_str(&place("public"));
        let sql = self.named(&sql);
        run(&mut self.admin, sql).await;
        // One message is one transaction, and many schemas in one would use up the lock table.
        for schema in self.tenant_schemas.clone() {
            let made = format!("CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO {{app}}, {{report}};");
            let sql = self.named(&(made + &place(&schema)));
            run(&mut self.admin, sql).await;
        }
        self.execute("RESET ROLE; RESET search_path").await;
    }

    /// Puts the names of this bed into a text.
    pub(super) fn named(&self, text: &str) -> String {
        let [owner, app, control, report] = &self.roles;
        let names = [
            ("{owner}", owner),
            ("{app}", app),
            ("{control}", control),
            ("{report}", report),
            ("{database}", &self.database),
        ];
        names.iter().fold(text.to_owned(), |text, (placeholder, name)| text.replace(placeholder, name))
    }

    /// Returns what is expected, and the connection to see it by.
    pub(super) fn parts(&mut self) -> (&mut PgConnection, Expected<'_>) {
        let [owner, app, control, report] = &self.roles;
        let expected = Expected {
            catalog: &self.catalog,
            owner,
            app,
            control,
            report,
            place_schema: "public",
            reference_schema: "nadia_reference",
            control_schema: "nadia_control",
            ledger_schema: "nadia_ledger",
            tenant_schemas: Some(&self.tenant_schemas),
            internal_tables: &["_place_migrations", "role_secrets"],
            serves_control: true,
        };
        (&mut self.admin, expected)
    }

    /// Examines as the installation does.
    pub(super) async fn examine(&mut self) -> Vec<Finding> {
        let (admin, expected) = self.parts();
        examine_postgres(admin, &expected).await.unwrap()
    }

    /// Executes as the superuser, outside of any transaction.
    pub(super) async fn execute(&mut self, sql: &str) {
        let sql = self.named(sql);
        run(&mut self.admin, sql).await;
    }

    /// Examines within the transaction that is open.
    async fn look(&mut self) -> Vec<Finding> {
        self.execute("SET LOCAL search_path = pg_catalog").await;
        let (admin, expected) = self.parts();
        Examination::new(admin, &expected).run().await.unwrap()
    }

    /// Makes each fault, expects its findings and no other, runs the migration, and expects those gone that it mends.
    pub(super) async fn check(mut self, cases: &[Case]) {
        assert_eq!(shown(&self.examine().await), [], "the healthy database");
        for Case { fault, findings } in cases {
            self.execute("BEGIN").await;
            self.execute(fault).await;
            let found = self.look().await;
            let mut wanted: Vec<_> =
                findings.iter().map(|(code, object)| ((*code).to_owned(), self.named(object))).collect();
            wanted.sort();
            assert_eq!(shown(&found), wanted, "after {fault}");

            let unmended: Vec<Finding> = found.iter().filter(|found| found.fix().is_none()).cloned().collect();
            let migration = Diagnosis::new([("here".to_owned(), found)]).migration();
            self.execute(&migration).await;
            assert_eq!(shown(&self.look().await), shown(&unmended), "after {fault}\nmended by {migration}");
            self.execute("ROLLBACK").await;
        }
        self.remove().await;
    }

    /// Removes the database and the roles, once the test has passed.
    pub(super) async fn remove(self) {
        let Self { admin, database, roles, .. } = self;
        admin.close().await.unwrap();
        let mut server = PgConnection::connect(&url(None)).await.unwrap();
        run(&mut server, format!("DROP DATABASE {database}")).await;
        run(&mut server, format!("DROP ROLE {}", roles.join(", "))).await;
    }
}

/// Returns code and object of each finding, sorted.
fn shown(findings: &[Finding]) -> Vec<(String, String)> {
    let mut shown: Vec<_> =
        findings.iter().map(|found| (found.check().to_owned(), found.object().to_owned())).collect();
    shown.sort();
    shown
}

/// Returns the statements that make a place as provisioning does.
fn place(schema: &str) -> String {
    let mut sql = format!(
        "SET search_path = {schema}, nadia_reference; {PLACE} CREATE TABLE _place_migrations (version bigint);"
    );
    for table in TABLES {
        let own_rows = "tenant_id = (SELECT nullif(current_setting('nadia.tenant_id', true), '')::uuid)";
        let migrating = "(SELECT current_setting('nadia.migrating', true)) = 'on'";
        sql.push_str(&format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
             ALTER TABLE {table} ALTER COLUMN tenant_id SET DEFAULT nullif(current_setting('nadia.tenant_id', true), '')::uuid;
             CREATE POLICY nadia_tenant ON {table} FOR ALL TO {{app}} USING ({own_rows}) WITH CHECK ({own_rows});
             CREATE POLICY nadia_report ON {table} FOR SELECT TO {{report}} USING (true);
             CREATE POLICY nadia_migrate ON {table} FOR ALL TO {{owner}} USING ({migrating}) WITH CHECK ({migrating});
             GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {{app}}; GRANT SELECT ON {table} TO {{report}};"
        ));
    }
    sql.push_str("GRANT USAGE ON SEQUENCE labels_id_seq TO {app};");
    sql
}

/// Returns the superuser's URL, with the database in the place of its own.
pub(super) fn url(database: Option<&str>) -> String {
    let url = std::env::var("DATABASE_URL").expect(
        "DATABASE_URL must name a PostgreSQL superuser (postgres://user:password@host:port/postgres); \
         run the tests by `cargo xtask test`, which starts a server and sets it",
    );
    let Some(database) = database else { return url };
    let (before, query) = url.split_once('?').map_or((url.as_str(), ""), |(before, query)| (before, query));
    let (server, _) = before.rsplit_once('/').expect("the URL has a path");
    if query.is_empty() { format!("{server}/{database}") } else { format!("{server}/{database}?{query}") }
}

async fn run(connection: &mut PgConnection, sql: String) {
    let result = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(connection).await;
    result.unwrap_or_else(|error| panic!("{error}\nin {sql}"));
}
