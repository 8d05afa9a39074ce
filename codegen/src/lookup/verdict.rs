//! Whether a route matches a request, and if not, what is in the way first.

use super::{is_uint, is_uuid};
use crate::diagnostic::quoted;
use crate::model::{HeaderPredicate, QueryPredicate, Route};
use crate::pattern::{HostPattern, MatchKind, ParamKind, Segment};
use crate::request::Request;

/// What a route says to a request, in the order in which conditions are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'m> {
    /// All conditions hold.
    Match,
    /// Another host.
    Host,
    /// Another path, and why.
    Path(String),
    /// A header field is missing or has another value.
    Header(&'m HeaderPredicate),
    /// A query parameter is missing or has another value.
    Query(&'m QueryPredicate),
    /// Everything else would match.
    Method,
}

impl<'m> Verdict<'m> {
    /// What this route says to this request.
    pub fn of(route: &'m Route, request: &Request) -> Self {
        if !matches_host(&route.host, &request.host) {
            return Self::Host;
        }
        if let Some(why) = path_differs(&route.path, request) {
            return Self::Path(why);
        }
        let differs = |header: &&HeaderPredicate| {
            !request.values(header.name.as_str()).any(|value| value == header.value)
        };
        if let Some(header) = route.headers.iter().find(differs) {
            return Self::Header(header);
        }
        let differs = |wanted: &&QueryPredicate| {
            request.parameter(&wanted.name).as_deref() != Some(wanted.value.as_str())
        };
        if let Some(wanted) = route.query.iter().find(differs) {
            return Self::Query(wanted);
        }
        match request.known_method() {
            Some(method) if route.methods.contains(method) => Self::Match,
            None if route.methods.is_all() => Self::Match,
            _ => Self::Method,
        }
    }

    /// Whether the route could take the request.
    pub fn is_match(&self) -> bool {
        *self == Self::Match
    }
}

/// Whether a host is one of the pattern's.
pub(crate) fn matches_host(pattern: &HostPattern, host: &str) -> bool {
    match pattern {
        HostPattern::Any => true,
        HostPattern::Exact(name) => name == host,
        HostPattern::Wildcard(suffix) => {
            host.strip_suffix(suffix.as_str()).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
        }
    }
}

fn path_differs(pattern: &crate::pattern::PathPattern, request: &Request) -> Option<String> {
    let segments = request.segments();
    for (index, wanted) in pattern.segments.iter().enumerate() {
        let Some(segment) = segments.get(index) else {
            return Some(format!("the path ends before {}", quoted(&show(wanted))));
        };
        let is_match = match wanted {
            Segment::Literal(text) => text == segment,
            Segment::Param { kind: ParamKind::Uint, .. } => is_uint(segment),
            Segment::Param { kind: ParamKind::Uuid, .. } => is_uuid(segment),
            Segment::Param { kind: ParamKind::Any, .. } => !segment.is_empty(),
            Segment::Rest { .. } => segments[index..].iter().any(|segment| !segment.is_empty()),
        };
        if !is_match && segment.is_empty() {
            return Some(format!("the path ends before {}", quoted(&show(wanted))));
        }
        if !is_match {
            return Some(format!(
                "segment {} is {}, not {}",
                index + 1,
                quoted(segment),
                quoted(&show(wanted))
            ));
        }
    }
    let count = pattern.segments.len();
    if pattern.kind == MatchKind::Exact && segments.len() > count {
        let more = format!("/{}", segments[count..].join("/"));
        return Some(format!("the path goes on with {}, and `match` is `exact`", quoted(&more)));
    }
    None
}

fn show(segment: &Segment) -> String {
    match segment {
        Segment::Literal(text) if text.is_empty() => "/".to_owned(),
        Segment::Literal(text) => text.clone(),
        Segment::Param { name, kind: ParamKind::Any } => format!("{{{name}}}"),
        Segment::Param { name, kind: ParamKind::Uint } => format!("{{{name}:uint}}"),
        Segment::Param { name, kind: ParamKind::Uuid } => format!("{{{name}:uuid}}"),
        Segment::Rest { name } => format!("{{*{name}}}"),
    }
}
