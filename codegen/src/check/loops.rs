//! A redirect that leads back to redirects for ever: which requests could go round is searched, and each is followed
//! through the table, as a client would.

mod chosen;
mod follow;
mod named;
mod place;
mod search;
mod tables;
mod template;

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::language::route::{WrittenRedirect, WrittenRoute};
use crate::model::{Leads, Redirect, Route, Target};
use crate::table::{FORWARDED_PROTO, Request, Table};
use castgate_contract::redirect::{Parts, Scheme};
use search::Search;
use std::collections::BTreeSet;

pub(super) fn check(tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    let routes = |table: usize| {
        (0..).zip(&tables[table].model().routes).map(move |(number, route)| ((table, number), route))
    };
    let redirects = (0..tables.len()).flat_map(routes);
    let mut redirects = redirects.filter(|(_, route)| matches!(route.target, Target::Redirect(_))).peekable();
    if redirects.peek().is_none() {
        return;
    }
    let mut search = Search::new(tables);
    let mut reported = BTreeSet::new();
    for (place, route) in redirects {
        if reported.contains(route.name.as_str()) {
            continue;
        }
        if let Some((start, trail)) = search.endless(place) {
            report(route, &start, &trail, sink);
            // The others of the same ring have been named.
            reported.extend(trail.into_iter().map(|(route, _)| route.name.as_str()));
        }
    }
}

fn report(route: &Route, start: &Request, trail: &[(&Route, Request)], sink: &mut Reporter<'_>) {
    let title = format!("the redirect of route {} never ends", quoted(&route.name));
    let mut others: Vec<&Route> = Vec::new();
    for (other, _) in trail {
        // A route is in the tables of all its listeners.
        if other.name != route.name && !others.iter().any(|known| known.name == other.name) {
            others.push(other);
        }
    }
    let source = sink.source;
    let to = |route: &Route| {
        let redirect = route.origin.path.key(WrittenRoute::redirect);
        let to = redirect.key(WrittenRedirect::to);
        if source.is_written(&to) { to } else { redirect }
    };
    let label = if others.is_empty() { "leads back to this route" } else { "leads to another redirect" };
    let steps: Vec<String> =
        trail.iter().skip(1).take(3).map(|(_, request)| quoted(&shown(request))).collect();
    let headers: Vec<String> =
        start.headers().iter().map(|(name, value)| quoted(&format!("{name}: {value}"))).collect();
    let headers = if headers.is_empty() { String::new() } else { format!(" with {}", headers.join(" and ")) };
    let problem = sink.error_at(&codes::REDIRECT_LOOP, &to(route), title, label);
    for other in others {
        problem.label(source.value_span(&to(other)), "and this one sends it on");
    }
    problem.help(format!(
        "for example {} leads to {}, and so on",
        quoted(&start.to_string()) + &headers,
        steps.join(", then ")
    ));
    if route.is_written()
        && is_by_scheme(route)
        && trail.iter().skip(1).any(|(_, request)| is_secure(request))
    {
        problem.help(
            "`headers: {X-Forwarded-Proto: http}` on the route takes those alone who are not there yet",
        );
    }
}

/// Whether the client comes with https, as somebody in front says.
fn is_secure(request: &Request) -> bool {
    request.headers().iter().any(|(name, value)| name == FORWARDED_PROTO && value == Scheme::Https.as_str())
}

/// The request with the scheme that the client asks with.
fn shown(request: &Request) -> String {
    let text = request.to_string();
    if is_secure(request) { text.replacen("http://", "https://", 1) } else { text }
}

/// Whether all that is other is the scheme.
fn is_by_scheme(route: &Route) -> bool {
    let Target::Redirect(Redirect { leads: Leads::Parts(parts), .. }) = &route.target else { return false };
    *parts == Parts { scheme: Some(Scheme::Https), host: None, port: None, prefix: None }
}
