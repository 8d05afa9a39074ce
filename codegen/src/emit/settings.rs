//! Everything of a gateway that is not a route.

use super::value::{lines, path, value};
use crate::plan::{Listener, Plan};
use proc_macro2::TokenStream;
use quote::quote;

/// `SETTINGS`, and the lists it refers to.
pub(super) fn settings(plan: &Plan) -> TokenStream {
    let Plan { config_path: file, config_sha256, settings, listeners, life, upstreams, .. } = plan;
    let settings = settings.iter().map(|(name, of)| {
        let (name, of) = (path(name), value(of));
        quote!(#name: #of)
    });
    let listeners = listeners.iter().map(|Listener { name, listen, door, protocols, .. }| {
        let (listen, door, protocols) = (value(listen), door.as_ref().map(value), value(protocols));
        let door = door.map_or_else(|| quote!(None), |door| quote!(Some(#door)));
        quote!(Listener { name: #name, listen: #listen, door: #door, protocols: #protocols })
    });
    let names = upstreams.iter().map(|upstream| &upstream.name);
    quote! {
        static SETTINGS: Settings = Settings {
            identity: Identity { file: #file, config_sha256: #config_sha256 },
            normal_config: NORMAL_CONFIG,
            listeners: &[#(#listeners),*],
            #(#settings,)*
            upstreams: &[#(#names.cluster()),*],
            policies: &[#(&#life),*],
        };
    }
}

/// `NORMAL_CONFIG`, to be read as it stands.
pub(super) fn normal_config(text: &str) -> TokenStream {
    let text = lines(text);
    quote!(static NORMAL_CONFIG: &str = #text;)
}
