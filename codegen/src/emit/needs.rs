//! What a config needs of the library.

use super::value::path;
use crate::plan::Need;
use proc_macro2::TokenStream;
use quote::quote;

/// `const _: () = assert!(features::API_KEYS, "..");`: all that is said of a build without the feature is why and what to write.
pub(super) fn need(of: &Need) -> TokenStream {
    let Need { feature, user, line } = of;
    let constant = path(&feature.to_ascii_uppercase().replace('-', "_"));
    let message = format!(
        "{line}: `{user}` needs a feature that castgate is built without; in Cargo.toml, write into the line of castgate: \
         features = [\"{feature}\"]"
    );
    // It is no format string.
    let message = message.replace('{', "{{").replace('}', "}}");
    quote!(
        const _: () = assert!(features::#constant, #message);
    )
}
