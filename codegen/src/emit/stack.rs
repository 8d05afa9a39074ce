//! Stacks: the type of each shape, and its instances as nested constructors, outermost first.

use super::upstream::balance_type;
use super::value::{path, path_in, size, value};
use crate::plan::{Instance, Layer, Stack};
use proc_macro2::TokenStream;
use quote::quote;

/// All stacks, then the one for requests without a route.
pub(super) fn stacks(stacks: &[Stack], unmatched: &Instance) -> TokenStream {
    let stacks = stacks.iter().map(stack);
    let (of, value) = (shape(unmatched), instance(unmatched));
    quote! {
        #(#stacks)*
        type Unmatched = #of;
        static UNMATCHED: Unmatched = #value;
    }
}

fn stack(of: &Stack) -> TokenStream {
    let Stack { alias, table, instances } = of;
    let len = size(instances.len());
    let shape = instances.first().map(shape);
    let instances = instances.iter().map(instance);
    quote! {
        type #alias = #shape;
        static #table: [#alias; #len] = [#(#instances),*];
    }
}

/// `middleware::rate_limit::RateLimit<middleware::request_headers::RequestHeaders<Forward<RoundRobin>>>`
fn shape(of: &Instance) -> TokenStream {
    let Instance { layers, end } = of;
    let balance = end.balance.map(balance_type).map(|balance| quote!(<#balance>));
    let end = path(end.of);
    let end = quote!(#end #balance);
    layers.iter().rev().fold(end, |inner, Layer { middleware, kind, of: _ }| {
        let kind = path_in(*middleware, kind);
        quote!(#kind<#inner>)
    })
}

/// `middleware::rate_limit::RateLimit::new(&LIMIT_0, middleware::request_headers::RequestHeaders::new(&REQUEST_HEADERS_0, ..))`
fn instance(of: &Instance) -> TokenStream {
    let Instance { layers, end } = of;
    layers.iter().rev().fold(value(&end.value), |inner, Layer { middleware, kind, of }| {
        let (kind, of) = (path_in(*middleware, kind), value(of));
        quote!(#kind::new(#of, #inner))
    })
}
