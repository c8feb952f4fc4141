use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{
    ast::Struct,
    fault::Faults,
    valid::{TenantStruct, validate},
};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut faults = Faults::default();
    let parsed = Struct::read(input, &mut faults);
    let valid = validate(&parsed, &mut faults);
    faults.finish()?;
    Ok(expand(&valid.expect("an input without faults is valid")))
}

fn expand(input: &TenantStruct<'_>) -> TokenStream {
    let TenantStruct { original, table, column, field, ty } = input;
    let ident = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::nadia_tenant_core::TenantAware for #ident #ty_generics #where_clause {
            const TABLE: &'static str = #table;
            const TENANT_COLUMN: &'static str = #column;

            fn tenant_id(&self) -> ::nadia_tenant_core::TenantId {
                <#ty as ::nadia_tenant_core::__private::TenantIdField>::tenant_id(&self.#field)
            }
        }
    }
}
