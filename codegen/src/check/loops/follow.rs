//! A client that follows redirects, as far as they lead back to this gateway.

use crate::model::{Late, Model, Route, Target};
use crate::table::{Answer, Request, Table};

/// Clients give up after about twenty.
const MOST_STEPS: usize = 20;

/// Where a client would go from here, if it never got an answer that is no redirect.
pub(super) fn endless<'m>(table: &Table<'m>, start: &Request) -> Option<Vec<(&'m Route, Request)>> {
    let mut trail = Vec::new();
    let mut request = start.clone();
    for _ in 0..MOST_STEPS {
        let Answer::Route(route) = table.ask(&request) else { return None };
        let Target::Redirect(redirect) = &route.target else { return None };
        let to = table.outcome(&request).redirect_to?;
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
    let (host, target) = match split(model, to)? {
        (Some(host), target) => (host, target),
        (None, target) => (request.host(), target),
    };
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let path = if path.is_empty() { "/" } else { path };
    Request::new(method, host, path, query, request.headers().to_vec()).ok()
}

/// The host without its port, if there is one, and the rest of a redirect's target; `None` if it leads to another
/// listener: another scheme or port.
pub(super) fn split<'t>(model: &Model, to: &'t str) -> Option<(Option<&'t str>, &'t str)> {
    let Some(rest) = to.strip_prefix("http://") else { return to.starts_with('/').then_some((None, to)) };
    let (authority, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    is_own_port(model, port).then_some((Some(host), target))
}

/// The one that `http` means, which somebody in front may forward here, or one that is listened on.
fn is_own_port(model: &Model, port: &str) -> bool {
    let listens = |address: &Late| {
        address.literal().and_then(|address| address.rsplit_once(':')).is_some_and(|(_, own)| own == port)
    };
    matches!(port, "" | "80")
        || model.listeners.iter().flat_map(|listener| &listener.address).any(|listen| listens(&listen.value))
}

/// A host which no route names is most likely another machine.
fn is_here(table: &Table<'_>, request: &Request, next: &Request) -> bool {
    let is_named = |route: &Route| !route.hosts.is_any() && route.hosts.matching(next.host()).is_some();
    next.host() == request.host() || table.model().routes.iter().any(is_named)
}
