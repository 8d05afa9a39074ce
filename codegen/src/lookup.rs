//! Which route takes a request: the model's own answer, from the definition of precedence and nothing else.
//!
//! The runtime answers from the compiled table; that both agree is tested. This one can also say why not.

pub(crate) mod verdict;

pub use verdict::Verdict;

use crate::model::{Route, Target};
use crate::pattern::{HostPattern, MatchKind, ParamKind, PathPattern, Segment, TemplatePiece};
use crate::request::Request;
use std::collections::BTreeMap;

/// Finds routes; made once for many requests.
#[derive(Debug, Clone)]
pub struct Lookup<'m> {
    /// By precedence.
    routes: Vec<&'m Route>,
    /// Tries of places in `routes`, by host.
    hosts: BTreeMap<&'m HostPattern, Trie<'m>>,
}

#[derive(Debug, Clone, Default)]
struct Trie<'m> {
    literals: BTreeMap<&'m str, Trie<'m>>,
    uint: Option<Box<Self>>,
    uuid: Option<Box<Self>>,
    param: Option<Box<Self>>,
    rest: Vec<usize>,
    exact: Vec<usize>,
    prefix: Vec<usize>,
}

impl<'m> Lookup<'m> {
    /// Over these routes, which are a model's.
    pub fn new(routes: &'m [Route]) -> Self {
        let mut sorted: Vec<&Route> = routes.iter().collect();
        sorted.sort_by(|a, b| a.precedence(b));
        let mut hosts: BTreeMap<&HostPattern, Trie<'_>> = BTreeMap::new();
        for (place, route) in sorted.iter().enumerate() {
            hosts.entry(&route.host).or_default().insert(&route.path, place);
        }
        Self { routes: sorted, hosts }
    }

    /// All routes, in the order in which they take a request.
    pub fn by_precedence(&self) -> &[&'m Route] {
        &self.routes
    }

    /// The route that takes the request.
    pub fn find(&self, request: &Request) -> Option<&'m Route> {
        self.near(request).into_iter().find(|route| Verdict::of(route, request).is_match())
    }

    /// The routes whose host and path match, best first.
    pub fn near(&self, request: &Request) -> Vec<&'m Route> {
        let segments = request.segments();
        let mut found = Vec::new();
        let exact = HostPattern::Exact(request.host.clone());
        let suffixes = request.host.match_indices('.').map(|(at, _)| &request.host[at + 1..]);
        let wildcards = suffixes.map(|suffix| HostPattern::Wildcard(suffix.to_owned()));
        for host in std::iter::once(exact).chain(wildcards).chain([HostPattern::Any]) {
            if let Some(trie) = self.hosts.get(&host) {
                trie.collect(&segments, &mut found);
            }
        }
        found.sort_unstable();
        found.into_iter().filter_map(|place| self.routes.get(place).copied()).collect()
    }

    /// The methods which routes would take that match but for the method; not empty only if no route takes it.
    pub fn allowed(&self, request: &Request) -> Vec<&'static str> {
        let near: Vec<&Route> = self
            .near(request)
            .into_iter()
            .filter(|route| Verdict::of(route, request) == Verdict::Method)
            .collect();
        let methods = crate::model::Method::ALL.into_iter();
        methods
            .filter(|method| near.iter().any(|route| route.methods.contains(*method)))
            .map(|method| method.as_str())
            .collect()
    }
}

impl<'m> Trie<'m> {
    fn insert(&mut self, path: &'m PathPattern, place: usize) {
        let mut at = self;
        for segment in &path.segments {
            at = match segment {
                Segment::Literal(text) => at.literals.entry(text).or_default(),
                Segment::Param { kind: ParamKind::Uint, .. } => at.uint.get_or_insert_default(),
                Segment::Param { kind: ParamKind::Uuid, .. } => at.uuid.get_or_insert_default(),
                Segment::Param { kind: ParamKind::Any, .. } => at.param.get_or_insert_default(),
                Segment::Rest { .. } => return at.rest.push(place),
            };
        }
        match path.kind {
            MatchKind::Exact => at.exact.push(place),
            MatchKind::Prefix => at.prefix.push(place),
        }
    }

    fn collect(&self, segments: &[&str], found: &mut Vec<usize>) {
        found.extend(&self.prefix);
        let Some((first, rest)) = segments.split_first() else {
            found.extend(&self.exact);
            return;
        };
        if segments.iter().any(|segment| !segment.is_empty()) {
            found.extend(&self.rest);
        }
        let literal = self.literals.get(*first);
        let uint = self.uint.as_deref().filter(|_| is_uint(first));
        let uuid = self.uuid.as_deref().filter(|_| is_uuid(first));
        let param = self.param.as_deref().filter(|_| !first.is_empty());
        for child in [literal, uint, uuid, param].into_iter().flatten() {
            child.collect(rest, found);
        }
    }
}

pub(crate) fn is_uint(segment: &str) -> bool {
    (1..=20).contains(&segment.len()) && segment.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_uuid(segment: &str) -> bool {
    let groups: Vec<&str> = segment.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The path (of a redirect: the URL) which a route makes of a request's, with its query.
pub fn forwarded(route: &Route, request: &Request) -> Option<String> {
    use crate::model::PathChange;
    let path = match &route.target {
        Target::Respond(_) => return None,
        Target::Redirect(redirect) => render(&redirect.to, request),
        Target::Forward(forward) => match &forward.path {
            PathChange::Keep => request.path.clone(),
            PathChange::StripPrefix { prefix } => match request.path.get(prefix.len()..) {
                None | Some("") => "/".to_owned(),
                Some(rest) => rest.to_owned(),
            },
            PathChange::Rewrite(pieces) => render(pieces, request),
        },
    };
    Some(match &request.query {
        Some(query) if path.contains('?') => format!("{path}&{query}"),
        Some(query) => format!("{path}?{query}"),
        None => path,
    })
}

fn render(pieces: &[TemplatePiece], request: &Request) -> String {
    let segments = request.segments();
    let mut path = String::new();
    for piece in pieces {
        match piece {
            TemplatePiece::Literal(text) => path.push_str(text),
            TemplatePiece::Segment(index) => {
                path.push_str(segments.get(usize::from(*index)).copied().unwrap_or_default());
            }
            TemplatePiece::Rest(index) => {
                path.push_str(&segments.get(usize::from(*index)..).unwrap_or_default().join("/"));
            }
        }
    }
    path
}
