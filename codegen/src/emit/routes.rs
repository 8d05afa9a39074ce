//! The route table and the conditions it refers to.

use super::policy;
use super::value::{duration, path, size};
use crate::plan::{Disputed, Methods, Place, Route, Static};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// The conditions, then the table.
pub(super) fn routes(routes: &[Route], conditions: &[Static]) -> TokenStream {
    let conditions = conditions.iter().map(policy::item);
    let (len, routes) = (size(routes.len()), routes.iter().map(route));
    quote! {
        #(#conditions)*
        static ROUTES: [Route<Target>; #len] = [#(#routes),*];
    }
}

fn route(of: &Route) -> TokenStream {
    let Route {
        label,
        timeout,
        idle,
        total,
        place: Place { stack, table, instance },
        methods,
        keeps,
        body_limit,
        headers,
        query,
    } = of;
    let (timeout, idle, instance) = (duration(*timeout), duration(*idle), size(*instance));
    let total = total.map(duration).map(|total| quote!(.with_total(#total)));
    let timeouts = quote!(RouteTimeouts::new(#timeout, #idle) #total);
    let methods = self::methods(*methods).map(|methods| quote!(.with_methods(#methods)));
    let body = body_limit.map(Literal::u64_unsuffixed);
    let body = body.map(|limit| quote!(.with_body_limit(#limit)));
    let keeps = disputed(*keeps).map(|keeps| quote!(.keeping(#keeps)));
    let headers = headers.as_ref().map(|name| quote!(.with_headers(&#name)));
    let query = query.as_ref().map(|name| quote!(.with_query(&#name)));
    quote! {
        Route::new(#label, #timeouts, Target::#stack(&#table[#instance])) #methods #keeps #body #headers #query
    }
}

/// `Disputed::PARAMETERS`; `None` for nothing.
fn disputed(of: Disputed) -> Option<TokenStream> {
    let names = [
        (Disputed::PARAMETERS, quote!(Disputed::PARAMETERS)),
        (Disputed::SLASHES, quote!(Disputed::SLASHES)),
    ];
    let names = names.into_iter().filter(|(one, _)| of.contains(*one)).map(|(_, name)| name);
    names.reduce(|all, next| quote!(#all.union(#next)))
}

/// `Methods::GET.union(Methods::HEAD)`; `None` for all methods.
pub(super) fn methods(of: Methods) -> Option<TokenStream> {
    let names = of.named().filter(|_| of != Methods::ALL).map(|name| path(&format!("Methods::{name}")));
    names.reduce(|all, next| quote!(#all.union(#next)))
}
