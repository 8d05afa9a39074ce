//! The route table and what it refers to.

use super::policy;
use super::value::{path, size, value};
use crate::plan::{Methods, Place, Plan, Route};
use proc_macro2::TokenStream;
use quote::quote;

/// The conditions and the settings, then the table.
pub(super) fn routes(plan: &Plan) -> TokenStream {
    let Plan { conditions, route_settings, routes, .. } = plan;
    let conditions = conditions.iter().map(policy::item);
    let (settings, settings_len) = (route_settings.iter().map(value), size(route_settings.len()));
    let (len, routes) = (size(routes.len()), routes.iter().map(route));
    quote! {
        #(#conditions)*
        static ROUTE_SETTINGS: [RouteSettings; #settings_len] = [#(#settings),*];
        static ROUTES: [Route<Target>; #len] = [#(#routes),*];
    }
}

fn route(of: &Route) -> TokenStream {
    let Route { label, settings, place: Place { stack, table, instance }, methods, headers, query } = of;
    let (settings, instance) = (size(*settings), size(*instance));
    let methods = self::methods(*methods).map(|methods| quote!(.with_methods(#methods)));
    let headers = headers.as_ref().map(|name| quote!(.with_headers(&#name)));
    let query = query.as_ref().map(|name| quote!(.with_query(&#name)));
    quote! {
        Route::new(#label, &ROUTE_SETTINGS[#settings], Target::#stack(&#table[#instance])) #methods #headers #query
    }
}

/// `Methods::GET.union(Methods::HEAD)`; `None` for all methods.
pub(super) fn methods(of: Methods) -> Option<TokenStream> {
    let names = of.named().filter(|_| of != Methods::ALL).map(|name| path(&format!("Methods::{name}")));
    names.reduce(|all, next| quote!(#all.union(#next)))
}
