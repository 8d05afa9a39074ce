//! Whether a route matches a request, and if not, what is in the way first.

use crate::diagnostic::quoted;
use crate::model::{HeaderPredicate, Methods, QueryPredicate, Route};
use crate::pattern::{MatchKind, ParamKind, PathPattern, Segment};
use crate::table::Request;

/// What a route says to a request, in the order in which conditions are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict<'m> {
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
    pub(super) fn of(route: &'m Route, request: &Request) -> Self {
        if !route.host.matches(request.host()) {
            return Self::Host;
        }
        if let Some(why) = path_differs(&route.path, request) {
            return Self::Path(why);
        }
        let differs = |header: &&HeaderPredicate| !values(request, header).any(|value| value == header.value);
        if let Some(header) = route.headers.iter().find(differs) {
            return Self::Header(header);
        }
        let differs = |wanted: &&QueryPredicate| !request.has_parameter(wanted);
        if let Some(wanted) = route.query.iter().find(differs) {
            return Self::Query(wanted);
        }
        if route.methods.intersects(Methods::of(request.method())) { Self::Match } else { Self::Method }
    }
}

/// The values which the request has for a field.
pub(super) fn values<'a>(request: &'a Request, wanted: &'a HeaderPredicate) -> impl Iterator<Item = &'a str> {
    let fields = request.headers().iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted.name.as_str()));
    fields.map(|(_, value)| value.as_str())
}

fn path_differs(pattern: &PathPattern, request: &Request) -> Option<String> {
    let path = request.bare_path();
    if pattern.matches(path) {
        return None;
    }
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    for (index, wanted) in pattern.segments.iter().enumerate() {
        let Some(segment) = segments.get(index) else {
            return Some(format!("the path ends before {}", quoted(&show(wanted))));
        };
        let is_match = match wanted {
            Segment::Literal(text) => text == segment,
            Segment::Param { kind, .. } => kind.accepts(segment),
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
