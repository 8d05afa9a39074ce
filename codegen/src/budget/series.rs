//! How many series `/metrics` can have: every label value is known at build, so their products are, too.
//!
//! The families are those of the runtime's collector; a series appears when it is first counted, so that most
//! gateways show far fewer.

use crate::language::{Words, upstream::RetryOn};
use crate::middleware::{Per, REGISTRY};
use crate::model::{Listener, Model};
use castgate_contract::methods;
use std::collections::BTreeSet;

/// A family and its bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Series {
    /// The family's name.
    pub(crate) name: &'static str,
    /// How many series it can have.
    pub(crate) most: u64,
    /// What that is made of.
    pub(crate) of: &'static str,
}

/// The registered statuses, 499, and one label for all others.
const STATUSES: u64 = 64;
/// The statuses the gateway itself answers with, and 200.
const OWN_STATUSES: u64 = 16;
/// Healthy, unhealthy, unknown, left out.
const ADDRESS_STATES: u64 = 4;
/// Too late, or ended.
const HANDSHAKES: u64 = 2;
/// A header that is absent, malformed or too long.
const PROXY_HEADERS: u64 = 3;
/// Plain HTTP, an unknown name, a client's certificate, an alert, all else.
const TLS_HANDSHAKES: u64 = 5;
/// 17 buckets, `+Inf`, sum and count.
const HISTOGRAM: u64 = 20;
/// Descriptors (two), memory (two), CPU, start and threads.
const PROCESS: u64 = 7;

pub(crate) fn series(model: &Model) -> Vec<Series> {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    // One more for requests that match no route.
    let routes = count(model.routes.len()) + 1;
    let upstreams = count(model.upstreams.len());
    let backends: u64 = model.upstreams.iter().map(|upstream| count(upstream.backends.len())).sum();
    // Addresses are no label: they are counted, by what is known of them.
    let resolved = model.upstreams.iter().filter(|upstream| upstream.settings.resolve.is_some());
    let resolved: u64 = resolved.map(|upstream| count(upstream.backends.len())).sum();
    let by_route = model.routes.iter().map(|route| {
        // One label for all that cannot be named; CONNECT and TRACE never get to a route.
        let methods = count(route.methods.named().count() + usize::from(route.methods.is_all()));
        methods * if route.forward().is_some() { STATUSES } else { OWN_STATUSES }
    });
    let requests = by_route.sum::<u64>() + count(methods::NAMES.len()) * OWN_STATUSES;
    let family = |name, most, of| Series { name, most, of };
    let mut series = vec![
        family("gateway_http_requests_total", requests, "routes, methods, statuses"),
        family("gateway_http_request_duration_seconds", routes * HISTOGRAM, "routes, buckets"),
        family("gateway_retries_total", routes * count(RetryOn::ALL.len()), "routes, reasons"),
        family("gateway_upstream_requests_total", backends * STATUSES, "backends, statuses"),
        family("gateway_upstream_request_duration_seconds", upstreams * HISTOGRAM, "upstreams, buckets"),
        family("gateway_upstream_up", backends, "backends"),
        family("gateway_upstream_addresses", resolved * ADDRESS_STATES, "backends with `resolve`, states"),
        family("gateway_http_requests_in_flight", 1, ""),
        family("gateway_connections", 1, ""),
        family("gateway_tunnels", 1, ""),
        family("gateway_tunnel_bytes_total", 2, "directions"),
        family("gateway_connections_refused_total", refused(model), "reasons"),
        family("gateway_access_log_dropped_total", 1, ""),
        family("gateway_log_dropped_total", 1, ""),
        family("gateway_build_info", 1, ""),
        family("process_*", PROCESS, ""),
    ];
    let secure = model.listeners.iter().filter_map(|listener| listener.tls.as_ref());
    if secure.clone().next().is_some() {
        let certificates = secure.clone().map(|tls| count(tls.certificates.len())).sum();
        let expiry = "gateway_tls_certificate_expiry_timestamp_seconds";
        series.push(family(expiry, certificates, "listeners, certificates"));
        series.push(family("gateway_tls_reload_failed", count(secure.count()), "listeners"));
    }
    let sets = || model.routes.iter().map(|route| &route.middleware).chain([&model.unmatched]);
    for entry in REGISTRY {
        let parts = sets().flat_map(|set| {
            let layers = set.layers(&model.policies).filter(|layer| layer.kind == entry.name);
            layers.map(|layer| count(layer.parts().len())).collect::<Vec<_>>()
        });
        let parts: Vec<u64> = parts.collect();
        let most = |per: &Per| match per {
            // All routes have the series of one that is alone, and each those of its own list.
            Per::Route => {
                let of_all = if parts.contains(&1) { routes } else { 0 };
                of_all + parts.iter().filter(|parts| **parts > 1).sum::<u64>()
            }
            Per::Upstream => count(behind(model, entry.name)),
        };
        series.extend(entry.facts.series.iter().map(|of| family(of.name, most(&of.per) * of.each, of.of)));
    }
    series
}

/// Why a connection may be closed at once.
fn refused(model: &Model) -> u64 {
    let any = |is: fn(&Listener) -> bool, reasons| if model.listeners.iter().any(is) { reasons } else { 0 };
    u64::from(model.server.limits.connections_per_client.is_some())
        + any(|listener| listener.proxy_protocol.is_some() || listener.tls.is_some(), HANDSHAKES)
        + any(|listener| listener.proxy_protocol.is_some(), PROXY_HEADERS)
        + any(|listener| listener.tls.is_some(), TLS_HANDSHAKES)
}

/// How many upstreams some route has behind this middleware.
fn behind(model: &Model, middleware: &str) -> usize {
    let routes = model.routes.iter().filter(|route| route.middleware.names().contains(&middleware));
    let upstreams = routes.filter_map(|route| Some(route.forward()?.upstream.index()));
    upstreams.collect::<BTreeSet<usize>>().len()
}
