use proc_macro2::Span;
use syn::{DeriveInput, Ident, LitStr, Type, ext::IdentExt};

use crate::{
    ast::{Field, Struct},
    fault::Faults,
};

/// What is expanded: a struct of which everything needed is known.
pub(crate) struct TenantStruct<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) field: &'a Ident,
    pub(crate) ty: &'a Type,
}

/// PostgreSQL cuts longer identifiers.
const MAX_IDENTIFIER_BYTES: usize = 63;

/// Returns `None` if something is missing; it was reported then.
pub(crate) fn validate<'a>(input: &Struct<'a>, faults: &mut Faults) -> Option<TenantStruct<'a>> {
    let table = table(input, faults);
    let (field, column) = column(input, faults)?;
    Some(TenantStruct { original: input.original, table: table?, column, field: field.ident, ty: field.ty })
}

fn table(input: &Struct<'_>, faults: &mut Faults) -> Option<String> {
    let ident = &input.original.ident;
    let Some(table) = &input.attrs.table else {
        if !input.attrs.names_table {
            faults.at(
                ident,
                format!("the table of `{ident}` is not named; add `#[tenant(table = \"…\")]` with the table's name"),
            );
        }
        return None;
    };
    let name = table.value();
    if name.contains('.') {
        faults.at(table, "a table is named without its schema; the tenant's scope chooses the schema");
    }
    check_identifier(&name, table.span(), faults);
    Some(name)
}

fn column<'s, 'a>(input: &'s Struct<'a>, faults: &mut Faults) -> Option<(&'s Field<'a>, String)> {
    let fields = input.fields.as_ref()?;
    let mut marked = fields.iter().filter_map(|field| field.attrs.column.as_ref().map(|column| (field, column)));
    let Some((field, column)) = marked.next() else {
        let found = fields.iter().find(|field| field.ident.unraw() == "tenant_id");
        if found.is_none() {
            faults.at(
                &input.original.ident,
                "no field holds the tenant's id; name one `tenant_id`, or mark it with `#[tenant(column)]`",
            );
        }
        return found.map(|field| (field, "tenant_id".to_owned()));
    };
    for (_, column) in marked {
        faults.at_span(column.span, format!("a row has one tenant; `{}` is marked already", field.ident));
    }
    let (name, span) = match &column.name {
        Some(name) => (name.value(), LitStr::span(name)),
        None => (field.ident.unraw().to_string(), field.ident.span()),
    };
    check_identifier(&name, span, faults);
    Some((field, name))
}

fn check_identifier(name: &str, span: Span, faults: &mut Faults) {
    if name.is_empty() {
        faults.at_span(span, "the name is empty; give 1 to 63 bytes");
    }
    if name.len() > MAX_IDENTIFIER_BYTES {
        let bytes = name.len();
        faults.at_span(span, format!("the name has {bytes} bytes; databases keep 63, so shorten it"));
    }
    if name.contains(char::is_control) {
        faults.at_span(span, "the name contains a control character; remove it");
    }
    if name.contains('"') {
        faults.at_span(span, "the name contains a double quote; write it bare, it is quoted wherever it is used");
    }
    if name.trim() != name {
        faults.at_span(span, "the name begins or ends with white space; remove it");
    }
}
