use std::{
    io::{BufRead, Write},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, CatalogError, Guard, TableKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Options of `nadia guard`.
#[derive(Args, Debug)]
#[command(after_help = "\
Standard input: one JSON object a line, {\"sql\": \"…\", \"tenant\": \"<uuid>\"}. Standard output: a line for each,
{\"sql\": \"<rewritten>\", \"tenant_param\": N}, where N is the placeholder that the tenant's id is bound to, or null if there is
none; or {\"error\": \"…\", \"kind\": \"…\"}. A line that is no such object has the kind Input.

Tables with a column tenant_id are the tenants', all others reference tables. Views and functions are in no catalog.

Examples:
  echo '{\"sql\": \"SELECT name FROM patients\", \"tenant\": \"01890a5d-ac96-774b-bcce-b302099a8057\"}' |
    nadia guard --schema schema.sql
  nadia guard --schema schema.sql --dialect sqlite --global countries,prices <statements.jsonl")]
pub struct GuardArgs {
    /// A file with the tables' DDL
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,
    /// The database that reads the statements
    #[arg(long, value_enum, default_value_t = DialectName::Postgres)]
    dialect: DialectName,
    /// Tables that all tenants read, with or without a column tenant_id
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    global: Vec<String>,
}

/// A database whose SQL is read.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum DialectName {
    Postgres,
    Sqlite,
}

/// Says why `nadia guard` did not begin, or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// The schema file can't be read.
    #[error("schema file {} can't be read; name one by --schema", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// Its DDL is no catalog.
    #[error("the schema is refused")]
    Schema(#[from] CatalogError),
    /// A name after `--global` is no table of the schema.
    #[error("there is no table {0:?} in the schema; correct --global")]
    NoTable(String),
    /// The streams broke.
    #[error("the input can't be read, or the output written")]
    Stream(#[from] std::io::Error),
}

#[derive(Deserialize)]
struct Line {
    sql: String,
    /// It isn't part of the statement's text, but a statement without one is none of a tenant's.
    #[serde(rename = "tenant")]
    _tenant: Uuid,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Guarded { sql: String, tenant_param: Option<usize> },
    Refused { error: String, kind: String },
}

impl GuardArgs {
    /// Answers each line of `input` on `output`, until it ends.
    ///
    /// # Errors
    /// [`GuardError`] if the schema is unfit or a stream breaks; never for what a line holds.
    pub fn run(&self, mut input: impl BufRead, mut output: impl Write) -> Result<(), GuardError> {
        let guard = self.guard()?;
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            if !line.trim_ascii().is_empty() {
                let mut text = serde_json::to_vec(&answer(&guard, &line)).map_err(std::io::Error::from)?;
                text.push(b'\n');
                output.write_all(&text)?;
                output.flush()?;
            }
            line.clear();
        }
        Ok(())
    }

    fn guard(&self) -> Result<Guard, GuardError> {
        let dialect = match self.dialect {
            DialectName::Postgres => Dialect::Postgres,
            DialectName::Sqlite => Dialect::Sqlite,
        };
        let ddl =
            std::fs::read_to_string(&self.schema).map_err(|error| GuardError::File(self.schema.clone(), error))?;
        let builder = Catalog::builder(dialect).ddl(&ddl)?;
        let builder = self.global.iter().fold(builder, |builder, name| builder.reference(name));
        let catalog = builder.build()?;
        let is_reference = |name: &str| {
            let name = if dialect == Dialect::Sqlite { name.to_ascii_lowercase() } else { name.to_owned() };
            catalog.table(&name).is_some_and(|table| table.kind() == TableKind::Reference)
        };
        match self.global.iter().find(|name| !is_reference(name)) {
            Some(name) => Err(GuardError::NoTable(name.clone())),
            None => Ok(Guard::new(catalog)),
        }
    }
}

impl GuardError {
    /// Tells whether another command line would have done.
    #[must_use]
    pub const fn is_misuse(&self) -> bool {
        !matches!(self, Self::Stream(_))
    }
}

fn answer(guard: &Guard, line: &[u8]) -> Answer {
    match serde_json::from_slice::<Line>(line) {
        Err(error) => Answer::Refused {
            error: format!("the line is no object with the texts sql and tenant: {error}"),
            kind: "Input".to_owned(),
        },
        Ok(Line { sql, .. }) => match guard.tenant(&sql) {
            Ok(guarded) => Answer::Guarded { sql: guarded.sql().to_string(), tenant_param: guarded.tenant_param() },
            Err(refusal) => Answer::Refused { error: refusal.to_string(), kind: format!("{:?}", refusal.kind()) },
        },
    }
}
