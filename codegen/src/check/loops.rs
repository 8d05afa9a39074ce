//! A redirect that leads back to redirects for ever: which requests could go round is searched, and each is followed
//! through the table, as a client would.

mod follow;
mod search;
mod template;

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::model::{Route, Target};
use crate::table::{Request, Table};
use search::Search;
use std::collections::BTreeSet;

pub(super) fn check(tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    let mut reported = BTreeSet::new();
    tables.iter().for_each(|table| on_listener(table, &mut reported, sink));
}

/// Redirects that lead back to their own listener.
fn on_listener<'m>(table: &Table<'m>, reported: &mut BTreeSet<&'m str>, sink: &mut Reporter<'_>) {
    let routes = table.model().routes.iter().enumerate();
    let mut redirects = routes.filter(|(_, route)| matches!(route.target, Target::Redirect(_))).peekable();
    if redirects.peek().is_none() {
        return;
    }
    let mut search = Search::new(table);
    for (number, route) in redirects {
        if reported.contains(route.name.as_str()) {
            continue;
        }
        if let Some((start, trail)) = search.endless(number) {
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
        if !std::ptr::eq(*other, route) && !others.iter().any(|known| std::ptr::eq(*known, *other)) {
            others.push(other);
        }
    }
    let to = |route: &Route| route.origin.path.key("redirect").key("to");
    let source = sink.source;
    let label = if others.is_empty() { "leads back to this route" } else { "leads to another redirect" };
    let steps: Vec<String> =
        trail.iter().skip(1).take(3).map(|(_, request)| quoted(&request.to_string())).collect();
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
}
