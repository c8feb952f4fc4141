use std::fmt::Display;

use nadia_tenant_core::TenantContext;
use sqlx::error::{DatabaseError, ErrorKind};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    Error,
    portable::{PortableValue, Row},
};

/// Words rows. `columns` names those to show and their types, `id:uuid name n:int`; without a type it is text.
pub(super) fn rows(rows: &[Row], columns: &str, tenants: &[TenantContext]) -> String {
    let count = match rows.len() {
        0 => return "no row".to_owned(),
        1 => "1 row".to_owned(),
        n => format!("{n} rows"),
    };
    std::iter::once(count).chain(rows.iter().map(|row| one(row, columns, tenants))).collect::<Vec<_>>().join("\n")
}

fn one(row: &Row, columns: &str, tenants: &[TenantContext]) -> String {
    let shown = columns.split_whitespace().map(|column| {
        let (name, kind) = column.split_once(':').unwrap_or((column, "text"));
        let value = match kind {
            "int" => show(row, name, |value: i64| value.to_string()),
            "real" => show(row, name, |value: f64| value.to_string()),
            "bool" => show(row, name, |value: bool| value.to_string()),
            // The cases' ids are small numbers.
            "uuid" => show(row, name, |value: Uuid| value.as_u128().to_string()),
            "tenant" => show(row, name, |value| tenant(value, tenants)),
            "time" => show(row, name, |value: OffsetDateTime| {
                value.format(&Rfc3339).unwrap_or_else(|_| "a time out of range".to_owned())
            }),
            _ => show(row, name, |value: String| value),
        };
        format!("{name}={value}")
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn show<T>(row: &Row, name: &str, word: impl FnOnce(T) -> String) -> String
where
    Option<T>: PortableValue,
{
    match row.get::<Option<T>>(name) {
        Ok(value) => value.map_or_else(|| "NULL".to_owned(), word),
        Err(_) => "not of this type".to_owned(),
    }
}

fn tenant(id: Uuid, tenants: &[TenantContext]) -> String {
    let at = tenants.iter().position(|ctx| ctx.tenant().id().as_uuid() == id);
    match at {
        Some(0) => "north".to_owned(),
        Some(1) => "south".to_owned(),
        Some(at) => format!("tenant {at}"),
        None => "nobody".to_owned(),
    }
}

pub(super) fn outcome<T>(outcome: Result<T, Error>, word: impl FnOnce(T) -> String) -> String {
    outcome.map_or_else(|error| fault(&error), word)
}

/// Words an error the same whichever database reports it.
pub(super) fn fault(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => format!("refused, {:?}", refusal.kind()),
        Error::RolledBack => "rolled back".to_owned(),
        Error::Sqlx(sqlx::Error::RowNotFound) => "no row".to_owned(),
        Error::Sqlx(sqlx::Error::Encode(_)) => "not a value for each parameter".to_owned(),
        Error::Sqlx(sqlx::Error::Database(error)) => database(&**error),
        other => unexpected(other),
    }
}

fn database(error: &dyn DatabaseError) -> String {
    match error.kind() {
        ErrorKind::UniqueViolation => return "unique violation".to_owned(),
        ErrorKind::ForeignKeyViolation => return "foreign key violation".to_owned(),
        ErrorKind::NotNullViolation => return "not null violation".to_owned(),
        ErrorKind::CheckViolation => return "check violation".to_owned(),
        _ => {}
    }
    let (code, message) = (error.code().unwrap_or_default(), error.message());
    // PostgreSQL tells by its code, SQLite by its message alone.
    let known = match &*code {
        "42501" => "not permitted",
        "42P01" => "no such table",
        "42703" => "no such column",
        "42P10" => "no such key",
        "42601" => "no such syntax",
        "08P01" => "not a value for each parameter",
        _ if message.starts_with("no such table") => "no such table",
        _ if message.starts_with("no such column") => "no such column",
        _ => return unexpected(&format!("{code} {message}")),
    };
    known.to_owned()
}

/// An error that no case provokes: shown whole, since a test's data is nobody's.
fn unexpected(error: &dyn Display) -> String {
    format!("failed, {error}")
}
