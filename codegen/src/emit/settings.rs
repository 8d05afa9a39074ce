//! Everything of a gateway that is not a route.

use super::value::{duration, late, lines, option, origin, size, uint};
use crate::plan::{Cidr, Drain, Limits, Listen, LogLevel, Settings, Timeouts, Upstream};
use proc_macro2::TokenStream;
use quote::quote;

/// `SETTINGS`, and the lists it refers to; `identity` is the config's path and its hash.
pub(super) fn settings(of: &Settings, upstreams: &[Upstream], identity: (&str, &str)) -> TokenStream {
    let Settings {
        listen: listens,
        admin,
        workers,
        trusted_proxies,
        log_level,
        limits,
        timeouts,
        drain,
        breakers,
        bindings,
    } = of;
    let (file, config_sha256) = identity;
    let (listens, admin) = (listens.iter().map(listen), admin.iter().map(listen));
    let (workers, log_level) = (option(workers.map(size)), self::log_level(log_level));
    let trusted_proxies = trusted_proxies.iter().map(cidr);
    let Limits { header_bytes, headers, uri, body, connections } = *limits;
    let (header_bytes, headers, uri) = (uint(header_bytes), uint(headers), uint(uri));
    let (body, connections) = (uint(body), uint(connections));
    let Timeouts { header_read, body: body_pause, write, idle } = *timeouts;
    let (header_read, body_pause) = (duration(header_read), duration(body_pause));
    let (write, idle) = (duration(write), duration(idle));
    let Drain { delay, grace } = *drain;
    let (delay, grace) = (duration(delay), duration(grace));
    let members = upstreams.iter().map(|upstream| &upstream.name);
    let backends = upstreams.iter().flat_map(|upstream| {
        let name = &upstream.backends_name;
        (0..upstream.backends.len()).map(size).map(move |index| quote!(#name[#index]))
    });
    quote! {
        static SETTINGS: Settings = Settings {
            identity: Identity { file: #file, config_sha256: #config_sha256 },
            normal_config: NORMAL_CONFIG,
            listen: &[#(#listens),*],
            admin: &[#(#admin),*],
            workers: #workers,
            trusted_proxies: &[#(#trusted_proxies),*],
            log_level: #log_level,
            limits: Limits {
                header_bytes: #header_bytes,
                headers: #headers,
                uri: #uri,
                body: #body,
                connections: #connections,
            },
            timeouts: Timeouts {
                header_read: #header_read,
                body: #body_pause,
                write: #write,
                idle: #idle,
            },
            drain: Drain { delay: #delay, grace: #grace },
            upstreams: &[#(#members.members()),*],
            breakers: &[#(&#breakers),*],
            bindings: &[#(&#backends,)* #(&#bindings),*],
        };
    }
}

/// `NORMAL_CONFIG`, to be read as it stands.
pub(super) fn normal_config(text: &str) -> TokenStream {
    let text = lines(text);
    quote!(static NORMAL_CONFIG: &str = #text;)
}

fn listen(of: &Listen) -> TokenStream {
    let Listen { line, address } = of;
    let (origin, address) = (origin(line), late(address));
    quote!(Listen { origin: #origin, address: #address })
}

fn log_level(of: &LogLevel) -> TokenStream {
    let LogLevel { line, level } = of;
    let (origin, level) = (origin(line), late(level));
    quote!(LogLevel { origin: #origin, level: #level })
}

fn cidr(of: &Cidr) -> TokenStream {
    match of {
        Cidr::V4(octets, prefix) => {
            let (octets, prefix) = (octets.iter().map(|octet| uint(*octet)), uint(*prefix));
            quote!(Cidr::v4([#(#octets),*], #prefix))
        }
        Cidr::V6(segments, prefix) => {
            let (segments, prefix) = (segments.iter().map(|segment| uint(*segment)), uint(*prefix));
            quote!(Cidr::v6([#(#segments),*], #prefix))
        }
    }
}
