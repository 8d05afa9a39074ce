//! Upstreams and their backends.

use super::value::{path, size, value};
use crate::plan::Upstream;
use proc_macro2::TokenStream;
use quote::quote;

/// The array of the backends, then the upstream.
pub(super) fn upstream(of: &Upstream) -> TokenStream {
    let Upstream { name, backends_name, label: _, balance, backends, members } = of;
    let (len, backends) = (size(backends.len()), backends.iter().map(value));
    let (balance, members) = (path(balance), value(members));
    quote! {
        static #backends_name: [Backend; #len] = [#(#backends),*];
        static #name: Upstream<#balance> = Upstream::new(#members, #balance::new());
    }
}
