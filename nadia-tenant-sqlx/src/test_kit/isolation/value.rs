use nadia_tenant_core::Dialect;
use uuid::Uuid;

use crate::{Column, portable::Query};

/// A value of a made-up row.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SampleValue {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number, for every type of whole numbers.
    Int(i64),
    /// Any other number.
    Real(f64),
    /// A text. On PostgreSQL it is cast to the column's type, so it stands for a date, JSON, an enumerated label, too.
    Text(String),
    /// An id.
    Uuid(Uuid),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl SampleValue {
    pub(super) fn bind<'q>(&self, query: Query<'q>) -> Query<'q> {
        match self.clone() {
            Self::Null => query.bind(None::<String>),
            Self::Bool(value) => query.bind(value),
            Self::Int(value) => query.bind(value),
            Self::Real(value) => query.bind(value),
            Self::Text(value) => query.bind(value),
            Self::Uuid(value) => query.bind(value),
            Self::Bytes(value) => query.bind(value),
        }
    }

    /// Writes the value's placeholder. PostgreSQL turns a text into nothing else unless it is told to; SQLite keeps what it
    /// is given.
    pub(super) fn placeholder(&self, n: usize, column: &Column, dialect: Dialect) -> String {
        let declared = column.declared_type();
        let casts = matches!(self, Self::Null | Self::Text(_)) && dialect == Dialect::Postgres;
        match base(declared) {
            "smallserial" | "serial2" | "serial" | "serial4" | "bigserial" | "serial8" if casts => {
                format!("CAST(${n} AS bigint)")
            }
            _ if casts && !declared.is_empty() => format!("CAST(${n} AS {declared})"),
            _ => format!("${n}"),
        }
    }

    /// Makes up a value of the column's type, another one for each `n`, which is a small number.
    pub(super) fn of_type(declared: &str, n: usize) -> Option<Self> {
        if declared.ends_with(']') {
            return Some(Self::Text("{}".to_owned()));
        }
        let number = i64::try_from(n).unwrap_or(0);
        Some(match base(declared) {
            "uuid" => Self::Uuid(Uuid::new_v4()),
            "smallint" | "int2" | "integer" | "int" | "int4" | "bigint" | "int8" | "smallserial" | "serial2"
            | "serial" | "serial4" | "bigserial" | "serial8" => Self::Int(number),
            "text" | "varchar" | "character varying" | "char" | "character" | "bpchar" | "citext" | "clob"
            | "nvarchar" => Self::Text(number.to_string()),
            "numeric" | "decimal" | "dec" | "real" | "float4" | "double precision" | "double" | "float8" | "float" => {
                // Fits a numeric(3, 1), too.
                Self::Real((number % 100) as f64)
            }
            "boolean" | "bool" => Self::Bool(true),
            "timestamptz" | "timestamp with time zone" | "timestamp" | "timestamp without time zone" | "datetime" => {
                Self::Text(format!("2026-01-01 {:02}:{:02}:00+00", number / 60 % 24, number % 60))
            }
            "date" => Self::Text(format!("2026-{:02}-{:02}", 1 + number / 28 % 12, 1 + number % 28)),
            "time" | "time without time zone" | "timetz" | "time with time zone" => {
                Self::Text(format!("{:02}:{:02}:00", number / 60 % 24, number % 60))
            }
            "interval" => Self::Text(format!("{number} minutes")),
            "json" | "jsonb" => Self::Text("{}".to_owned()),
            "bytea" | "blob" => Self::Bytes(number.to_string().into_bytes()),
            "inet" | "cidr" => Self::Text(format!("10.0.{}.{}", number / 250 % 250, number % 250)),
            _ => return None,
        })
    }
}

/// Takes the precision out of a type: `varchar(20)` is a `varchar`, and `timestamp(3) with time zone` a `timestamp`.
fn base(declared: &str) -> &str {
    declared.split('(').next().unwrap_or(declared).trim()
}

impl From<bool> for SampleValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for SampleValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for SampleValue {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for SampleValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for SampleValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Uuid> for SampleValue {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}
