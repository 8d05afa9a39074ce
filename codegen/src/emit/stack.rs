//! Stacks: the type of each shape, and its instances as nested constructors, outermost first.

use super::value::{path, path_in, size, uint};
use crate::plan::{End, Instance, Layer, PathEdit, Stack, Target, TemplatePiece};
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

/// `middleware::rate_limit::RateLimit<middleware::headers::Headers<Forward<RoundRobin>>>`
fn shape(of: &Instance) -> TokenStream {
    let Instance { layers, end } = of;
    let end = match end {
        End::Forward { balance, upstream: _, path: _ } => {
            let balance = path(balance);
            quote!(Forward<#balance>)
        }
        End::Redirect { status: _, to: _ } => quote!(Redirect),
        End::Respond { status: _, content_type: _, body: _ } => quote!(Respond),
        End::Reject => quote!(Reject),
    };
    layers.iter().rev().fold(end, |inner, Layer { middleware, kind, policy: _ }| {
        let kind = path_in(Some(middleware), kind);
        quote!(#kind<#inner>)
    })
}

/// `middleware::rate_limit::RateLimit::new(&LIMIT_0, middleware::headers::Headers::new(&HEADERS_0, ..))`
fn instance(of: &Instance) -> TokenStream {
    let Instance { layers, end: inmost } = of;
    layers.iter().rev().fold(end(inmost), |inner, Layer { middleware, kind, policy }| {
        let kind = path_in(Some(middleware), kind);
        quote!(#kind::new(&#policy, #inner))
    })
}

fn end(of: &End) -> TokenStream {
    match of {
        End::Forward { balance: _, upstream, path } => {
            let path = path_edit(path);
            quote!(Forward::new(&#upstream, #path))
        }
        End::Redirect { status, to } => {
            let (status, to) = (uint(*status), target(to));
            quote!(Redirect::new(#status, #to))
        }
        End::Respond { status, content_type, body } => {
            let status = uint(*status);
            quote!(Respond::new(#status, #content_type, #body))
        }
        End::Reject => quote!(Reject),
    }
}

fn path_edit(of: &PathEdit) -> TokenStream {
    match of {
        PathEdit::Keep => quote!(PathEdit::Keep),
        PathEdit::Strip(segments) => {
            let segments = size(*segments);
            quote!(PathEdit::Strip(#segments))
        }
        PathEdit::Rewrite(pieces) => {
            let pieces = template(pieces);
            quote!(PathEdit::Rewrite(#pieces))
        }
    }
}

fn target(of: &Target) -> TokenStream {
    match of {
        Target::Fixed(to) => quote!(RedirectTarget::Fixed(#to)),
        Target::Template(pieces) => {
            let pieces = template(pieces);
            quote!(RedirectTarget::Template(#pieces))
        }
    }
}

fn template(pieces: &[TemplatePiece]) -> TokenStream {
    let pieces = pieces.iter().map(|piece| match piece {
        TemplatePiece::Literal(text) => quote!(TemplatePiece::Literal(#text)),
        TemplatePiece::Segment(number) => {
            let number = uint(*number);
            quote!(TemplatePiece::Segment(#number))
        }
        TemplatePiece::Rest(number) => {
            let number = uint(*number);
            quote!(TemplatePiece::Rest(#number))
        }
    });
    quote!(&[#(#pieces),*])
}
