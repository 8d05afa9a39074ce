//! Two routes must not match the same request with the same precedence: the file's order never decides.

use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::model::{Method, Route};
use std::collections::BTreeMap;

/// Looks at each run of routes with the same host, path shape, and numbers of everything else.
pub(super) fn check(by_precedence: &[&Route], sink: &mut Diagnostics) {
    for equals in by_precedence.chunk_by(|a, b| a.precedence(b).is_eq()) {
        if equals.len() > 1 {
            check_equals(equals, sink);
        }
    }
}

/// The names of headers and of query parameters which a route asks for.
type Names<'a> = (Vec<&'a str>, Vec<&'a str>);

/// Routes of the same names clash if their values are the same; routes of different names if the values of those
/// they have in common are. Both are looked up, so that many routes on one path stay cheap.
fn check_equals(routes: &[&Route], sink: &mut Diagnostics) {
    let mut by_names: BTreeMap<Names<'_>, Vec<&Route>> = BTreeMap::new();
    for route in routes {
        let headers = route.headers.iter().map(|header| header.name.as_str()).collect();
        let query = route.query.iter().map(|parameter| parameter.name.as_str()).collect();
        by_names.entry((headers, query)).or_default().push(route);
    }
    let sets: Vec<(&Names<'_>, &Vec<&Route>)> = by_names.iter().collect();
    for (index, (names, members)) in sets.iter().enumerate() {
        let mut by_values: BTreeMap<Vec<&str>, Vec<&Route>> = BTreeMap::new();
        for route in members.iter() {
            let alike = by_values.entry(values(route, names)).or_default();
            match alike.iter().find(|other| overlaps(other, route)) {
                Some(other) => report(other, route, sink),
                None => alike.push(route),
            }
        }
        for (others, other_members) in &sets[index + 1..] {
            let common = (common(&names.0, &others.0), common(&names.1, &others.1));
            let mut by_values: BTreeMap<Vec<&str>, Vec<&Route>> = BTreeMap::new();
            for route in members.iter() {
                by_values.entry(values(route, &common)).or_default().push(route);
            }
            // Every pair may tie, and there are many pairs.
            if sink.is_full() {
                return;
            }
            for route in other_members.iter() {
                let alike = by_values.get(&values(route, &common));
                if let Some(other) = alike.and_then(|alike| alike.iter().find(|other| overlaps(other, route)))
                {
                    report(other, route, sink);
                }
            }
        }
    }
}

fn common<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<&'a str> {
    a.iter().filter(|name| b.contains(name)).copied().collect()
}

/// The values of these headers and parameters, in this order.
fn values<'a>(route: &'a Route, (headers, query): &Names<'_>) -> Vec<&'a str> {
    let headers = route.headers.iter().filter(|header| headers.contains(&header.name.as_str()));
    let query = route.query.iter().filter(|parameter| query.contains(&parameter.name.as_str()));
    headers
        .map(|header| header.value.as_str())
        .chain(query.map(|parameter| parameter.value.as_str()))
        .collect()
}

fn overlaps(a: &Route, b: &Route) -> bool {
    a.methods.overlap(b.methods).is_some()
}

fn report(a: &Route, b: &Route, sink: &mut Diagnostics) {
    let (first, second) = if a.origin.line <= b.origin.line { (a, b) } else { (b, a) };
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
        .map(|parameter| format!("{}={}", parameter.name, parameter.value))
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
