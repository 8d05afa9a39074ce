//! The check for ambiguous routes looks things up in tables; here it is held against every pair of routes.

use castgate_codegen::{Diagnostics, Source, compile};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A route over a vocabulary so small that clashes are common.
#[derive(Debug, Clone)]
struct Condition {
    host: Option<&'static str>,
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
        prop::sample::select(vec![None, Some("a.com"), Some("*.com")]),
        prop::sample::select(vec![("/{a}", 0), ("/{b}/", 0), ("/{b:uint}", 1), ("/x", 2)]),
        prop::sample::select(methods),
        predicates(["x-a", "x-b", "x-c"]),
        predicates(["a", "b", "c"]),
    )
        .prop_map(|(host, path, methods, headers, query)| Condition {
            host,
            path,
            methods,
            headers,
            query,
        })
}

fn agree(a: &BTreeMap<&str, &str>, b: &BTreeMap<&str, &str>) -> bool {
    a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_none_or(|other| other == value))
}

fn clash(a: &Condition, b: &Condition) -> bool {
    let methods = match (a.methods, b.methods) {
        (None, None) => true,
        (Some(a), Some(b)) => a.iter().any(|method| b.contains(method)),
        _ => false,
    };
    a.host == b.host
        && a.path.1 == b.path.1
        && methods
        && agree(&a.headers, &b.headers)
        && agree(&a.query, &b.query)
}

fn yaml(routes: &[Condition]) -> String {
    let mut text = String::from("routes:\n");
    for route in routes {
        text.push_str(&format!("  - path: \"{}\"\n    respond: {{}}\n", route.path.0));
        text.extend(route.host.map(|host| format!("    host: \"{host}\"\n")));
        text.extend(route.methods.map(|methods| format!("    methods: {methods:?}\n")));
        text.push_str(&format!("    headers: {:?}\n    query: {:?}\n", route.headers, route.query));
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn routes_are_ambiguous_exactly_if_two_of_them_clash(routes in prop::collection::vec(condition(), 1..8)) {
        let pairs = || routes.iter().enumerate().flat_map(|(i, a)| routes[i + 1..].iter().map(move |b| (a, b)));
        let expected = pairs().any(|(a, b)| clash(a, b));
        let mut sink = Diagnostics::new();
        let _ = compile(&mut Source::new("gateway.yml", yaml(&routes)), &mut sink);
        let ids: Vec<&str> = sink.sorted().iter().map(|diagnostic| diagnostic.code.id).collect();
        prop_assert!(ids.iter().all(|id| *id == "CG0308"), "{ids:?}");
        prop_assert_eq!(!ids.is_empty(), expected);
    }
}
