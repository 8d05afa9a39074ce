//! Upstreams and their backends.

use super::value::{path, size, value};
use crate::plan::{Balance, Upstream};
use proc_macro2::TokenStream;
use quote::quote;

/// The array of the backends, then the upstream.
pub(super) fn upstream(of: &Upstream) -> TokenStream {
    let Upstream { name, backends_name, label: _, balance, most_backends, backends, cluster } = of;
    let (len, backends, cluster) = (size(*most_backends), backends.iter().map(value), value(cluster));
    let (kind, new) = (balance_type(*balance), new_balance(*balance));
    let backends =
        if balance.resolves { quote!(Backend::slots(&[#(#backends),*])) } else { quote!([#(#backends),*]) };
    quote! {
        static #backends_name: [Backend; #len] = #backends;
        static #name: Upstream<#kind> = Upstream::new(#cluster, #new);
    }
}

/// `balancers::RoundRobin`, or `Resolved<balancers::RoundRobin>`
pub(super) fn balance_type(of: Balance) -> TokenStream {
    let balancer = path(of.balancer);
    if of.resolves { quote!(Resolved<#balancer>) } else { balancer }
}

fn new_balance(of: Balance) -> TokenStream {
    let balancer = path(of.balancer);
    if of.resolves { quote!(Resolved::new(#balancer::new())) } else { quote!(#balancer::new()) }
}
