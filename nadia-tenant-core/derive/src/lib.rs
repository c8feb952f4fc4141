//! Skeleton.
#[doc(hidden)]
#[proc_macro_derive(TenantAware, attributes(tenant))]
pub fn tenant_aware(_input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    proc_macro::TokenStream::new()
}
