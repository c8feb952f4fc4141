use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

/// Reports `error` beside an implementation that compiles, so that uses of the trait don't add
/// errors of their own.
pub(crate) fn expand(input: &DeriveInput, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #errors

        #[automatically_derived]
        impl #impl_generics ::nadia_tenant_core::TenantAware for #ident #ty_generics #where_clause {
            const TABLE: &'static str = "";

            fn tenant_id(&self) -> ::nadia_tenant_core::TenantId {
                ::core::unreachable!()
            }
        }
    }
}
