//! Two routes must not match the same request with the same precedence: the file's order never decides.

use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::model::{Method, Route};
use crate::table::form_encoded;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Looks at each run of routes with the same host, path shape, and numbers of everything else.
pub(super) fn check(by_precedence: &[&Route], sink: &mut Diagnostics) {
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
/// stay cheap. Routes of different names clash if the values of those that they have in common are the same: that is
/// asked of every pair.
fn check_equals(routes: &[&Route], sink: &mut Diagnostics) {
    let mut by_names: BTreeMap<Vec<u32>, Vec<Asked<'_>>> = BTreeMap::new();
    for asked in asked(routes) {
        by_names.entry(asked.names.clone()).or_default().push(asked);
    }
    let sets: Vec<Vec<Asked<'_>>> = by_names.into_values().collect();
    for (index, set) in sets.iter().enumerate() {
        let mut by_values: BTreeMap<&[u32], Vec<&Route>> = BTreeMap::new();
        for asked in set {
            let alike = by_values.entry(&asked.values).or_default();
            match alike.iter().find(|other| overlaps(other, asked.route)) {
                Some(other) => report(other, asked.route, sink),
                None => alike.push(asked.route),
            }
        }
        for asked in sets[index + 1..].iter().flatten() {
            if let Some(other) =
                set.iter().find(|other| agree(other, asked) && overlaps(other.route, asked.route))
            {
                report(other.route, asked.route, sink);
            }
        }
        // Every pair may tie, and there are many pairs.
        if sink.is_full() {
            return;
        }
    }
}

/// A header and a query parameter of one name have different numbers.
fn asked<'r>(routes: &[&'r Route]) -> Vec<Asked<'r>> {
    let conditions = |route: &'r Route| {
        let headers = route.headers.iter().map(|header| (0, header.name.as_str(), header.value.as_str()));
        let query = route.query.iter().map(|wanted| (1, wanted.name.as_str(), wanted.value.as_str()));
        headers.chain(query)
    };
    let all = || routes.iter().flat_map(|route| conditions(route));
    let names = numbered(all().map(|(kind, name, _)| (kind, name)));
    let values = numbered(all().map(|(_, _, value)| value));
    let asked = |route: &&'r Route| {
        let mut pairs: Vec<(u32, u32)> =
            conditions(route).map(|(kind, name, value)| (names[&(kind, name)], values[value])).collect();
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
    a.methods.overlap(b.methods).is_some()
}

fn report(a: &Route, b: &Route, sink: &mut Diagnostics) {
    let place = |route: &Route| sink.key_span(&route.origin.path).map(|span| span.start);
    let (first, second) = if place(a) <= place(b) { (a, b) } else { (b, a) };
    let spans = [second, first].map(|route| sink.value_span(&route.origin.path.key("path")));
    let [second_span, first_span] = spans;
    let title = format!("routes {} and {} match the same request", quoted(&first.name), quoted(&second.name));
    let problem = sink.error(&codes::AMBIGUOUS_ROUTES, title);
    if let Some(span) = second_span {
        problem.label(span, "this route");
    }
    if let Some(span) = first_span {
        problem.label(span, "and this one, with the same precedence");
    }
    problem
        .help(format!("for example {}", witness(first, second)))
        .help("the order of the file never decides; make one more specific: path, methods, headers or query");
}

/// A request which both match.
fn witness(a: &Route, b: &Route) -> String {
    let method = a.methods.overlap(b.methods).unwrap_or(Method::Get).as_str();
    let mut query: Vec<String> = a
        .query
        .iter()
        .chain(&b.query)
        .map(|parameter| format!("{}={}", form_encoded(&parameter.name), form_encoded(&parameter.value)))
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
    request
}
