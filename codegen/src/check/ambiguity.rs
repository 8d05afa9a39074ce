//! Two routes must not match the same request with the same precedence: the file's order never decides.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::encoded;
use crate::model::Route;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Looks at each run of routes with the same host, path shape, and numbers of everything else.
pub(super) fn check(by_precedence: &[&Route], sink: &mut Reporter<'_>) {
    for equals in by_precedence.chunk_by(|a, b| a.precedence(b).is_eq()) {
        if equals.len() > 1 {
            check_equals(equals, sink);
        }
    }
}

/// What a route asks of headers and query, in the order of the names; each text is a number, so that comparing two
/// routes is a matter of nanoseconds.
struct Asked<'r> {
    route: &'r Route,
    names: Vec<u32>,
    values: Vec<u32>,
}

/// Routes of the same names clash if their values are the same: that is looked up, so that many tenants on one path
/// stay cheap. Routes of different names clash if the values of those that they have in common are the same.
fn check_equals(routes: &[&Route], sink: &mut Reporter<'_>) {
    let asked = asked(routes);
    let mut by_conditions: BTreeMap<(&[u32], &[u32]), Vec<&Route>> = BTreeMap::new();
    for asked in &asked {
        let alike = by_conditions.entry((&asked.names, &asked.values)).or_default();
        match alike.iter().find(|other| overlaps(other, asked.route)) {
            Some(other) => report(other, asked.route, sink),
            None => alike.push(asked.route),
        }
    }
    if by_conditions.keys().any(|(names, _)| *names != asked[0].names.as_slice()) {
        pairs(&asked.iter().collect::<Vec<_>>(), sink);
    }
}

/// Fewer routes than this are compared one by one.
const FEW: usize = 4;

/// Pairs of different names. Routes with different values of one name cannot clash, so the name that tells most of
/// them apart leaves little to compare.
fn pairs(routes: &[&Asked<'_>], sink: &mut Reporter<'_>) {
    let mut by_name: BTreeMap<u32, BTreeMap<u32, usize>> = BTreeMap::new();
    if routes.len() >= FEW {
        for asked in routes {
            for (name, value) in asked.names.iter().zip(&asked.values) {
                *by_name.entry(*name).or_default().entry(*value).or_default() += 1;
            }
        }
    }
    // What would still have to be compared with everything or with each other.
    let left = |values: &BTreeMap<u32, usize>| {
        let with = values.values().sum::<usize>();
        values.values().copied().max().unwrap_or(0) + (routes.len() - with)
    };
    let best = by_name.iter().map(|(name, values)| (left(values), *name)).min();
    let Some((_, name)) = best.filter(|(left, _)| *left <= routes.len() / 4 * 3) else {
        for (index, one) in routes.iter().enumerate() {
            across(&[one], &routes[index + 1..], sink);
        }
        return;
    };
    let mut by_value: BTreeMap<Option<u32>, Vec<&Asked<'_>>> = BTreeMap::new();
    for asked in routes {
        let at = asked.names.binary_search(&name).ok();
        by_value.entry(at.map(|at| asked.values[at])).or_default().push(asked);
    }
    let without = by_value.remove(&None).unwrap_or_default();
    for with in by_value.values() {
        across(&without, with, sink);
        pairs(with, sink);
    }
    pairs(&without, sink);
}

/// Each of these with each of those.
fn across(some: &[&Asked<'_>], others: &[&Asked<'_>], sink: &mut Reporter<'_>) {
    for one in some {
        // Every pair may tie, and there are many pairs.
        if sink.problems.is_full() {
            return;
        }
        for other in others {
            if one.names != other.names && agree(one, other) && overlaps(one.route, other.route) {
                report(one.route, other.route, sink);
            }
        }
    }
}

/// A header and a query parameter of one name have different numbers.
fn asked<'r>(routes: &[&'r Route]) -> Vec<Asked<'r>> {
    let all = || routes.iter().flat_map(|route| route.fields());
    let names = numbered(all().map(|(kind, name, _)| (kind, name)));
    let values = numbered(all().map(|(_, _, value)| value));
    let asked = |route: &&'r Route| {
        let mut pairs: Vec<(u32, u32)> =
            route.fields().map(|(kind, name, value)| (names[&(kind, name)], values[value])).collect();
        pairs.sort_unstable();
        let (names, values) = pairs.into_iter().unzip();
        Asked { route, names, values }
    };
    routes.iter().map(asked).collect()
}

/// A number for each of these, in their order.
fn numbered<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    let items: BTreeSet<T> = items.collect();
    items.into_iter().zip(0..).collect()
}

/// Whether a request can have what both ask.
fn agree(a: &Asked<'_>, b: &Asked<'_>) -> bool {
    let (mut i, mut j) = (0, 0);
    while let (Some(one), Some(other)) = (a.names.get(i), b.names.get(j)) {
        match one.cmp(other) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal if a.values[i] != b.values[j] => return false,
            Ordering::Equal => (i, j) = (i + 1, j + 1),
        }
    }
    true
}

fn overlaps(a: &Route, b: &Route) -> bool {
    a.methods.intersects(b.methods) && a.listeners.meet(&b.listeners)
}

fn report(a: &Route, b: &Route, sink: &mut Reporter<'_>) {
    let place = |route: &Route| sink.source.key_span(&route.origin.path).map(|span| span.start);
    let (first, second) = if place(a) <= place(b) { (a, b) } else { (b, a) };
    let source = sink.source;
    let span = |route: &Route| source.value_span(&route.origin.path.key("path"));
    let title = format!("routes {} and {} match the same request", quoted(&first.name), quoted(&second.name));
    sink.error(&codes::AMBIGUOUS_ROUTES, title)
        .label(span(second), "this route")
        .label(span(first), "and this one, with the same precedence")
        .help(format!("for example {}", witness(first, second)))
        .help("the order of the file never decides; make one more specific: path, methods, headers or query");
}

/// A request which both match.
fn witness(a: &Route, b: &Route) -> String {
    let method = a.methods.intersection(b.methods).named().next().unwrap_or("GET");
    let mut query: Vec<String> = a
        .query
        .iter()
        .chain(&b.query)
        .map(|parameter| encoded::parameter(&parameter.name, &parameter.value))
        .collect();
    query.sort();
    query.dedup();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut request = quoted(&format!("{method} http://{}{}{query}", a.host.example(), a.path.example()));
    let mut headers: Vec<String> = a
        .headers
        .iter()
        .chain(&b.headers)
        .map(|header| quoted(&format!("{}: {}", header.name, header.value)))
        .collect();
    headers.sort();
    headers.dedup();
    if !headers.is_empty() {
        request.push_str(&format!(" with {}", headers.join(" and ")));
    }
    if let Some(listener) = a.listeners.names().find(|name| b.listeners.names().any(|other| other == *name)) {
        request.push_str(&format!(" on {listener}"));
    }
    request
}
