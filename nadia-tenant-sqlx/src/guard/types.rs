use sqlparser::{
    ast::{ArrayElemTypeDef, DataType, ObjectName, Spanned},
    tokenizer::Span,
};

use super::{
    dialect::Flavor,
    refusal::{Checked, Fault, RefusalKind},
};
use crate::catalog::Catalog;

/// Types by a name that the parser does not know itself.
const NAMED: &[&str] = &[
    "bpchar",
    "bytea",
    "cidr",
    "citext",
    "daterange",
    "datemultirange",
    "inet",
    "int4range",
    "int8range",
    "jsonpath",
    "macaddr",
    "money",
    "numrange",
    "timestamptz",
    "timetz",
    "tsquery",
    "tsrange",
    "tstzrange",
    "tsvector",
];

/// Admits built-in types that hold plain values, and enumerated types of the catalog.
///
/// A cast to any other type could call a function of the database's owner, or look into its system catalogs
/// (`'x'::regclass`).
pub(super) fn check(flavor: Flavor, catalog: &Catalog, data_type: &DataType, place: Span) -> Checked {
    match data_type {
        DataType::Character(_)
        | DataType::Char(_)
        | DataType::CharacterVarying(_)
        | DataType::CharVarying(_)
        | DataType::Varchar(_)
        | DataType::Uuid
        | DataType::Blob(_)
        | DataType::Bytea
        | DataType::Numeric(_)
        | DataType::Decimal(_)
        | DataType::Dec(_)
        | DataType::Float(_)
        | DataType::Float4
        | DataType::Float8
        | DataType::Real
        | DataType::Double(_)
        | DataType::DoublePrecision
        | DataType::Int(_)
        | DataType::Int2(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::SmallInt(_)
        | DataType::Integer(_)
        | DataType::BigInt(_)
        | DataType::Bool
        | DataType::Boolean
        | DataType::Date
        | DataType::Datetime(_)
        | DataType::Time(..)
        | DataType::Timestamp(..)
        | DataType::Interval { .. }
        | DataType::JSON
        | DataType::JSONB
        | DataType::Text => Ok(()),
        DataType::Array(ArrayElemTypeDef::SquareBracket(inner, _)) => check(flavor, catalog, inner, place),
        DataType::Custom(name, modifiers) if modifiers.is_empty() && is_known(flavor, catalog, name) => Ok(()),
        other => Err(Fault::new(
            RefusalKind::Type,
            format!("type {:?} is not on the guard's list", other.to_string()),
            "use a built-in type of plain values, or an enumerated type of the catalog's DDL",
            match other {
                DataType::Custom(name, _) => name.span(),
                _ => place,
            },
        )),
    }
}

fn is_known(flavor: Flavor, catalog: &Catalog, name: &ObjectName) -> bool {
    let [part] = &name.0[..] else { return false };
    let Some(ident) = part.as_ident() else { return false };
    let name = flavor.fold(ident);
    (ident.quote_style.is_none() && NAMED.contains(&name.as_str())) || catalog.has_enum(&name)
}
