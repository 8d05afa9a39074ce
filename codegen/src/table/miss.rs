//! Why a route does not match a request.

use super::Request;
use crate::model::{HeaderPredicate, Methods, QueryPredicate, Route};
use crate::pattern::{HostPattern, MatchKind, PathPattern, Segment};
use castgate_contract::host::labelled;

/// A part of a route's condition that a request does not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss<'m> {
    /// Another host.
    Host,
    /// Another path.
    Path,
    /// A method it does not serve.
    Method,
    /// The header field is missing, or has another value.
    Header(&'m HeaderPredicate),
    /// The query parameter is missing, or has another value.
    Query(&'m QueryPredicate),
}

impl Route {
    /// What keeps this route from matching the request; empty if it matches.
    pub fn misses(&self, request: &Request) -> Vec<Miss<'_>> {
        let mut misses = Vec::new();
        misses.extend(self.hosts.matching(request.host()).is_none().then_some(Miss::Host));
        misses.extend((!self.path.matches(request.matched_path())).then_some(Miss::Path));
        let has_method = self.methods.intersects(Methods::of(request.method()));
        misses.extend((!has_method).then_some(Miss::Method));
        let headers = self.headers.iter().filter(|wanted| !request.has_header(wanted));
        misses.extend(headers.map(Miss::Header));
        let query = self.query.iter().filter(|wanted| !request.has_parameter(wanted));
        misses.extend(query.map(Miss::Query));
        misses
    }
}

impl HostPattern {
    /// Whether a request's host (lower case, no port) is one of these.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => name == host,
            Self::Labelled(label) => labelled(host).is_some_and(|(_, suffix)| suffix == label.suffix),
            Self::Wildcard(suffix) => host
                .strip_suffix(suffix.as_str())
                .and_then(|labels| labels.strip_suffix('.'))
                .is_some_and(|labels| !labels.is_empty()),
            Self::Any => true,
        }
    }
}

impl PathPattern {
    /// Whether a request's canonical path is one of these.
    pub fn matches(&self, path: &str) -> bool {
        let mut left = Some(path.strip_prefix('/').unwrap_or(path));
        for segment in &self.segments {
            let Some(text) = left else { return false };
            let (first, next) =
                text.split_once('/').map_or((text, None), |(first, next)| (first, Some(next)));
            let fits = match segment {
                Segment::Literal(literal) => literal == first,
                Segment::Param { kind, .. } => kind.accepts(first),
                Segment::Rest { .. } => return true,
            };
            if !fits {
                return false;
            }
            left = next;
        }
        self.kind == MatchKind::Prefix || left.is_none()
    }
}
