#![doc = include_str!("../README.md")]

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod ast;
mod attr;
mod expand;
mod fallback;
mod fault;
mod valid;

/// Implements `TenantAware` for a struct with named fields; the crate's page tells the attributes.
#[proc_macro_derive(TenantAware, attributes(tenant))]
pub fn derive_tenant_aware(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input).unwrap_or_else(|error| fallback::expand(&input, &error)).into()
}
