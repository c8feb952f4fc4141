use nadia_tenant_core::Dialect;
use sqlx::{
    AssertSqlSafe, Column, Connection, Row, SqliteConnection, TypeInfo, ValueRef,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::{
    guard_cases::{SCHEMA, attacks, cases, cross_tenant, guard},
    oracle::{ARGUMENTS, Bind, Database, Outcome, SHARED_ROWS, TENANTS, compare, rows},
};

/// A SQLite database in memory, with a transaction open that `reset` rolls back.
struct Lite(SqliteConnection);

impl Lite {
    async fn new(schema: &str, tenants: &[usize]) -> Self {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(schema.to_owned())).execute(&mut connection).await.unwrap();
        let mut this = Self(connection);
        for sql in SHARED_ROWS {
            this.run(sql, &[]).await.unwrap();
        }
        for number in tenants {
            for sql in rows(*number) {
                this.run(&sql, &[Bind::Tenant(TENANTS[*number])]).await.unwrap();
            }
        }
        sqlx::raw_sql("BEGIN").execute(&mut this.0).await.unwrap();
        this
    }

    /// Everybody's rows.
    async fn everybody() -> Self {
        Self::new(SCHEMA, &[0, 1, 2]).await
    }

    /// One tenant's rows, with a tenant column that defaults to it.
    async fn alone(number: usize) -> Self {
        let default = format!("tenant_id uuid NOT NULL DEFAULT x'{}'", TENANTS[number].simple());
        Self::new(&SCHEMA.replace("tenant_id uuid NOT NULL", &default), &[number]).await
    }
}

impl Database for Lite {
    async fn run(&mut self, sql: &str, binds: &[Bind]) -> Result<Outcome, String> {
        let mut arguments = SqliteArguments::default();
        for bind in binds {
            let added = match bind {
                Bind::Integer(value) => sqlx::Arguments::add(&mut arguments, *value),
                Bind::Text(value) => sqlx::Arguments::add(&mut arguments, *value),
                Bind::Tenant(value) => sqlx::Arguments::add(&mut arguments, *value),
            };
            added.map_err(|error| error.to_string())?;
        }
        let changes = "SELECT total_changes() AS n";
        let count = async |connection: &mut SqliteConnection| -> i64 {
            sqlx::query(changes).fetch_one(connection).await.unwrap().get("n")
        };
        let before = count(&mut self.0).await;
        let fetched = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments).fetch_all(&mut self.0).await;
        let fetched = fetched.map_err(|error| error.to_string())?;
        let affected = u64::try_from(count(&mut self.0).await - before).unwrap();
        Ok(Outcome { rows: fetched.iter().map(texts).collect(), affected })
    }

    async fn reset(&mut self) {
        sqlx::raw_sql("ROLLBACK; BEGIN").execute(&mut self.0).await.unwrap();
    }
}

fn texts(row: &SqliteRow) -> Vec<String> {
    let text = |at: usize| {
        let raw = row.try_get_raw(at).unwrap();
        match raw.type_info().name() {
            _ if raw.is_null() => "NULL".to_owned(),
            "INTEGER" => row.get_unchecked::<i64, _>(at).to_string(),
            "REAL" => row.get_unchecked::<f64, _>(at).to_string(),
            "BLOB" => format!("{:?}", row.get_unchecked::<Vec<u8>, _>(at)),
            _ => row.get_unchecked::<String, _>(at),
        }
    };
    row.columns().iter().map(|column| text(column.ordinal())).collect()
}

async fn check(statements: &[(&'static str, bool)]) {
    let guard = guard(Dialect::Sqlite);
    let mut everybody = Lite::everybody().await;
    let mut differences = Vec::new();
    for (number, tenant) in TENANTS.into_iter().enumerate() {
        let mut alone = Lite::alone(number).await;
        for (sql, ordered) in statements {
            match guard.tenant(sql) {
                Err(refusal) => differences.push(format!("{sql}\n{refusal}")),
                Ok(guarded) => {
                    let compared = compare(&mut everybody, &mut alone, tenant, sql, &guarded, *ordered).await;
                    differences.extend(compared.err());
                }
            }
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[tokio::test]
async fn rewritten_statement_sees_and_changes_what_one_tenant_alone_would() {
    let statements: Vec<_> =
        cases().iter().filter(|case| case.is_for(Dialect::Sqlite)).map(|case| (case.sql, case.ordered)).collect();
    assert!(statements.len() >= 150, "only {} statements", statements.len());
    check(&statements).await;
}

#[tokio::test]
async fn accepted_attack_is_harmless() {
    let statements: Vec<_> = attacks()
        .iter()
        .filter(|attack| attack.answer == "harmless" && attack.case.is_for(Dialect::Sqlite))
        .map(|attack| (attack.case.sql, false))
        .collect();
    assert!(statements.len() >= 15, "only {} statements", statements.len());
    check(&statements).await;
}

/// Over all tenants a statement means what it says.
#[tokio::test]
async fn statement_over_all_tenants_gives_what_it_gives_as_it_stands() {
    let guard = guard(Dialect::Sqlite);
    let mut everybody = Lite::everybody().await;
    let asked = cross_tenant();
    let reads = asked.iter().filter(|asked| asked.answer == "reads" && asked.case.is_for(Dialect::Sqlite));
    let mut seen = 0;
    for sql in reads.map(|asked| asked.case.sql) {
        let guarded = guard.cross_tenant(sql).unwrap();
        let binds = &ARGUMENTS[..guarded.params()];
        let found = everybody.run(guarded.sql(), binds).await.unwrap();
        assert_eq!(found, everybody.run(sql, binds).await.unwrap(), "{sql}");
        seen += found.rows.len();
    }
    assert!(seen >= 100, "only {seen} rows were read");
}

/// The oracle itself must tell: most statements run, and a missing predicate shows.
#[tokio::test]
async fn oracle_sees_a_leak() {
    let mut everybody = Lite::everybody().await;
    let mut alone = Lite::alone(0).await;
    let leak = "SELECT name FROM patients";
    assert_ne!(everybody.run(leak, &[]).await, alone.run(leak, &[]).await);
    let mut failing = Vec::new();
    for case in cases().iter().filter(|case| case.is_for(Dialect::Sqlite)) {
        let ran = alone.run(case.sql, &ARGUMENTS).await;
        failing.extend(ran.err().map(|error| format!("{}: {error}", case.sql)));
        alone.reset().await;
    }
    // Those that test errors.
    assert!(failing.len() <= 1, "{}", failing.join("\n"));
}

/// A value for the tenant column is taken when it is the tenant's, and refused by the column when it is another's.
#[tokio::test]
async fn given_tenant_value_is_verified() {
    let guard = guard(Dialect::Sqlite);
    let mut everybody = Lite::everybody().await;
    let [own, other, _] = TENANTS;
    for (sql, fits) in [
        ("INSERT INTO patients (tenant_id, id, name) VALUES ($1, 70, 'x')", true),
        ("INSERT INTO patients VALUES ($1, 70, 'x', NULL, NULL)", true),
        ("INSERT INTO patients (id, tenant_id, name) SELECT 70, $1, 'x'", true),
        ("INSERT INTO patients (tenant_id, id, name) VALUES ($1, 70, 'x'), (x'00', 71, 'y')", false),
        ("INSERT INTO patients (tenant_id, id, name) VALUES (NULL, 70, 'x')", false),
    ] {
        let guarded = guard.tenant(sql).unwrap();
        for (given, fits) in [(own, fits), (other, false)] {
            let binds = [Bind::Tenant(given), Bind::Tenant(own)];
            let binds = &binds[2 - guarded.tenant_param().unwrap()..];
            let outcome = everybody.run(guarded.sql(), binds).await;
            assert_eq!(outcome.is_ok(), fits, "{sql} with {given}: {outcome:?}");
            everybody.reset().await;
        }
    }
}
