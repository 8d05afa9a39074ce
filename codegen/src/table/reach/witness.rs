//! Requests that get to a route: literals where it has them, and text that nobody names everywhere else.

use super::Tail;
use crate::model::{Method, Model, Route};
use crate::pattern::{HostPattern, MatchKind, ParamKind, Segment};
use crate::table::request::{form_encoded, method_bit};
use crate::table::{Answer, Request, Table};
use std::collections::BTreeSet;

/// Texts that no pattern of the model names.
pub(super) struct Fresh<'m> {
    hosts: BTreeSet<&'m str>,
    /// Paths of which some routes name their methods.
    named: BTreeSet<(&'m HostPattern, String)>,
    uint: String,
    uuid: String,
    other: String,
}

/// A method no route can name.
const UNNAMED: &str = "PROPFIND";

impl<'m> Fresh<'m> {
    pub(super) fn of(model: &'m Model) -> Self {
        let segments = model.routes.iter().flat_map(|route| &route.path.segments);
        let literals: BTreeSet<&str> = segments
            .filter_map(|segment| match segment {
                Segment::Literal(text) => Some(text.as_str()),
                Segment::Param { .. } | Segment::Rest { .. } => None,
            })
            .collect();
        let hosts = model.routes.iter().filter_map(|route| match &route.host {
            HostPattern::Exact(name) => Some(name.as_str()),
            HostPattern::Wildcard(_) | HostPattern::Any => None,
        });
        let named = model.routes.iter().filter(|route| !route.methods.is_all());
        let fresh = |text: &dyn Fn(usize) -> String| unnamed(&literals, text);
        Self {
            hosts: hosts.collect(),
            named: named.map(|route| (&route.host, shape(route))).collect(),
            uint: fresh(&|number| (number + 1).to_string()),
            uuid: fresh(&|number| format!("00000000-0000-0000-0000-{number:012}")),
            other: fresh(&|number| numbered("x", number)),
        }
    }

    /// A request that gets to this route, with one of these methods.
    pub(super) fn witness(&self, table: &Table<'m>, route: &'m Route, tail: Tail, methods: u8) -> Request {
        let host = match &route.host {
            HostPattern::Exact(name) => name.clone(),
            HostPattern::Wildcard(suffix) => {
                unnamed(&self.hosts, &|number| format!("{}.{suffix}", numbered("x", number)))
            }
            HostPattern::Any => unnamed(&self.hosts, &|number| numbered("localhost", number)),
        };
        let path = self.path(route, tail);
        let query: Vec<String> = route
            .query
            .iter()
            .map(|wanted| format!("{}={}", form_encoded(&wanted.name), form_encoded(&wanted.value)))
            .collect();
        let query = (!query.is_empty()).then(|| query.join("&"));
        let headers = route.headers.iter().map(|header| (header.name.to_string(), header.value.clone()));
        let headers: Vec<(String, String)> = headers.collect();
        let named = Method::ALL.iter().map(|method| method.as_str());
        let mut requests = named
            .chain([UNNAMED])
            .filter(|method| methods & method_bit(method) != 0)
            .map(|method| Request::plain(method, &host, &path, query.clone(), headers.clone()));
        // A route of the same path may have named some of the methods; the last one is left by all. Of a route which
        // has named its own, all are left.
        if !route.methods.is_all() || !self.named.contains(&(&route.host, shape(route))) {
            let first = requests.next();
            return first.unwrap_or_else(|| Request::plain(UNNAMED, &host, &path, query, headers));
        }
        let is_witness = |request: &Request| matches!(table.ask(request), Answer::Route(found) if std::ptr::eq(found, route));
        let last = requests.next_back();
        let first = requests.find(is_witness).or(last);
        first.unwrap_or_else(|| Request::plain(UNNAMED, &host, &path, query, headers))
    }

    fn path(&self, route: &Route, tail: Tail) -> String {
        let mut path = String::new();
        let segments = route.path.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(text) => Some(text.as_str()),
            Segment::Param { kind: ParamKind::Uint, .. } => Some(self.uint.as_str()),
            Segment::Param { kind: ParamKind::Uuid, .. } => Some(self.uuid.as_str()),
            Segment::Param { kind: ParamKind::Any, .. } => Some(self.other.as_str()),
            // Its text is the tail.
            Segment::Rest { .. } => None,
        });
        let tail_segments = std::iter::repeat_n(self.other.as_str(), tail.fresh);
        for segment in segments.chain(tail_segments) {
            path.push('/');
            path.push_str(segment);
        }
        if path.is_empty() || tail.has_slash {
            path.push('/');
        }
        path
    }
}

/// The path without the names of its parameters: what two routes of the same path have in common.
fn shape(route: &Route) -> String {
    let segments = route.path.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.as_str(),
        Segment::Param { kind: ParamKind::Uint, .. } => "{:uint}",
        Segment::Param { kind: ParamKind::Uuid, .. } => "{:uuid}",
        Segment::Param { kind: ParamKind::Any, .. } => "{}",
        Segment::Rest { .. } => "{*}",
    });
    let kind = if route.path.kind == MatchKind::Exact { "=" } else { "" };
    segments.fold(kind.to_owned(), |shape, segment| shape + "/" + segment)
}

fn numbered(text: &str, number: usize) -> String {
    if number == 0 { text.to_owned() } else { format!("{text}{number}") }
}

/// The first of these texts that is not taken; there are more texts than taken ones.
fn unnamed(taken: &BTreeSet<&str>, text: &dyn Fn(usize) -> String) -> String {
    (0..=taken.len()).map(text).find(|text| !taken.contains(text.as_str())).unwrap_or_default()
}
