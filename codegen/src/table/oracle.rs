//! An oracle that knows nothing of tries: filter all routes, take the one of highest precedence. And what it is asked.

use super::Request;
use crate::model::{HeaderName, HeaderPredicate, Methods, QueryPredicate, Route};
use crate::pattern::{HostPattern, Label, MatchKind, ParamKind, PathPattern, Segment};
use crate::testing;
use proptest::prelude::*;
use std::cmp::Ordering;

const UUID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

/// `GET,POST host,host/path` with `!` in front of an exact path, `+a` for a header and `?a` for a parameter.
pub(crate) fn route(text: &str) -> Route {
    let mut words = text.split(' ');
    let methods = match words.next().unwrap() {
        "*" => Methods::ALL,
        names => names.split(',').map(Methods::of).reduce(Methods::union).unwrap(),
    };
    let host_and_path = words.next().unwrap();
    let exact = host_and_path.starts_with('!');
    let host_and_path = host_and_path.trim_start_matches('!');
    let (host, path) = host_and_path.split_at(host_and_path.find('/').unwrap());
    let (headers, query): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('+'));
    let value = || "1".to_owned();
    let mut headers: Vec<HeaderPredicate> = headers
        .into_iter()
        .map(|word| HeaderPredicate { name: HeaderName(word[1..].to_owned()), value: value() })
        .collect();
    let mut query: Vec<QueryPredicate> =
        query.into_iter().map(|word| QueryPredicate { name: word[1..].to_owned(), value: value() }).collect();
    headers.sort();
    query.sort();
    Route {
        name: text.to_owned(),
        hosts: host.split_terminator(',').map(|host| HostPattern::parse(host).unwrap()).collect(),
        path: PathPattern::parse(path, if exact { MatchKind::Exact } else { MatchKind::Prefix }).unwrap(),
        methods,
        headers,
        query,
        ..testing::cast("routes: [{path: /, respond: {}}]").model.routes[0].clone()
    }
}

/// Whether this route matches at all.
pub(crate) fn matches(route: &Route, request: &Request) -> bool {
    let host = route.hosts.iter().any(|pattern| has(pattern, request.host()));
    let path: Vec<&str> = request.path()[1..].split('/').collect();
    let pattern = &route.path.segments;
    let fits = |(index, segment): (usize, &Segment)| match segment {
        Segment::Rest { .. } => index < path.len(),
        Segment::Literal(text) => path.get(index) == Some(&text.as_str()),
        Segment::Param { kind, .. } => path.get(index).is_some_and(|text| match kind {
            ParamKind::Uint => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            ParamKind::Uuid => text.split('-').map(str::len).eq([8, 4, 4, 4, 12]),
            ParamKind::Any => !text.is_empty(),
        }),
    };
    let method = route.methods.is_all() || route.methods.named().any(|name| name == request.method());
    let length = route.path.kind == MatchKind::Prefix || path.len() == pattern.len();
    host && method && length && pattern.iter().enumerate().all(fits) && request.has_fields_of(route)
}

fn has(pattern: &HostPattern, host: &str) -> bool {
    let front = |suffix: &str| host.strip_suffix(suffix)?.strip_suffix('.').filter(|front| !front.is_empty());
    match pattern {
        HostPattern::Any => true,
        HostPattern::Exact(name) => name == host,
        HostPattern::Wildcard(suffix) => front(suffix).is_some(),
        HostPattern::Labelled(Label { suffix, .. }) => front(suffix).is_some_and(|front| {
            front.bytes().all(|byte| b"-_".contains(&byte) || byte.is_ascii_alphanumeric())
        }),
    }
}

/// As if it had only the one host by which it takes the request, the most specific of them.
fn on(route: &Route, request: &Request) -> Route {
    let rank = |pattern: &&HostPattern| match pattern {
        HostPattern::Exact(_) => (0, 0),
        HostPattern::Labelled(_) => (1, 0),
        HostPattern::Wildcard(suffix) => (2, usize::MAX - suffix.len()),
        HostPattern::Any => (3, 0),
    };
    let hosts = route.hosts.iter().filter(|pattern| has(pattern, request.host()));
    Route { hosts: hosts.min_by_key(rank).cloned().into_iter().collect(), ..route.clone() }
}

/// Which of two routes that match takes a request; equal if they tie.
pub(crate) fn order(a: &Route, b: &Route, request: &Request) -> Ordering {
    on(a, request).precedence(&on(b, request))
}

pub(crate) fn best<'m>(routes: &'m [Route], request: &Request) -> Option<&'m Route> {
    routes.iter().filter(|route| matches(route, request)).min_by(|a, b| order(a, b, request))
}

pub(crate) fn any_route() -> impl Strategy<Value = Route> {
    // All that can be named are not all there are.
    const NAMED: &str = "GET,HEAD,POST,PUT,DELETE,OPTIONS,PATCH";
    let methods = prop::sample::select(vec!["*", "*", "*", "GET", "POST", "GET,POST", NAMED]);
    let host = vec!["a.com", "*.com", "{t}.com", "b.a.com", "{t}.a.com", "*.a.com", "*.b.a.com"];
    let host = prop_oneof![
        3 => Just(String::new()),
        4 => prop::sample::select(host.clone()).prop_map(str::to_owned),
        2 => prop::sample::subsequence(host, 2..=3).prop_map(|hosts| hosts.join(",")),
    ];
    let segment =
        prop::sample::select(vec!["/a", "/1", "/longer-than-8", "/{}", "/{}", "/{}", "/{:uint}", "/{:uuid}"]);
    let end = prop::sample::select(vec!["", "", "/", "/{*rest}", "/{*rest}"]);
    let fields = prop::sample::subsequence(vec![" +h", " +g", " ?q"], 0..3);
    let fields = prop_oneof![3 => Just(Vec::new()), 1 => fields];
    (methods, host, prop::collection::vec(segment, 0..4), end, any::<bool>(), fields).prop_map(
        |(methods, host, segments, end, exact, fields)| {
            let mut path = String::new();
            for (number, segment) in segments.iter().enumerate() {
                path.push_str(&segment.replace('{', &format!("{{p{number}")));
            }
            path.push_str(end);
            let path = if path.is_empty() { "/" } else { &path };
            let exact = if exact { "!" } else { "" };
            route(&format!("{methods} {exact}{host}{path}{}", fields.concat()))
        },
    )
}

pub(crate) fn any_request() -> impl Strategy<Value = Request> {
    let host = prop::sample::select(vec![
        "a.com",
        "b.com",
        "b.a.com",
        "c.b.a.com",
        "c.a.com",
        "a!b.com",
        "a!b.a.com",
        "com",
        ".com",
        "..com",
        "localhost",
        "",
    ]);
    let segment = prop::sample::select(vec!["a", "b", "longer-than-8", "longer-than-9", "1", "2", UUID]);
    let method = prop::sample::select(vec!["GET", "POST", "PUT", "PROPFIND"]);
    let fields = prop::sample::subsequence(vec!["h", "g"], 0..=2);
    (host, prop::collection::vec(segment, 0..5), any::<bool>(), method, fields, any::<bool>()).prop_map(
        |(host, segments, slash, method, fields, query)| {
            let slash = if slash && !segments.is_empty() { "/" } else { "" };
            let path = format!("/{}{slash}", segments.join("/"));
            let headers = fields.into_iter().map(|name| (name.to_owned(), "1".to_owned())).collect();
            Request::new(method, host, &path, query.then_some("q=1"), headers).unwrap()
        },
    )
}
