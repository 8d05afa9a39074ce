//! A client that follows redirects, as far as they lead back to this gateway.
//!
//! The gateway itself speaks no TLS. Whoever is sent to `https` comes back only through somebody in front who ends it, and
//! then the gateway is told so by a trusted proxy: without `server.trusted_proxies` an `https` place is another's. A client
//! that comes back so has `X-Forwarded-Proto: https`, so a route that asks for `http` there does not take it again.

use crate::model::{Late, Model, Route, Target};
use crate::table::{Answer, FORWARDED_PROTO, Request, Table};
use castgate_contract::redirect::Scheme;

/// Clients give up after about twenty.
const MOST_STEPS: usize = 20;

/// What stands for a value that only a running gateway knows.
pub(super) const ANY: &str = "any";

/// Where a client would go from here, if it never got an answer that is no redirect.
pub(super) fn endless<'m>(table: &Table<'m>, start: &Request) -> Option<Vec<(&'m Route, Request)>> {
    let mut trail = Vec::new();
    let mut request = start.clone();
    for _ in 0..MOST_STEPS {
        let Answer::Route(route) = table.ask(&request) else { return None };
        let Target::Redirect(redirect) = &route.target else { return None };
        // Whoever refuses the request ends it.
        let is_refused = table.outcome(&request).status != Some(redirect.status);
        let to = table.leads_to(route, redirect, &request, Some(ANY)).ok().filter(|_| !is_refused)?;
        let next = follow(table.model(), &request, redirect.status, &to);
        let next = next.filter(|next| is_here(table, &request, next))?;
        trail.push((route, request));
        request = next;
    }
    Some(trail)
}

/// The client's next request; `None` if it goes to a place that may be another gateway.
fn follow(model: &Model, request: &Request, status: u16, to: &str) -> Option<Request> {
    let method =
        if matches!(status, 301..=303) && request.method() != "HEAD" { "GET" } else { request.method() };
    let mut headers = request.headers().to_vec();
    let (authority, target) = match split(to) {
        (Some(origin), target) => {
            if !is_own(model, origin.scheme, origin.port) {
                return None;
            }
            headers.retain(|(name, _)| name != FORWARDED_PROTO);
            headers.push((FORWARDED_PROTO.to_owned(), origin.scheme.as_str().to_owned()));
            (origin.authority.to_owned(), target)
        }
        (None, target) if target.starts_with('/') => (request.authority(), target),
        (None, _) => return None,
    };
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let path = if path.is_empty() { "/" } else { path };
    Request::new(method, &authority, path, query, headers).ok()
}

/// What an absolute URL begins with.
#[derive(Debug, Clone, Copy)]
struct Origin<'t> {
    scheme: Scheme,
    /// Host and port as they are written.
    authority: &'t str,
    port: Option<u16>,
}

/// What a redirect's target begins with, if it is absolute, and the rest of it.
fn split(to: &str) -> (Option<Origin<'_>>, &str) {
    let of = |scheme: Scheme| Some((scheme, to.strip_prefix(scheme.as_str())?.strip_prefix("://")?));
    let Some((scheme, rest)) = [Scheme::Http, Scheme::Https].into_iter().find_map(of) else {
        return (None, to);
    };
    let (authority, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let port = match authority.rsplit_once(':') {
        Some((_, port)) if !port.contains(']') => port.parse().ok(),
        _ => None,
    };
    (Some(Origin { scheme, authority, port }), target)
}

/// Whether requests of this scheme and port may come here: the port which the scheme means, which somebody in front may
/// forward here, or one that is listened on.
pub(super) fn is_own(model: &Model, scheme: Scheme, port: Option<u16>) -> bool {
    let is_default = port.is_none_or(|port| port == scheme.default_port());
    match scheme {
        Scheme::Https => is_default && !model.server.trusted_proxies.is_empty(),
        Scheme::Http => is_default || port.is_some_and(|port| listens_on(model, port)),
    }
}

/// Whether one of the addresses has this port.
pub(super) fn listens_on(model: &Model, port: u16) -> bool {
    let has_port = |address: &Late| {
        let own = address.literal().and_then(|address| address.rsplit_once(':'));
        own.is_some_and(|(_, own)| own.parse() == Ok(port))
    };
    let mut addresses = model.listeners.iter().flat_map(|listener| &listener.address);
    addresses.any(|listen| has_port(&listen.value))
}

/// A host which no route names is most likely another machine.
fn is_here(table: &Table<'_>, request: &Request, next: &Request) -> bool {
    let is_named = |route: &Route| !route.hosts.is_any() && route.hosts.matching(next.host()).is_some();
    next.host() == request.host() || table.model().routes.iter().any(is_named)
}
