//! The route table and the conditions it refers to.

use super::policy;
use super::value::{duration, path, size};
use crate::plan::{Methods, Place, Route, Static};
use proc_macro2::TokenStream;
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
        keeps_path_parameters,
        headers,
        query,
    } = of;
    let (timeout, idle, instance) = (duration(*timeout), duration(*idle), size(*instance));
    let total = total.map(duration).map(|total| quote!(.with_total(#total)));
    let timeouts = quote!(RouteTimeouts::new(#timeout, #idle) #total);
    let methods = self::methods(*methods).map(|methods| quote!(.with_methods(#methods)));
    let parameters = keeps_path_parameters.then(|| quote!(.keeping_path_parameters()));
    let headers = headers.as_ref().map(|name| quote!(.with_headers(&#name)));
    let query = query.as_ref().map(|name| quote!(.with_query(&#name)));
    quote! {
        Route::new(#label, #timeouts, Target::#stack(&#table[#instance])) #methods #parameters #headers #query
    }
}

/// `Methods::GET.union(Methods::HEAD)`; `None` for all methods.
pub(super) fn methods(of: Methods) -> Option<TokenStream> {
    let names = of.named().filter(|_| of != Methods::ALL).map(|name| path(&format!("Methods::{name}")));
    names.reduce(|all, next| quote!(#all.union(#next)))
}
