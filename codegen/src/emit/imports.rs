//! Exactly the names of the facade that the file uses, so that it compiles without a warning.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use std::collections::BTreeSet;

/// The runtime's facade, `castgate::codegen`.
const FACADE: &[&str] = &[
    "AccessLog",
    "AccessLogPolicy",
    "ApiKeys",
    "App",
    "Auth",
    "Backend",
    "Bind",
    "Breaker",
    "BreakerPolicy",
    "Cidr",
    "CircuitBreaker",
    "Context",
    "Drain",
    "Duration",
    "Edge",
    "Error",
    "Forward",
    "HeaderEdit",
    "HeaderEdits",
    "HeaderMatch",
    "Headers",
    "HealthCheck",
    "HostHeader",
    "Identity",
    "Keepalive",
    "Late",
    "LeastConnections",
    "Limit",
    "LimitKey",
    "Limits",
    "Listen",
    "LogLevel",
    "Members",
    "Methods",
    "NONE",
    "Node",
    "Origin",
    "PathEdit",
    "Piece",
    "Probe",
    "QueryMatch",
    "RandomChoice",
    "RateLimit",
    "Redirect",
    "RedirectTarget",
    "Reject",
    "Request",
    "RequestIdPolicy",
    "RequestIds",
    "Respond",
    "Response",
    "Retries",
    "RetryCause",
    "RoundRobin",
    "Route",
    "RouteIndex",
    "RouteTimeouts",
    "Service",
    "Settings",
    "Span",
    "Table",
    "TemplatePiece",
    "Timeouts",
    "Upstream",
    "UpstreamTimeouts",
    "features",
];

/// `use ::castgate::codegen::{..};`
pub(super) fn imports<'a>(sections: impl Iterator<Item = &'a TokenStream>) -> TokenStream {
    // Stacks are called by this trait's method, without naming it.
    let mut used = BTreeSet::from(["Service"]);
    for tokens in sections {
        collect(tokens.clone(), &mut used);
    }
    let used = used.into_iter().map(|name| Ident::new(name, Span::call_site()));
    quote!(use ::castgate::codegen::{#(#used),*};)
}

/// Adds the facade's names in `tokens`. What follows `::` belongs to the name in front (`HostHeader::Backend`).
fn collect(tokens: TokenStream, used: &mut BTreeSet<&'static str>) {
    let mut colons = 0;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => collect(group.stream(), used),
            TokenTree::Ident(ident) if colons < 2 => {
                if let Ok(place) = FACADE.binary_search(&ident.to_string().as_str()) {
                    used.insert(FACADE[place]);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        let is_colon = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
        colons = if is_colon { colons + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_imported_once_and_never_for_what_follows_colons() {
        assert!(FACADE.is_sorted());
        let tokens = quote!(
            static A: Limit = Limit::new(Target::Headers, HostHeader::Backend);
            fn hash() -> Methods;
        );
        let used = imports([&tokens].into_iter()).to_string();
        assert_eq!(
            used,
            quote!(
                use ::castgate::codegen::{HostHeader, Limit, Methods, Service};
            )
            .to_string()
        );
    }
}
