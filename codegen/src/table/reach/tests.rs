//! The verdicts against an oracle that knows nothing of tries: filter all routes, take the one of highest precedence.

use crate::model::{
    HeaderName, HeaderPredicate, MiddlewareSet, Model, Origin, QueryPredicate, Redirect, Route, Scope, Target,
};
use crate::model::{Methods, PathParameters};
use crate::pattern::{HostPattern, MatchKind, PathPattern, Segment};
use crate::source::{ConfigPath, FileLine};
use crate::table::{Answer, Reach, Request, Table};
use crate::{Diagnostics, Source, compile};
use proptest::prelude::*;
use std::time::Duration;

const UUID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

fn model(routes: Vec<Route>) -> Model {
    let mut source = Source::new("gateway.yml", "routes: [{path: /, respond: {}}]");
    let model = compile(&mut source, &mut Diagnostics::new()).unwrap().model;
    Model { routes, ..model }
}

/// `GET,POST host/path` with `!` in front of an exact path, `+a` for a header and `?a` for a parameter.
fn route(text: &str) -> Route {
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
        origin: Origin {
            path: ConfigPath::root(),
            line: FileLine { file: "gateway.yml".into(), line: 1 },
            scope: Scope::TopLevel,
        },
        host: if host.is_empty() { HostPattern::Any } else { HostPattern::parse(host).unwrap() },
        path: PathPattern::parse(path, if exact { MatchKind::Exact } else { MatchKind::Prefix }).unwrap(),
        methods,
        path_parameters: PathParameters::Refuse,
        headers,
        query,
        timeout: Duration::from_secs(1),
        idle: Duration::from_secs(1),
        total: None,
        middleware: MiddlewareSet::default(),
        target: Target::Redirect(Redirect { to: Vec::new(), status: 308 }),
        allow: Vec::new(),
    }
}

/// The oracle's side: does this route match at all?
fn matches(route: &Route, request: &Request) -> bool {
    let host = match &route.host {
        HostPattern::Any => true,
        HostPattern::Exact(name) => name == request.host(),
        HostPattern::Wildcard(suffix) => request
            .host()
            .strip_suffix(suffix.as_str())
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
    };
    let path: Vec<&str> = request.path()[1..].split('/').collect();
    let pattern = &route.path.segments;
    let fits = |(index, segment): (usize, &Segment)| match segment {
        Segment::Rest { .. } => path.get(index..).is_some_and(|rest| !rest.join("/").is_empty()),
        Segment::Literal(text) => path.get(index) == Some(&text.as_str()),
        Segment::Param { kind, .. } => path.get(index).is_some_and(|text| kind.accepts(text)),
    };
    let method = route.methods.is_all() || route.methods.named().any(|name| name == request.method());
    let length = route.path.kind == MatchKind::Prefix || path.len() == pattern.len();
    host && method && length && pattern.iter().enumerate().all(fits) && request.has_fields_of(route)
}

fn best<'m>(model: &'m Model, request: &Request) -> Option<&'m Route> {
    model.routes.iter().filter(|route| matches(route, request)).min_by(|a, b| a.precedence(b))
}

fn dead(texts: &[&str]) -> Vec<(String, Vec<String>)> {
    let model = model(texts.iter().map(|text| route(text)).collect());
    let table = Table::new(&model);
    let dead = table.dead().into_iter();
    dead.map(|(route, by)| (route.name.clone(), by.into_iter().map(|by| by.name.clone()).collect())).collect()
}

#[test]
fn routes_die_of_unions() {
    for (routes, takers) in [
        // `{x}` as a prefix takes all that `{*rest}` would.
        (&["* /a/{*rest}", "* /a/{x}"][..], &["* /a/{x}"][..]),
        (&["* /a", "* !/a", "* !/a/", "* /a/{*rest}"], &["* !/a", "* !/a/", "* /a/{*rest}"]),
        (&["* /", "* !/", "* /{*rest}"], &["* !/", "* /{*rest}"]),
        // Methods add up.
        (&["GET,PUT /a/{*rest}", "GET /a/{x}", "PUT,PATCH /a/{x}"], &["GET /a/{x}", "PUT,PATCH /a/{x}"]),
        // So do lengths.
        (
            &["GET /a/{*r}", "* !/a/{x}", "* !/a/{x}/", "GET /a/{x}/{*rest}"],
            &["* !/a/{x}", "* !/a/{x}/", "GET /a/{x}/{*rest}"],
        ),
        // Whoever asks for less takes more.
        (&["* /a/{*rest} +h +g ?q", "* /a/{x} +h"], &["* /a/{x} +h"]),
    ] {
        let takers: Vec<String> = takers.iter().map(|taker| (*taker).to_owned()).collect();
        assert_eq!(dead(routes), [(routes[0].to_owned(), takers)]);
    }
}

#[test]
fn routes_live_by_what_is_left() {
    for routes in [
        &["* /a/{*rest}", "GET,HEAD,POST,PUT,DELETE,OPTIONS,PATCH /a/{x}"][..],
        &["* /a", "* !/a", "* /a/{*rest}"],
        &["* /a/{*rest}", "* /a/{x:uint}", "* /a/{x:uuid}"],
        &["* a.com/a/{*rest}", "* /a/{x}"],
        &["* *.com/", "* a.com/", "* *.a.com/"],
        &["* /a/{*rest}", "* /a/{x} +h"],
        &["GET /a/{*rest}", "PUT /a/{x}"],
        &["* /a/{*rest}", "* !/a/{x}", "* /a/{x}/{y}"],
    ] {
        assert_eq!(dead(routes), []);
    }
}

fn any_route() -> impl Strategy<Value = Route> {
    // All that can be named are not all there are.
    const NAMED: &str = "GET,HEAD,POST,PUT,DELETE,OPTIONS,PATCH";
    let methods = prop::sample::select(vec!["*", "*", "*", "GET", "POST", "GET,POST", NAMED]);
    let host = prop::sample::select(vec!["", "", "", "a.com", "*.com"]);
    let segment = prop::sample::select(vec!["/a", "/1", "/{}", "/{}", "/{}", "/{:uint}", "/{:uuid}"]);
    let end = prop::sample::select(vec!["", "", "/", "/{*rest}", "/{*rest}"]);
    let fields = prop::sample::subsequence(vec![" +h", " +g", " ?q"], 0..3);
    let fields = prop_oneof![3 => Just(Vec::new()), 1 => fields];
    (methods, host, prop::collection::vec(segment, 0..3), end, any::<bool>(), fields).prop_map(
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

fn any_request() -> impl Strategy<Value = Request> {
    let host = prop::sample::select(vec!["a.com", "b.com", "b.a.com", "localhost", ""]);
    let segment = prop::sample::select(vec!["a", "b", "1", "2", UUID]);
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_routes_have_a_witness_and_no_request_gets_to_a_dead_one(
        drawn in prop::collection::vec(any_route(), 1..14),
        requests in prop::collection::vec(any_request(), 48),
    ) {
        // Ties are refused by another check.
        let mut routes: Vec<Route> = Vec::new();
        for route in drawn {
            let ties = |other: &Route| other.precedence(&route).is_eq() && other.methods.intersects(route.methods);
            if !routes.iter().any(ties) {
                routes.push(route);
            }
        }
        let model = model(routes);
        let table = Table::new(&model);
        let reach = table.reach();
        for (route, reach) in model.routes.iter().zip(&reach) {
            match reach {
                Reach::Live(witness) => {
                    let Answer::Route(found) = table.ask(witness) else { panic!("{witness} gets nowhere") };
                    prop_assert_eq!(&found.name, &route.name, "{} is not the witness", witness);
                    prop_assert_eq!(best(&model, witness).map(|best| &best.name), Some(&route.name));
                }
                Reach::Dead(by) => prop_assert!(!by.is_empty() && by.iter().all(|by| by.precedence(route).is_lt())),
            }
        }
        for request in &requests {
            let best = best(&model, request);
            let found = match table.ask(request) {
                Answer::Route(found) => Some(found),
                _ => None,
            };
            prop_assert_eq!(found.map(|found| &found.name), best.map(|best| &best.name), "{}", request);
            let number = model.routes.iter().position(|route| best.is_some_and(|best| std::ptr::eq(best, route)));
            if let Some(number) = number {
                prop_assert!(matches!(reach[number], Reach::Live(_)), "{} gets to {}", request, model.routes[number].name);
            }
        }
    }
}
