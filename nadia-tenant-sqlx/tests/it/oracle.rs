//! Runs a statement on everybody's rows, rewritten, and on one tenant's rows alone, as it stands, and compares.
//!
//! Nothing here knows a database but what [`Database`] asks for.

use uuid::Uuid;

/// A value to bind.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Integer(i64),
    Text(&'static str),
    Tenant(Uuid),
}

/// What a statement gave: its rows, each value as text, and how many it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) affected: u64,
}

/// One open database with the tests' schema.
pub(crate) trait Database {
    /// Runs a statement; the text of the error is not compared.
    async fn run(&mut self, sql: &str, binds: &[Bind]) -> Result<Outcome, String>;
    /// Undoes everything since the last call, so that each statement meets the same rows.
    async fn reset(&mut self);
}

/// The tenants, whose rows [`rows`] makes.
pub(crate) const TENANTS: [Uuid; 3] = [Uuid::from_u128(0xA), Uuid::from_u128(0xB), Uuid::from_u128(0xC)];

pub(crate) const TENANT_TABLES: [&str; 8] =
    ["patients", "doctors", "visits", "items", "links", "rooms", "settings", "\"Odd Names\""];

/// The rows of reference tables.
pub(crate) const SHARED_ROWS: &[&str] = &[
    "INSERT INTO countries (code, name) VALUES ('at', 'Austria'), ('ch', 'Switzerland'), ('is', 'Iceland')",
    "INSERT INTO prices (country, service, amount) VALUES ('at', 'visit', 80), ('ch', 'visit', 120), ('at', 'scan', 300)",
];

/// The rows of tenant number `number`: ids overlap, names and links repeat, and there are NULLs. `$1` is the tenant.
pub(crate) fn rows(number: usize) -> Vec<String> {
    let n = i64::try_from(number).expect("there are few tenants");
    let room = 10 * (n + 1);
    vec![
        format!(
            "INSERT INTO patients (tenant_id, id, name, email, score) VALUES ($1, 1, 'Ann', 'ann@example.org', {}), \
             ($1, 2, 'Bob', NULL, 5), ($1, 3, 'Cat {n}', 'cat{n}@example.org', NULL), ($1, {}, 'Ann', NULL, 7)",
            n + 2,
            n + 4
        ),
        "INSERT INTO doctors (id, name, ward, tenant_id) VALUES (1, 'Dora', 'north', $1), (2, 'Emil', NULL, $1)".into(),
        format!("INSERT INTO doctors (id, name, ward, tenant_id) VALUES ({}, 'Bob', 'ward {n}', $1)", n + 3),
        format!(
            "INSERT INTO visits (tenant_id, id, patient_id, doctor_id, country, cost, note) VALUES ($1, 1, 1, 1, 'at', \
             {}, 'Ann'), ($1, 2, 1, 2, 'ch', 5, NULL), ($1, 3, 2, NULL, NULL, {}, 'Bob'), ($1, {}, 9, {}, 'is', 0, 'x')",
            10 + n,
            n,
            n + 4,
            n + 3
        ),
        "INSERT INTO items (tenant_id, visit_id, position, label, amount) VALUES ($1, 1, 1, 'gauze', 2), \
         ($1, 1, 2, NULL, NULL)"
            .into(),
        format!("INSERT INTO links (tenant_id, a, b) VALUES ($1, 1, 2), ($1, 1, 2), ($1, 2, {}), ($1, NULL, 1)", n + 3),
        format!("INSERT INTO rooms (id, tenant_id, label) VALUES ({room}, $1, 'room'), ({}, $1, NULL)", room + 1),
        format!("INSERT INTO settings (name, value, tenant_id) VALUES ('theme', 'dark {n}', $1), ('size', NULL, $1)"),
        format!("INSERT INTO \"Odd Names\" (tenant_id, \"Id\", \"select\") VALUES ($1, 1, 'one'), ($1, 2, 'two {n}')"),
    ]
}

/// The values of `$1` and `$2` in the cases.
pub(crate) const ARGUMENTS: [Bind; 2] = [Bind::Integer(2), Bind::Text("B%")];

/// Compares one statement for one tenant; says what differs.
pub(crate) async fn compare<D: Database>(
    everybody: &mut D,
    alone: &mut D,
    tenant: Uuid,
    original: &str,
    guarded: &nadia_tenant_sqlx::Guarded,
    ordered: bool,
) -> Result<(), String> {
    let arguments = &ARGUMENTS[..guarded.params()];
    let mut bound = arguments.to_vec();
    bound.extend(guarded.tenant_param().map(|_| Bind::Tenant(tenant)));
    let before = foreign(everybody, tenant).await?;
    let found = everybody.run(guarded.sql(), &bound).await;
    let expected = alone.run(original, arguments).await;
    let result = match (found, expected) {
        (Err(_), Err(_)) => Ok(()),
        (Ok(mut found), Ok(mut expected)) => {
            if !ordered {
                found.rows.sort();
                expected.rows.sort();
            }
            let states = (own(everybody, tenant).await?, own(alone, tenant).await?, foreign(everybody, tenant).await?);
            if found != expected {
                Err(format!("gave {found:?} instead of {expected:?}"))
            } else if states.0 != states.1 {
                Err(format!("left {:?} instead of {:?}", states.0, states.1))
            } else if states.2 != before {
                Err("changed another tenant's rows".to_owned())
            } else {
                Ok(())
            }
        }
        (found, expected) => Err(format!("gave {found:?} instead of {expected:?}")),
    };
    everybody.reset().await;
    alone.reset().await;
    result.map_err(|difference| format!("{original}\n  {}\n  {difference}", guarded.sql()))
}

async fn own<D: Database>(database: &mut D, tenant: Uuid) -> Result<Vec<Outcome>, String> {
    state(database, "=", tenant).await
}

async fn foreign<D: Database>(database: &mut D, tenant: Uuid) -> Result<Vec<Outcome>, String> {
    state(database, "IS DISTINCT FROM", tenant).await
}

async fn state<D: Database>(database: &mut D, comparison: &str, tenant: Uuid) -> Result<Vec<Outcome>, String> {
    let mut tables = Vec::new();
    for table in TENANT_TABLES {
        let sql = format!("SELECT * FROM {table} WHERE tenant_id {comparison} $1");
        let mut rows = database.run(&sql, &[Bind::Tenant(tenant)]).await?;
        rows.rows.sort();
        tables.push(rows);
    }
    for table in ["countries", "prices"] {
        tables.push(database.run(&format!("SELECT * FROM {table} ORDER BY 1, 2"), &[]).await?);
    }
    Ok(tables)
}
