//! The tables against an oracle that knows nothing of tries: filter all routes, take the one of highest precedence.

use super::*;
use crate::middleware::MiddlewareSet;
use crate::model::PathParameters;
use crate::model::{HeaderName, HeaderPredicate, Methods, Origin, QueryPredicate, Redirect, Scope, Target};
use crate::pattern::PathPattern;
use crate::source::{ConfigPath, FileLine};
use castgate_contract::search::Tables;
use proptest::prelude::*;
use std::time::Duration;

const UUID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

/// The last is in no route by its name.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "PUT"];

/// A request, as far as routes look at it.
#[derive(Debug)]
struct Request {
    host: &'static str,
    path: String,
    method: &'static str,
    headers: u8,
    query: u8,
}

fn names(bits: u8) -> impl Iterator<Item = String> {
    (0..3).filter(move |bit| bits & 1 << bit != 0).map(|bit| format!("x-{bit}"))
}

fn route(host: &str, path: &str, kind: MatchKind, methods: u8, headers: u8, query: u8) -> Route {
    let value = || "1".to_owned();
    Route {
        name: format!("{host}{path}"),
        origin: Origin {
            path: ConfigPath::root(),
            line: FileLine { file: "gateway.yml".into(), line: 1 },
            scope: Scope::TopLevel,
        },
        host: if host.is_empty() { HostPattern::Any } else { HostPattern::parse(host).unwrap() },
        path: PathPattern::parse(path, kind).unwrap(),
        methods: (METHODS.iter().enumerate())
            .filter(|(bit, _)| methods & 1 << bit != 0)
            .map(|(_, name)| Methods::of(name))
            .reduce(Methods::union)
            .unwrap_or(Methods::ALL),
        path_parameters: PathParameters::Refuse,
        headers: names(headers)
            .map(|name| HeaderPredicate { name: HeaderName(name), value: value() })
            .collect(),
        query: names(query).map(|name| QueryPredicate { name, value: value() }).collect(),
        timeout: Duration::from_secs(1),
        idle: Duration::from_secs(1),
        total: None,
        middleware: MiddlewareSet::default(),
        target: Target::Redirect(Redirect { to: Vec::new(), status: 308 }),
        allow: Vec::new(),
    }
}

fn accepts(route: &Route, request: &Request) -> bool {
    (route.methods.is_all() || route.methods.named().any(|name| name == request.method))
        && route.headers.iter().all(|header| names(request.headers).any(|name| name == header.name.as_str()))
        && route.query.iter().all(|query| names(request.query).any(|name| name == query.name))
}

/// The oracle's side: does this route match at all?
fn matches(route: &Route, request: &Request) -> bool {
    let host = match &route.host {
        HostPattern::Any => true,
        HostPattern::Exact(name) => name == request.host,
        HostPattern::Wildcard(suffix) => request
            .host
            .strip_suffix(suffix.as_str())
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
    };
    let path: Vec<&str> = request.path[1..].split('/').collect();
    let pattern = &route.path.segments;
    let fits = |(index, segment): (usize, &Segment)| match segment {
        Segment::Rest { .. } => path.get(index..).is_some_and(|rest| !rest.join("/").is_empty()),
        Segment::Literal(text) => path.get(index) == Some(&text.as_str()),
        Segment::Param { kind, .. } => path.get(index).is_some_and(|text| match kind {
            ParamKind::Uint => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            ParamKind::Uuid => *text == UUID,
            ParamKind::Any => !text.is_empty(),
        }),
    };
    let length = route.path.kind == MatchKind::Prefix || path.len() == pattern.len();
    host && length && pattern.iter().enumerate().all(fits) && accepts(route, request)
}

/// The number of the route the tables lead to.
fn find(index: &Index, routes: &[Route], request: &Request) -> Option<usize> {
    let found = index
        .search(request.host, &request.path, &mut |number, _| accepts(&routes[number as usize], request));
    found.map(|number| number as usize)
}

fn any_route() -> impl Strategy<Value = Route> {
    let host = prop::sample::select(vec!["", "", "a.com", "b.a.com", "*.a.com", "*.b.a.com", "*.com"]);
    let segment =
        prop::sample::select(vec!["/a", "/b", "/longer-than-8", "/1", "/{}", "/{}", "/{:uint}", "/{:uuid}"]);
    let end = prop::sample::select(vec!["", "", "", "/", "/{*rest}"]);
    let bits = || prop_oneof![3 => Just(0u8), 1 => 0u8..8];
    (host, prop::collection::vec(segment, 0..4), end, any::<bool>(), bits(), bits(), bits()).prop_map(
        |(host, segments, end, exact, methods, headers, query)| {
            let mut path = String::new();
            for (number, segment) in segments.iter().enumerate() {
                path.push_str(&segment.replace('{', &format!("{{p{number}")));
            }
            path.push_str(end);
            let path = if path.is_empty() { "/" } else { &path };
            let kind = if exact { MatchKind::Exact } else { MatchKind::Prefix };
            route(host, path, kind, methods, headers, query)
        },
    )
}

fn any_request() -> impl Strategy<Value = Request> {
    let host = prop::sample::select(vec!["a.com", "b.a.com", "c.b.a.com", "x.com", "com", "localhost", ""]);
    let segment =
        prop::sample::select(vec!["/a", "/b", "/longer-than-8", "/longer-than-9", "/1", "/42", "/z", UUID]);
    let path = (prop::collection::vec(segment, 0..5), any::<bool>());
    let method = prop::sample::select(METHODS.to_vec());
    (host, path, method, 0u8..8, 0u8..8).prop_map(|(host, (segments, slash), method, headers, query)| {
        let segments: Vec<&str> = segments.iter().map(|segment| segment.trim_start_matches('/')).collect();
        let slash = if slash && !segments.is_empty() { "/" } else { "" };
        Request { host, path: format!("/{}{slash}", segments.join("/")), method, headers, query }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_tables_find_what_the_oracle_finds(
        routes in prop::collection::vec(any_route(), 1..24),
        requests in prop::collection::vec(any_request(), 16),
    ) {
        let index = index(&routes);
        for request in &requests {
            let found = find(&index, &routes, request);
            let matching = routes.iter().filter(|route| matches(route, request));
            let best = matching.min_by(|a, b| a.precedence(b));
            match (found, best) {
                (None, None) => {}
                // Routes which tie are refused before; here they only have to be as good as each other.
                (Some(found), Some(best)) => {
                    prop_assert!(matches(&routes[found], request), "{} does not match", routes[found].name);
                    prop_assert!(routes[found].precedence(best).is_eq(), "{} is better than {}", best.name, routes[found].name);
                }
                (found, best) => prop_assert!(false, "found {:?}, expected {:?} for {:?}", found, best.map(|route| &route.name), request),
            }
        }
    }
}

#[test]
fn nodes_are_numbered_depth_first_and_the_root_path_ends_at_the_root() {
    let one = |number| Span::one(number, crate::plan::Methods::ALL);
    let exact = |path| route("", path, MatchKind::Exact, 0, 0, 0);
    let index = index(&[exact("/b/c"), exact("/a/{x}"), exact("/"), exact("/a/")]);
    assert_eq!((index.nodes.len(), index.any_host), (5, 0));
    assert_eq!(index.nodes[0].exact, one(2));
    assert_eq!(index.nodes[1].param, 3);
    assert_eq!(index.nodes[3].exact, one(1));
    assert!(index.candidates.is_empty());
}

#[test]
fn literals_without_alternatives_are_one_stem() {
    let exact = |path| route("", path, MatchKind::Exact, 0, 0, 0);
    let index = index(&[exact("/api/v1/a"), exact("/api/v1/b/c/{x}/d/e"), exact("/api/v1/b/c/{x}/d/e/")]);
    let stems: Vec<&str> = index.nodes.iter().map(|node| node.stem.as_str()).collect();
    assert_eq!(stems, ["api/v1", "", "c", "d/e", ""]);
}
