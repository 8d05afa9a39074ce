//! A client that follows redirects, as far as they lead back to this gateway.
//!
//! A client that comes back with `https` has `X-Forwarded-Proto: https`, so a route that asks for `http` there does not take it
//! again.

use super::tables::Tables;
use crate::model::{Route, Target};
use crate::table::{Answer, FORWARDED_PROTO, Request};
use castgate_contract::redirect::Scheme;

/// Clients give up after about twenty.
const MOST_STEPS: usize = 20;

/// What stands for a value that only a running gateway knows.
pub(super) const ANY: &str = "any";

/// Where a client would go from here, if it never got an answer that is no redirect.
pub(super) fn endless<'m>(
    tables: &Tables<'_, 'm>,
    mut at: usize,
    start: &Request,
) -> Option<Vec<(&'m Route, Request)>> {
    let mut trail = Vec::new();
    let mut request = start.clone();
    for _ in 0..MOST_STEPS {
        let table = tables.get(at)?;
        let Answer::Route(route) = table.ask(&request) else { return None };
        let Target::Redirect(redirect) = &route.target else { return None };
        // Whoever refuses the request ends it.
        let is_refused = table.outcome(&request).status != Some(redirect.status);
        let to = table.leads_to(route, redirect, &request, Some(ANY)).ok().filter(|_| !is_refused)?;
        let (place, next) = follow(tables, at, &request, redirect.status, &to)?;
        if next.host() != request.host() && !tables.serves(place, &next) {
            return None;
        }
        trail.push((route, request));
        (at, request) = (place, next);
    }
    Some(trail)
}

/// The client's next request, and the table it comes to; `None` if it goes to a place that may be another gateway.
fn follow(
    tables: &Tables<'_, '_>,
    at: usize,
    request: &Request,
    status: u16,
    to: &str,
) -> Option<(usize, Request)> {
    let method =
        if matches!(status, 301..=303) && request.method() != "HEAD" { "GET" } else { request.method() };
    let mut headers = request.headers().to_vec();
    let (at, authority, target) = match split(to) {
        (Some(origin), target) => {
            let at = tables.reached(at, origin.scheme, origin.port)?;
            headers.retain(|(name, _)| name != FORWARDED_PROTO);
            headers.push((FORWARDED_PROTO.to_owned(), origin.scheme.as_str().to_owned()));
            (at, origin.authority.to_owned(), target)
        }
        (None, target) if target.starts_with('/') => (at, request.authority(), target),
        (None, _) => return None,
    };
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let path = if path.is_empty() { "/" } else { path };
    Some((at, Request::new(method, &authority, path, query, headers).ok()?))
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
