//! Statics with a constant expression.

use super::value::{path_in, size, value_in};
use crate::plan::Static;
use proc_macro2::TokenStream;
use quote::quote;

/// `static LIMIT_0: middleware::rate_limit::Limit = middleware::rate_limit::Limit::new(..);`
pub(super) fn item(of: &Static) -> TokenStream {
    let Static { name, middleware, of, array, value: expression } = of;
    let (of, expression) = (path_in(*middleware, of), value_in(*middleware, expression));
    match array {
        None => quote!(static #name: #of = #expression;),
        Some(len) => {
            let len = size(*len);
            quote!(static #name: [#of; #len] = #expression;)
        }
    }
}
