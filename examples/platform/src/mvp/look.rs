//! The first look at a source: whether it is one, which one, and what only statements over all of it can tell.

use super::{
    Findings, Rule, SourceError, Table,
    appointments::Appointments,
    chain::Chain,
    documents::Documents,
    ids::MAX,
    kind::Kind,
    link::{Bound, Link, SourceRow},
    notes::Notes,
    patients::Patients,
};

/// How many patients at each end tell a source from others.
const ENDS: i64 = 100;

/// What a source is.
#[derive(Debug)]
pub(super) struct Looked {
    /// SHA-256 of how many rows the tables have, from which id to which, and of the first and last patients.
    pub(super) fingerprint: String,
    /// What is left behind, whatever it is.
    pub(super) besides: Findings,
    tables: Vec<(Table, LookedTable)>,
}

/// What a table is.
#[derive(Clone, Debug, Default)]
pub(super) struct LookedTable {
    /// How many rows can be read.
    pub(super) rows: u64,
    pub(super) findings: Findings,
}

impl Looked {
    pub(super) fn table(&self, table: Table) -> LookedTable {
        self.tables.iter().find(|(of, _)| *of == table).map(|(_, looked)| looked.clone()).unwrap_or_default()
    }
}

pub(super) async fn look(source: &mut Link) -> Result<Looked, SourceError> {
    let mut chain = Chain::new();
    let mut tables = Vec::new();
    for (table, page, span, strays) in [
        (
            Table::Patients,
            Patients::SOURCE,
            "SELECT count(*) AS found, CAST(coalesce(min(id), 0) AS bigint) AS first, \
             CAST(coalesce(max(id), 0) AS bigint) AS last FROM patients",
            "SELECT CAST(id AS bigint) AS id FROM patients WHERE id < 0 OR id > $1 ORDER BY id",
        ),
        (
            Table::Appointments,
            Appointments::SOURCE,
            "SELECT count(*) AS found, CAST(coalesce(min(id), 0) AS bigint) AS first, \
             CAST(coalesce(max(id), 0) AS bigint) AS last FROM appointments",
            "SELECT CAST(id AS bigint) AS id FROM appointments WHERE id < 0 OR id > $1 ORDER BY id",
        ),
        (
            Table::Notes,
            Notes::SOURCE,
            "SELECT count(*) AS found, CAST(coalesce(min(id), 0) AS bigint) AS first, \
             CAST(coalesce(max(id), 0) AS bigint) AS last FROM notes",
            "SELECT CAST(id AS bigint) AS id FROM notes WHERE id < 0 OR id > $1 ORDER BY id",
        ),
        (
            Table::Documents,
            Documents::SOURCE,
            "SELECT count(*) AS found, CAST(coalesce(min(id), 0) AS bigint) AS first, \
             CAST(coalesce(max(id), 0) AS bigint) AS last FROM documents",
            "SELECT CAST(id AS bigint) AS id FROM documents WHERE id < 0 OR id > $1 ORDER BY id",
        ),
    ] {
        let told = |error| SourceError::Table { table: table.name(), source: error };
        // That all columns are there is found out now, and not when half of the tables are in.
        source.fetch(page, vec![number(-1), number(1)], |_| Ok(true)).await.map_err(told)?;
        let [found, first, last] = numbers(source, span, ["found", "first", "last"]).await.map_err(told)?;
        chain.add(chain.row().text(table.name()).shown(found).shown(first).shown(last));
        let mut looked = LookedTable::default();
        let (mut strays_found, mut examples) = (0, Vec::new());
        let take = |row: SourceRow| {
            strays_found += 1;
            if examples.len() < 5 {
                examples.extend(row.number("id")?);
            }
            Ok(true)
        };
        source.fetch(strays, vec![number(MAX)], take).await.map_err(told)?;
        looked.rows = u64::try_from(found).unwrap_or_default().saturating_sub(strays_found);
        looked.findings.set(Rule::IdOutOfRange, strays_found, examples);
        if table == Table::Patients {
            for after in [-1, last.saturating_sub(ENDS)] {
                ends(source, after, &mut chain).await.map_err(told)?;
            }
            doubles(source, &mut looked.findings).await.map_err(told)?;
        }
        tables.push((table, looked));
    }
    Ok(Looked { fingerprint: chain.to_string(), besides: besides(source).await?, tables })
}

/// Chains the patients behind an id.
async fn ends(source: &mut Link, after: i64, chain: &mut Chain) -> Result<(), sqlx::Error> {
    let take = |row: SourceRow| {
        let mut hash = chain.row().shown(row.number("id")?.unwrap_or_default());
        for column in ["first_name", "last_name", "dob", "email", "phone", "created_at"] {
            hash = hash.part(row.text(column)?.as_deref());
        }
        chain.add(hash);
        Ok(true)
    };
    source.fetch(Patients::SOURCE, vec![number(after), number(ENDS)], take).await
}

/// Finds patients who were entered twice.
async fn doubles(source: &mut Link, findings: &mut Findings) -> Result<(), sqlx::Error> {
    const EACH: &str = "SELECT CAST(max(id) AS bigint) AS id, count(*) - 1 AS more FROM patients \
        WHERE CAST(dob AS text) <> '' AND last_name <> '' \
        GROUP BY lower(first_name), lower(last_name), CAST(dob AS text) HAVING count(*) > 1 ORDER BY max(id)";
    let (mut count, mut examples) = (0, Vec::new());
    let take = |row: SourceRow| {
        count += u64::try_from(row.number("more")?.unwrap_or_default()).unwrap_or_default();
        if examples.len() < 5 {
            examples.extend(row.number("id")?);
        }
        Ok(true)
    };
    source.fetch(EACH, Vec::new(), take).await?;
    findings.set(Rule::LooksDouble, count, examples);
    Ok(())
}

async fn besides(source: &mut Link) -> Result<Findings, SourceError> {
    let mut findings = Findings::default();
    for (table, count, rule) in [
        ("users", "SELECT count(*) AS found FROM users", Rule::UserNotTaken),
        ("settings", "SELECT count(*) AS found FROM settings", Rule::SettingNotTaken),
    ] {
        let told = |error| SourceError::Table { table, source: error };
        let [found] = numbers(source, count, ["found"]).await.map_err(told)?;
        findings.set(rule, found.try_into().unwrap_or_default(), Vec::new());
    }
    Ok(findings)
}

async fn numbers<const N: usize>(
    source: &mut Link,
    sql: &'static str,
    columns: [&str; N],
) -> Result<[i64; N], sqlx::Error> {
    let mut numbers = [0; N];
    let take = |row: SourceRow| {
        for (number, column) in numbers.iter_mut().zip(columns) {
            *number = row.number(column)?.unwrap_or_default();
        }
        Ok(true)
    };
    source.fetch(sql, Vec::new(), take).await?;
    Ok(numbers)
}

const fn number(number: i64) -> Bound {
    Bound::Number(Some(number))
}
