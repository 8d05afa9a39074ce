//! The matcher's tables.

use super::routes;
use super::value::{size, uint};
use crate::plan::{Edge, Index, Node, Span, Table};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// The tables, then the index over them.
pub(super) fn index(of: &Index) -> TokenStream {
    let Index { nodes, edges, candidates, hosts, wildcards, any_host } = of;
    let lengths = (size(nodes.len()), size(edges.len()), size(candidates.len()));
    let (nodes_len, edges_len, candidates_len) = lengths;
    let (nodes, edges) = (nodes.iter().map(node), edges.iter().map(edge));
    let candidates = candidates.iter().map(|number| uint(*number));
    let (hosts, wildcards) = (table(*hosts), table(*wildcards));
    let any_host = any_host.map_or_else(|| quote!(NONE), uint);
    quote! {
        static INDEX: RouteIndex<Target> = RouteIndex {
            routes: &ROUTES,
            nodes: &NODES,
            edges: &EDGES,
            candidates: &CANDIDATES,
            hosts: #hosts,
            wildcards: #wildcards,
            any_host: #any_host,
        };
        static NODES: [Node; #nodes_len] = [#(#nodes),*];
        static EDGES: [Edge; #edges_len] = [#(#edges),*];
        static CANDIDATES: [u32; #candidates_len] = [#(#candidates),*];
    }
}

/// What a node has; the rest is as in `Node::LEAF`.
fn node(of: &Node) -> TokenStream {
    let Node { stem, literals, uint: uint_child, uuid, param, rest, exact, prefix } = of;
    let stem = (!stem.is_empty()).then(|| quote!(stem: #stem,));
    let literals = literals.map(|of| {
        let of = table(Some(of));
        quote!(literals: #of,)
    });
    let uint_child = uint_child.map(uint).map(|child| quote!(uint: #child,));
    let uuid = uuid.map(uint).map(|child| quote!(uuid: #child,));
    let param = param.map(uint).map(|child| quote!(param: #child,));
    let rest = rest.as_ref().map(span).map(|span| quote!(rest: #span,));
    let exact = exact.as_ref().map(span).map(|span| quote!(exact: #span,));
    let prefix = prefix.as_ref().map(span).map(|span| quote!(prefix: #span,));
    quote!(Node { #stem #literals #uint_child #uuid #param #rest #exact #prefix ..Node::LEAF })
}

fn edge(of: &Option<Edge>) -> TokenStream {
    match of {
        Some(Edge { text, node }) => {
            let node = uint(*node);
            quote!(Edge::new(#text, #node))
        }
        None => quote!(Edge::VACANT),
    }
}

fn table(of: Option<Table>) -> TokenStream {
    match of {
        Some(Table { start, slots }) => {
            let (start, slots) = (uint(start), uint(slots));
            quote!(Table::new(#start, #slots))
        }
        None => quote!(Table::EMPTY),
    }
}

fn span(of: &Span) -> TokenStream {
    match of {
        Span::One { number, methods } => {
            let (number, methods) = (uint(*number), routes::methods(methods));
            let methods = methods.unwrap_or_else(|| quote!(Methods::ALL));
            quote!(Span::one(#number, #methods))
        }
        Span::Run { start, len } => {
            let (start, len) = (uint(*start), uint(*len));
            quote!(Span::new(#start, #len))
        }
    }
}

/// `const _: () = assert!(hash(b"users") == 0xC24F0222);`
pub(super) fn hash((text, hash): &(String, u32)) -> TokenStream {
    let text = Literal::byte_string(text.as_bytes());
    let hash = syn::LitInt::new(&format!("0x{hash:08X}"), proc_macro2::Span::call_site());
    quote!(
        const _: () = assert!(hash(#text) == #hash);
    )
}
