//! The check for ambiguous routes looks things up in tables; here it is held against every request.

use castgate_codegen::{Diagnostics, Source, compile};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A route over a vocabulary so small that clashes are common.
#[derive(Debug, Clone)]
struct Condition {
    hosts: &'static [&'static str],
    /// The pattern, and its shape.
    path: (&'static str, u8),
    methods: Option<&'static [&'static str]>,
    headers: BTreeMap<&'static str, &'static str>,
    query: BTreeMap<&'static str, &'static str>,
}

fn predicates(names: [&'static str; 3]) -> impl Strategy<Value = BTreeMap<&'static str, &'static str>> {
    prop::collection::btree_map(
        prop::sample::select(names.to_vec()),
        prop::sample::select(vec!["1", "2"]),
        0..3,
    )
}

fn condition() -> impl Strategy<Value = Condition> {
    let methods: Vec<Option<&'static [&'static str]>> =
        vec![None, Some(&["GET"]), Some(&["POST"]), Some(&["POST", "PUT"])];
    (
        prop::sample::select(vec![
            &[][..],
            &["a.com"],
            &["*.com"],
            &["a.com", "*.com"],
            &["{t}.com", "*.com"],
            &["{u}.com"],
        ]),
        prop::sample::select(vec![("/{a}", 0), ("/{b}/", 0), ("/{b:uint}", 1), ("/x", 2)]),
        prop::sample::select(methods),
        predicates(["x-a", "x-b", "x-c"]),
        predicates(["a", "b", "c"]),
    )
        .prop_map(|(hosts, path, methods, headers, query)| Condition {
            hosts,
            path,
            methods,
            headers,
            query,
        })
}

/// A request, as far as these routes look at it.
struct Request {
    host: &'static str,
    path: &'static str,
    method: &'static str,
    headers: BTreeMap<&'static str, &'static str>,
    query: BTreeMap<&'static str, &'static str>,
}

/// Each name is missing, or has one of two values.
fn maps(names: [&'static str; 3]) -> Vec<BTreeMap<&'static str, &'static str>> {
    let map = |number: usize| {
        let values = [number % 3, number / 3 % 3, number / 9];
        let pairs = names.into_iter().zip(values).filter(|(_, value)| *value > 0);
        pairs.map(|(name, value)| (name, ["1", "2"][value - 1])).collect()
    };
    (0..27).map(map).collect()
}

fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for host in ["a.com", "b.com", "b.a.com", "localhost"] {
        for path in ["/x", "/7", "/y"] {
            for method in ["GET", "POST", "PUT"] {
                for headers in maps(["x-a", "x-b", "x-c"]) {
                    for query in maps(["a", "b", "c"]) {
                        requests.push(Request { host, path, method, headers: headers.clone(), query });
                    }
                }
            }
        }
    }
    requests
}

/// What decides who goes first, the host and then all else; `None` if the route does not match.
fn rank(route: &Condition, request: &Request) -> Option<[usize; 5]> {
    let has = |wanted: &BTreeMap<&str, &str>, map: &BTreeMap<&str, &str>| {
        wanted.iter().all(|(name, value)| map.get(name) == Some(value))
    };
    let host = |pattern: &&str| match *pattern {
        "*.com" => request.host.ends_with(".com").then_some(2),
        "a.com" => (request.host == "a.com").then_some(0),
        // One label, then `.com`.
        _ => (request.host.ends_with(".com") && request.host.split('.').count() == 2).then_some(1),
    };
    let host = if route.hosts.is_empty() { Some(3) } else { route.hosts.iter().filter_map(host).min() }?;
    let path = match route.path.1 {
        2 => (request.path == "/x").then_some(0),
        1 => (request.path == "/7").then_some(1),
        _ => Some(2),
    }?;
    let is_right = route.methods.is_none_or(|methods| methods.contains(&request.method))
        && has(&route.headers, &request.headers)
        && has(&route.query, &request.query);
    let counts = [3 - route.headers.len(), 3 - route.query.len()];
    is_right.then_some([host, path, usize::from(route.methods.is_none()), counts[0], counts[1]])
}

/// Whether two routes are the first of all that match this request.
fn is_tied(routes: &[Condition], request: &Request) -> bool {
    let mut ranks: Vec<[usize; 5]> = routes.iter().filter_map(|route| rank(route, request)).collect();
    ranks.sort_unstable();
    matches!(ranks.as_slice(), [first, second, ..] if first == second)
}

fn yaml(routes: &[Condition]) -> String {
    let mut text = String::from("lints: {get-without-head: allow}\nroutes:\n");
    for route in routes {
        text.push_str(&format!("  - path: \"{}\"\n    respond: {{}}\n", route.path.0));
        if !route.hosts.is_empty() {
            text.push_str(&format!("    host: {:?}\n", route.hosts));
        }
        text.extend(route.methods.map(|methods| format!("    methods: {methods:?}\n")));
        text.push_str(&format!("    headers: {:?}\n    query: {:?}\n", route.headers, route.query));
    }
    text
}

/// Every request of this universe.
static REQUESTS: LazyLock<Vec<Request>> = LazyLock::new(requests);

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn routes_are_ambiguous_exactly_if_two_of_them_are_first(routes in prop::collection::vec(condition(), 1..8)) {
        let expected = REQUESTS.iter().any(|request| is_tied(&routes, request));
        let mut sink = Diagnostics::new();
        let _ = compile(&mut Source::new("gateway.yml", yaml(&routes)), &mut sink);
        let ids: Vec<&str> = sink.sorted().iter().map(|diagnostic| diagnostic.code.id).collect();
        prop_assert!(ids.iter().all(|id| *id == "CG0308"), "{ids:?}");
        prop_assert_eq!(!ids.is_empty(), expected);
    }
}
