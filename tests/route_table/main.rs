//! The whole way of a route, from YAML to the runtime's answer, against an oracle that knows no tries: of all routes
//! that match, the one of highest precedence. Nothing here is shared with the compiler but its input.

mod oracle;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use castgate::Fields;
use castgate::route::{Answer, Question};
use castgate_codegen::{Diagnostics, Source, Style, compile, lower};
use http::{HeaderName, HeaderValue, Method};
use oracle::{Request, Route};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use table::Tables;

const UUID: &str = "67E55044-10b1-426f-9247-bb680e5fe0c8";

/// Compiles the config; `Err` is the report.
fn cast(yaml: String) -> Result<Tables, String> {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", yaml);
    match compile(&mut source, &mut sink) {
        Ok(cast) => Ok(table::load(&lower::lower(&cast.model))),
        Err(_) => Err(sink.render(&source, Style::Plain)),
    }
}

/// The names of listeners, where a route names one.
const LISTENERS: [&str; 3] = ["one", "two", "three"];

fn yaml(routes: &[Route]) -> String {
    let mut yaml = String::new();
    if routes.iter().any(|route| !route.listeners.is_empty()) {
        yaml.push_str("server: {listeners: {one: {address: 127.0.0.1:1}, two: {address: 127.0.0.1:2}, three: {address: 127.0.0.1:3}}}\n");
    }
    yaml.push_str("routes:\n");
    for (number, route) in routes.iter().enumerate() {
        let map = |pairs: &BTreeMap<&str, &str>| {
            pairs.iter().map(|(name, value)| format!("{name}: {value:?}")).collect::<Vec<_>>().join(", ")
        };
        _ = writeln!(yaml, "  - name: r{number}\n    path: {:?}\n    respond: {{}}", route.path());
        if !route.listeners.is_empty() {
            _ = writeln!(yaml, "    listener: [{}]", route.listeners.join(", "));
        }
        match route.hosts.as_slice() {
            [] => {}
            [one] => _ = writeln!(yaml, "    host: {one:?}"),
            several => _ = writeln!(yaml, "    host: {several:?}"),
        }
        if route.exact {
            _ = writeln!(yaml, "    match: exact");
        }
        if !route.methods.is_empty() {
            _ = writeln!(yaml, "    methods: [{}]", route.methods.join(", "));
        }
        if !route.headers.is_empty() {
            _ = writeln!(yaml, "    headers: {{{}}}", map(&route.headers));
        }
        if !route.query.is_empty() {
            _ = writeln!(yaml, "    query: {{{}}}", map(&route.query));
        }
    }
    yaml
}

fn ask(tables: &Tables, request: &Request) -> Result<usize, Vec<&'static str>> {
    let index = tables.get(request.listener).unwrap_or_else(|| &tables[""]);
    let method = Method::from_bytes(request.method.as_bytes()).expect("a method");
    let mut fields = Fields::default();
    for (name, value) in &request.headers {
        fields.append(&HeaderName::from_static(name), &HeaderValue::from_static(value));
    }
    let question = Question {
        method: &method,
        host: request.host,
        path: &request.path,
        query: request.query.as_deref(),
        fields: &fields,
        introduction: None,
    };
    match index.find(&question) {
        Answer::Route(number) => Ok(number as usize),
        Answer::Nothing => Err(Vec::new()),
        Answer::Allow(allowed) => {
            let of = |name: &str| castgate::route::Methods::of(name);
            Err(oracle::METHODS.into_iter().filter(|name| allowed.intersects(of(name))).collect())
        }
    }
}

fn any_route() -> impl Strategy<Value = Route> {
    let hosts = ["a.com", "b.a.com", "{t}.com", "{t}.a.com", "{u}.b.a.com", "*.a.com", "*.b.a.com", "*.com"];
    let host = prop::sample::select(hosts.to_vec()).prop_map(|host| vec![host]);
    let several = prop::sample::subsequence(hosts.to_vec(), 2..4);
    let segments = ["a", "a", "b", "longer-than-8", "1", "{}", "{}", "{:uint}", "{:uuid}"];
    let methods = prop::sample::subsequence(oracle::METHODS.to_vec(), 1..3);
    let headers = prop::sample::subsequence(vec!["x-a", "x-b", "x-c"], 0..3);
    let query = prop::sample::subsequence(vec!["p", "q r", "s"], 0..3);
    let values = || prop::collection::vec(prop::sample::select(vec!["1", "a b"]), 3);
    let listeners = prop::sample::subsequence(LISTENERS.to_vec(), 1..3);
    (
        prop_oneof![3 => Just(Vec::new()), 4 => host, 2 => several],
        prop::collection::vec(prop::sample::select(segments.to_vec()), 0..4),
        prop::sample::select(vec!["", "", "/", "{*}"]),
        any::<bool>(),
        prop_oneof![2 => Just(Vec::new()), 1 => methods],
        (prop_oneof![2 => Just(Vec::new()), 1 => headers], values()),
        (prop_oneof![2 => Just(Vec::new()), 1 => query], values()),
        prop_oneof![3 => Just(Vec::new()), 1 => listeners],
    )
        .prop_map(|(hosts, mut segments, end, exact, methods, headers, query, listeners)| {
            match end {
                "" => {}
                "/" if segments.is_empty() => {}
                "/" => segments.push(""),
                rest => segments.push(rest),
            }
            let map = |(names, values): (Vec<_>, Vec<_>)| names.into_iter().zip(values).collect();
            let mut route = Route::new(hosts, segments, exact, methods, map(headers), map(query));
            route.listeners = listeners;
            route
        })
}

fn any_request() -> impl Strategy<Value = Request> {
    let hosts = [
        "a.com",
        "b.a.com",
        "c.b.a.com",
        "d.c.b.a.com",
        "x.com",
        "x.y.com",
        ".com",
        "..com",
        "x.y.com",
        ".com",
        "..com",
        "com",
        "localhost",
        "",
    ];
    let segments =
        ["a", "a", "b", "longer-than-8", "longer-than-9", "1", "1", "18446744073709551616", "z", UUID];
    let methods = ["GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PURGE"];
    let header = (prop::sample::select(vec!["x-a", "x-b", "x-c"]), prop::sample::select(vec!["1", "a b"]));
    // The same names and values, in several spellings.
    let names = prop::sample::select(vec!["p", "%70", "q+r", "q%20r", "s"]);
    let values = prop::sample::select(vec!["=1", "=%31", "=a+b", "=a%20b", "=", ""]);
    let query = prop::collection::vec((names, values), 0..5).prop_map(|pairs| {
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}{value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("&"))
    });
    (
        prop::sample::select(hosts.to_vec()),
        prop::collection::vec(prop::sample::select(segments.to_vec()), 0..5),
        any::<bool>(),
        prop::sample::select(methods.to_vec()),
        prop::collection::vec(header, 0..5),
        query,
        prop::sample::select(LISTENERS.to_vec()),
    )
        .prop_map(|(host, segments, slash, method, headers, query, listener)| {
            let slash = if slash && !segments.is_empty() { "/" } else { "" };
            let path = format!("/{}{slash}", segments.join("/"));
            Request { listener, host, path, method, headers, query }
        })
}

/// Without those that tie with an earlier one: what the compiler must accept.
fn unambiguous(routes: &[Route]) -> Vec<Route> {
    let mut kept: Vec<Route> = Vec::new();
    for route in routes {
        if !kept.iter().any(|other| other.ties_with(route)) {
            kept.push(route.clone());
        }
    }
    kept
}

#[test]
fn the_runtime_finds_what_the_oracle_finds() {
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let cases = (prop::collection::vec(any_route(), 1..24), prop::collection::vec(any_request(), 64));
    let (mut found, mut allowed, mut ambiguous) = (0, 0, 0);
    let counts = std::cell::RefCell::new((&mut found, &mut allowed, &mut ambiguous));
    runner
        .run(&cases, |(all, requests)| {
            let mut counts = counts.borrow_mut();
            let routes = unambiguous(&all);
            if routes.len() < all.len() {
                match cast(yaml(&all)) {
                    Err(report) => *counts.2 += usize::from(report.contains("[CG0308]")),
                    // Others take all that the two match.
                    Ok(_) => prop_assert!(!requests.iter().any(|request| oracle::is_tied(&all, request))),
                }
            }
            let tables = match cast(yaml(&routes)) {
                Ok(tables) => tables,
                Err(report) => {
                    // The generator does not avoid routes that others leave nothing to.
                    prop_assert!(
                        report
                            .lines()
                            .filter(|line| line.starts_with("error["))
                            .all(|line| line.starts_with("error[CG0309]")),
                        "{report}"
                    );
                    return Err(TestCaseError::reject("a route that nothing reaches"));
                }
            };
            for request in &requests {
                let (actual, expected) = (ask(&tables, request), oracle::answer(&routes, request));
                *counts.0 += usize::from(expected.is_ok());
                *counts.1 += usize::from(expected.as_ref().is_err_and(|allowed| !allowed.is_empty()));
                prop_assert_eq!(actual, expected, "{:?} to\n{}", request, yaml(&routes));
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    // The generators meet every branch often enough for the test to mean something. The cases are random, so the
    // bounds are well below what a poor run had: 5,905, 911 and 9.
    assert!(
        found > 1_500 && allowed > 100 && ambiguous > 1,
        "{found} found, {allowed} 405, {ambiguous} ambiguous"
    );
}

/// Literals and plain parameters, every path exact: the part of the language that matchit has as well.
#[test]
fn the_runtime_finds_what_matchit_finds() {
    let segment = prop::sample::select(vec!["a", "b", "bb", "c-d", "{}"]);
    let paths = prop::collection::btree_set(prop::collection::vec(segment, 1..5), 1..40);
    let asked = prop::sample::select(vec!["a", "b", "bb", "c-d", "c", "abc"]);
    let requests = prop::collection::vec(prop::collection::vec(asked, 1..6), 64);
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    runner
        .run(&(paths, requests), |(paths, requests)| {
            let mut router = matchit::Router::new();
            let mut routes = Vec::new();
            for (number, segments) in paths.into_iter().enumerate() {
                let route =
                    Route::new(Vec::new(), segments, true, Vec::new(), BTreeMap::new(), BTreeMap::new());
                prop_assert!(router.insert(route.path(), number).is_ok(), "matchit refuses {}", route.path());
                routes.push(route);
            }
            let tables = cast(yaml(&routes)).map_err(TestCaseError::fail)?;
            for segments in requests {
                let path = format!("/{}", segments.join("/"));
                let expected = router.at(&path).ok().map(|found| *found.value);
                let (listener, headers) = ("", Vec::new());
                let request = Request { listener, host: "", path, method: "GET", headers, query: None };
                prop_assert_eq!(ask(&tables, &request).ok(), expected, "{}", request.path);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
