//! A redirect that leads back to redirects for ever: found by following it through the table, as a client would.

use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::model::{Route, Target};
use crate::pattern::HostPattern;
use crate::table::{Answer, Reach, Request, Table};

/// Clients give up after about twenty.
const MOST_STEPS: usize = 20;

pub(super) fn check(table: &Table<'_>, sink: &mut Diagnostics) {
    if !table.model().routes.iter().any(|route| matches!(route.target, Target::Redirect(_))) {
        return;
    }
    let reach = table.reach();
    let mut reported: Vec<&Route> = Vec::new();
    for (route, reach) in table.model().routes.iter().zip(&reach) {
        let (Target::Redirect(_), Reach::Live(witness)) = (&route.target, reach) else { continue };
        if reported.iter().any(|other| std::ptr::eq(*other, route)) {
            continue;
        }
        if let Some(trail) = endless(table, witness) {
            report(route, witness, &trail, sink);
            // The others of the same ring have been named.
            reported.extend(trail.into_iter().map(|(route, _)| route));
        }
    }
}

/// Where a client would go, if it never got an answer that is no redirect.
fn endless<'m>(table: &Table<'m>, start: &Request) -> Option<Vec<(&'m Route, Request)>> {
    let mut trail = Vec::new();
    let mut request = start.clone();
    for _ in 0..MOST_STEPS {
        let Answer::Route(route) = table.ask(&request) else { return None };
        let Target::Redirect(redirect) = &route.target else { return None };
        let to = table.outcome(&request).redirect_to?;
        let next = follow(&request, redirect.status, &to).filter(|next| is_here(table, &request, next))?;
        trail.push((route, request));
        request = next;
    }
    Some(trail)
}

/// The client's next request; `None` if it goes to a place that may be another gateway.
fn follow(request: &Request, status: u16, to: &str) -> Option<Request> {
    let method =
        if matches!(status, 301..=303) && request.method() != "HEAD" { "GET" } else { request.method() };
    let (host, target) = match to.strip_prefix("http://") {
        Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
        None if to.starts_with('/') => (request.host(), to),
        None => return None,
    };
    // Another port is another listener.
    if host.contains(':') && host != request.host() {
        return None;
    }
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let path = if path.is_empty() { "/" } else { path };
    Request::new(method, host, path, query, request.headers().to_vec()).ok()
}

/// A host which no route names is most likely another machine.
fn is_here(table: &Table<'_>, request: &Request, next: &Request) -> bool {
    let is_named = |route: &Route| route.host != HostPattern::Any && route.host.matches(next.host());
    next.host() == request.host() || table.model().routes.iter().any(is_named)
}

fn report(route: &Route, start: &Request, trail: &[(&Route, Request)], sink: &mut Diagnostics) {
    let title = format!("the redirect of route {} never ends", quoted(&route.name));
    let mut others: Vec<&Route> = Vec::new();
    for (other, _) in trail {
        if !std::ptr::eq(*other, route) && !others.iter().any(|known| std::ptr::eq(*known, *other)) {
            others.push(other);
        }
    }
    let to = |route: &Route| route.origin.path.key("redirect").key("to");
    let labels: Vec<_> = others
        .iter()
        .filter_map(|other| Some((sink.value_span(&to(other))?, "and this one sends it on")))
        .collect();
    let label = if others.is_empty() { "leads back to this route" } else { "leads to another redirect" };
    let steps: Vec<String> =
        trail.iter().skip(1).take(3).map(|(_, request)| quoted(&request.to_string())).collect();
    let headers: Vec<String> =
        start.headers().iter().map(|(name, value)| quoted(&format!("{name}: {value}"))).collect();
    let headers = if headers.is_empty() { String::new() } else { format!(" with {}", headers.join(" and ")) };
    let problem = sink.error_at(&codes::REDIRECT_LOOP, &to(route), title, label);
    for (span, text) in labels {
        problem.label(span, text);
    }
    problem.help(format!(
        "for example {} leads to {}, and so on",
        quoted(&start.to_string()) + &headers,
        steps.join(", then ")
    ));
}
