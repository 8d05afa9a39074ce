//! Requests that show what routes do: each route's own, and those where it meets others.
//!
//! Two routes meet where their hosts, paths and conditions can hold at once; which of them takes such a request is
//! what a new config is most likely to change without a word. The number of requests is bounded, so that a config
//! of thousands of routes that all meet is compared by many requests, not by all.

use crate::model::{Method, Route};
use crate::pattern::{HostPattern, MatchKind, ParamKind, PathPattern, Segment};
use crate::table::{Request, Table, form_encoded};
use std::collections::BTreeSet;

/// No more requests than this are asked about.
const MOST_REQUESTS: usize = 400_000;
/// Of the other hosts which a route also serves, so many are tried.
const MOST_HOSTS: usize = 12;
/// With the conditions of so many neighbours.
const MOST_NEIGHBOURS: usize = 12;
/// Pairs of paths that are looked at.
const MOST_PAIRS: usize = 2_000_000;

/// One config's routes.
type Side<'a> = (&'a [Route], &'a Table<'a>);

pub(super) fn requests(sides: &[Side<'_>; 2]) -> BTreeSet<Request> {
    let all: Vec<&Route> = sides.iter().flat_map(|(routes, _)| routes.iter()).collect();
    let hosts: BTreeSet<&HostPattern> = all.iter().map(|route| &route.host).collect();
    let mut methods: BTreeSet<Method> = all.iter().flat_map(|route| route.methods.named()).collect();
    methods.insert(Method::Get);
    let meeting = meeting_paths(&all);
    let mut requests = BTreeSet::new();
    for (route, meeting) in all.iter().zip(&meeting) {
        for host in hosts_of(route, &hosts) {
            for path in paths_of(route).iter().chain(meeting) {
                for method in methods_of(route, &methods) {
                    if requests.len() >= MOST_REQUESTS {
                        return requests;
                    }
                    // Patterns are in canonical form, and so are paths made of them.
                    let Ok(plain) = Request::new(method, &host, path, None, Vec::new()) else { continue };
                    let near = sides
                        .iter()
                        .flat_map(|(_, table)| table.near(&plain).into_iter().take(MOST_NEIGHBOURS));
                    requests.extend(near.filter_map(|other| with_conditions(&plain, &[route, other])));
                    requests.extend(with_conditions(&plain, &[route]));
                }
            }
        }
    }
    requests
}

fn hosts_of(route: &Route, hosts: &BTreeSet<&HostPattern>) -> Vec<String> {
    let mut own = vec![route.host.example()];
    let others = hosts.iter().filter(|other| ***other != route.host).map(|other| other.example());
    own.extend(others.filter(|example| route.host.matches(example)).take(MOST_HOSTS));
    own
}

fn paths_of(route: &Route) -> Vec<String> {
    let example = route.path.example();
    match route.path.kind {
        MatchKind::Exact => vec![example],
        MatchKind::Prefix => vec![format!("{}/x", example.trim_end_matches('/')), example],
    }
}

/// Those which it names; for a route of all methods, those which anybody names, and one that nobody can.
fn methods_of(route: &Route, named: &BTreeSet<Method>) -> Vec<&'static str> {
    if route.methods.is_all() {
        named.iter().map(|method| method.as_str()).chain(["PURGE"]).collect()
    } else {
        route.methods.named().map(Method::as_str).collect()
    }
}

/// The request with what all these routes ask for; `None` if they contradict each other.
fn with_conditions(plain: &Request, routes: &[&Route]) -> Option<Request> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut query: Vec<(&str, &str)> = Vec::new();
    for route in routes {
        for header in &route.headers {
            let field = (header.name.to_string(), header.value.clone());
            match headers.iter().find(|(name, _)| *name == field.0) {
                Some((_, value)) if *value != field.1 => return None,
                Some(_) => {}
                None => headers.push(field),
            }
        }
        for wanted in &route.query {
            match query.iter().find(|(name, _)| *name == wanted.name) {
                Some((_, value)) if *value != wanted.value => return None,
                Some(_) => {}
                None => query.push((&wanted.name, &wanted.value)),
            }
        }
    }
    headers.sort();
    query.sort_unstable();
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", form_encoded(name), form_encoded(value))).collect();
    let query = (!query.is_empty()).then(|| query.join("&"));
    Request::new(plain.method(), plain.host(), plain.path(), query.as_deref(), headers).ok()
}

/// For each route, the paths at which it meets routes with another path.
fn meeting_paths(all: &[&Route]) -> Vec<BTreeSet<String>> {
    let mut pairs = 0;
    let mut meeting = vec![BTreeSet::new(); all.len()];
    // A path without parameters meets others only in its own examples.
    let open: Vec<usize> = (0..all.len()).filter(|index| has_parameters(&all[*index].path)).collect();
    for (place, index) in open.iter().enumerate() {
        for other in &open[place + 1..] {
            pairs += 1;
            if pairs > MOST_PAIRS {
                return meeting;
            }
            if let Some(path) = meet(&all[*index].path, &all[*other].path) {
                meeting[*index].insert(path.clone());
                meeting[*other].insert(path);
            }
        }
    }
    meeting
}

fn has_parameters(path: &PathPattern) -> bool {
    path.segments.iter().any(|segment| !matches!(segment, Segment::Literal(_)))
}

/// A path of both patterns, if there is one.
fn meet(a: &PathPattern, b: &PathPattern) -> Option<String> {
    let (longer, shorter) = if a.segments.len() >= b.segments.len() { (a, b) } else { (b, a) };
    let mut path = String::new();
    for (index, segment) in longer.segments.iter().enumerate() {
        let other = match shorter.segments.get(index) {
            Some(other) => Some(other),
            None if shorter.kind == MatchKind::Exact => return None,
            None => None,
        };
        path.push('/');
        path.push_str(&narrower(segment, other)?);
    }
    Some(if path.is_empty() { "/".to_owned() } else { path })
}

fn narrower(a: &Segment, b: Option<&Segment>) -> Option<String> {
    const UUID: &str = "00000000-0000-0000-0000-000000000000";
    let rank = |segment: &Segment| match segment {
        Segment::Literal(_) => 0,
        Segment::Param { kind: ParamKind::Uint, .. } => 1,
        Segment::Param { kind: ParamKind::Uuid, .. } => 2,
        Segment::Param { kind: ParamKind::Any, .. } | Segment::Rest { .. } => 3,
    };
    let (first, second) = match b {
        Some(b) if rank(b) < rank(a) => (b, Some(a)),
        b => (a, b),
    };
    let text = match first {
        Segment::Literal(text) => text.as_str(),
        Segment::Param { kind: ParamKind::Uint, .. } => "1",
        Segment::Param { kind: ParamKind::Uuid, .. } => UUID,
        Segment::Param { kind: ParamKind::Any, .. } | Segment::Rest { .. } => "x",
    };
    let fits = match second {
        None => true,
        Some(Segment::Literal(other)) => other == text,
        Some(Segment::Param { kind, .. }) => kind.accepts(text),
        Some(Segment::Rest { .. }) => !text.is_empty(),
    };
    fits.then(|| text.to_owned())
}
