//! The matcher's tables.

use super::routes;
use super::value::{size, uint};
use crate::plan::{Edge, NONE, Node, Plan, Roots, Span, Spanned, Table, Tries};
use proc_macro2::TokenStream;
use quote::quote;

/// The tables, then the index over them; of listeners with different routes, one for each table.
pub(super) fn index(of: &Plan) -> TokenStream {
    let Tries { nodes, edges, candidates } = &of.tries;
    let lengths = (size(nodes.len()), size(edges.len()), size(candidates.len()));
    let (nodes_len, edges_len, candidates_len) = lengths;
    let (nodes, edges) = (nodes.iter().map(node), edges.iter().map(edge));
    let candidates = candidates.iter().map(|number| uint(*number));
    let index = match of.tables.as_slice() {
        [only] => {
            let only = roots(only);
            quote!(static INDEX: RouteIndex<Target> = #only;)
        }
        several => {
            let (len, several) = (size(several.len()), several.iter().map(roots));
            let (count, tables) =
                (size(of.listeners.len()), of.listeners.iter().map(|listener| size(listener.table)));
            quote! {
                static LISTENERS: [&RouteIndex<Target>; #count] = [#(&INDEX[#tables]),*];
                static INDEX: [RouteIndex<Target>; #len] = [#(#several),*];
            }
        }
    };
    quote! {
        #index
        static NODES: [Node; #nodes_len] = [#(#nodes),*];
        static EDGES: [Edge; #edges_len] = [#(#edges),*];
        static CANDIDATES: [u32; #candidates_len] = [#(#candidates),*];
    }
}

fn roots(of: &Roots) -> TokenStream {
    let (hosts, labels, wildcards) = (table(of.hosts), table(of.labels), table(of.wildcards));
    let any_host = child(of.any_host).map_or_else(|| quote!(NONE), |root| quote!(#root));
    quote! {
        RouteIndex {
            routes: &ROUTES,
            nodes: &NODES,
            edges: &EDGES,
            candidates: &CANDIDATES,
            hosts: #hosts,
            labels: #labels,
            wildcards: #wildcards,
            any_host: #any_host,
        }
    }
}

/// What a node has; the rest is as in `Node::LEAF`.
fn node(of: &Node) -> TokenStream {
    let stem = Some(&of.stem).filter(|stem| !stem.is_empty()).map(|stem| quote!(stem: #stem,));
    let literals = of.literals.place().map(|_| {
        let of = table(of.literals);
        quote!(literals: #of,)
    });
    let uint = child(of.uint).map(|child| quote!(uint: #child,));
    let uuid = child(of.uuid).map(|child| quote!(uuid: #child,));
    let param = child(of.param).map(|child| quote!(param: #child,));
    let rest = span(of.rest).map(|span| quote!(rest: #span,));
    let exact = span(of.exact).map(|span| quote!(exact: #span,));
    let prefix = span(of.prefix).map(|span| quote!(prefix: #span,));
    quote!(Node { #stem #literals #uint #uuid #param #rest #exact #prefix ..Node::LEAF })
}

fn child(number: u32) -> Option<TokenStream> {
    (number != NONE).then(|| uint(number))
}

fn edge(of: &Edge) -> TokenStream {
    match of.read() {
        Some((text, node)) => {
            let node = uint(node);
            quote!(Edge::new(#text, #node))
        }
        None => quote!(Edge::VACANT),
    }
}

fn table(of: Table) -> TokenStream {
    match of.place() {
        Some((start, slots)) => {
            let (start, slots) = (uint(start), uint(slots));
            quote!(Table::new(#start, #slots))
        }
        None => quote!(Table::EMPTY),
    }
}

fn span(of: Span) -> Option<TokenStream> {
    match of.read() {
        Spanned::One(number, methods) => {
            let (number, methods) = (uint(number), routes::methods(methods));
            let methods = methods.unwrap_or_else(|| quote!(Methods::ALL));
            Some(quote!(Span::one(#number, #methods)))
        }
        Spanned::Run(_, 0) => None,
        Spanned::Run(start, len) => {
            let (start, len) = (uint(start), uint(len));
            Some(quote!(Span::new(#start, #len)))
        }
    }
}
