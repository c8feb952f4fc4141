use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{DeriveInput, spanned::Spanned};

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
    // A wrong type is reported where it stands; names resolve as in the rest of the expansion, which
    // matters when the struct comes out of a macro.
    let at_type = Span::call_site().located_at(ty.span());
    let id = quote_spanned!(at_type=> &self.#field);
    quote! {
        #[automatically_derived]
        impl #impl_generics ::nadia_tenant_core::TenantAware for #ident #ty_generics #where_clause {
            const TABLE: &'static str = #table;
            const TENANT_COLUMN: &'static str = #column;

            fn tenant_id(&self) -> ::nadia_tenant_core::TenantId {
                let id: &::nadia_tenant_core::TenantId = #id;
                *id
            }
        }
    }
}
