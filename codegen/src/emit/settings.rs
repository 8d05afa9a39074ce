//! Everything of a gateway that is not a route.

use super::value::{lines, path, value};
use crate::plan::{Settings, Upstream};
use proc_macro2::TokenStream;
use quote::quote;

/// `SETTINGS`, and the lists it refers to; `identity` is the config's path and its hash.
pub(super) fn settings(of: &Settings, upstreams: &[Upstream], identity: (&str, &str)) -> TokenStream {
    let Settings { server, policies } = of;
    let (file, config_sha256) = identity;
    let server = server.iter().map(|(name, of)| {
        let (name, of) = (path(name), value(of));
        quote!(#name: #of)
    });
    let members = upstreams.iter().map(|upstream| &upstream.name);
    quote! {
        static SETTINGS: Settings = Settings {
            identity: Identity { file: #file, config_sha256: #config_sha256 },
            normal_config: NORMAL_CONFIG,
            #(#server,)*
            upstreams: &[#(#members.members()),*],
            policies: &[#(&#policies),*],
        };
    }
}

/// `NORMAL_CONFIG`, to be read as it stands.
pub(super) fn normal_config(text: &str) -> TokenStream {
    let text = lines(text);
    quote!(static NORMAL_CONFIG: &str = #text;)
}
