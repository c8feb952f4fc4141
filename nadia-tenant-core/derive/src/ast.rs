use syn::{Data, DeriveInput, Fields, Ident, Type};

use crate::{
    attr::{FieldAttrs, StructAttrs},
    fault::Faults,
};

/// A struct as the derive sees it: with the attributes read, not yet checked for sense.
pub(crate) struct Struct<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) attrs: StructAttrs,
    /// `None` if the item has no named fields at all, which was reported.
    pub(crate) fields: Option<Vec<Field<'a>>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) attrs: FieldAttrs,
}

impl<'a> Struct<'a> {
    pub(crate) fn read(input: &'a DeriveInput, faults: &mut Faults) -> Self {
        let attrs = StructAttrs::read(&input.attrs, faults);
        Self { original: input, attrs, fields: read_fields(input, faults) }
    }
}

fn read_fields<'a>(input: &'a DeriveInput, faults: &mut Faults) -> Option<Vec<Field<'a>>> {
    let kind = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                let read = |field: &'a syn::Field, faults: &mut Faults| {
                    let attrs = FieldAttrs::read(&field.attrs, faults);
                    field.ident.as_ref().map(|ident| Field { ident, ty: &field.ty, attrs })
                };
                return Some(fields.named.iter().filter_map(|field| read(field, faults)).collect());
            }
            Fields::Unnamed(_) => "a tuple struct",
            Fields::Unit => "a unit struct",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    faults.at(
        &input.ident,
        format!(
            "`TenantAware` can't be derived for {kind}; derive it for the struct with named fields that holds a row, \
             one of them `tenant_id: TenantId`"
        ),
    );
    None
}
