//! Statics with a constant expression.

use super::value::{path, size, value};
use crate::plan::Static;
use proc_macro2::TokenStream;
use quote::quote;

/// `static LIMIT_0: Limit = Limit::new(..);`
pub(super) fn item(of: &Static) -> TokenStream {
    let Static { name, of, array, value: expression } = of;
    let (of, expression) = (path(of), value(expression));
    match array {
        None => quote!(static #name: #of = #expression;),
        Some(len) => {
            let len = size(*len);
            quote!(static #name: [#of; #len] = #expression;)
        }
    }
}
