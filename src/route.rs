//! Routes and the matcher over the generated table: a flat trie of path segments for each host.
//! Precedence lives in the order of the search (docs/configuration.md, "Precedence"), never in file order.
//! A look-up neither allocates nor records parameters: a parameter is the number of its path segment.

mod predicate;
mod segment;

use std::time::Duration;

use http::{HeaderMap, Method};

pub(crate) use predicate::METHOD_NAMES;
pub use predicate::{HeaderMatch, Methods, QueryMatch};
pub use segment::hash;
pub(crate) use segment::nth_segment;

use crate::late::Origin;

/// One route: what it asks of a request besides host and path, and where it leads.
#[derive(Debug)]
pub struct Route<T> {
    /// Where the route was written.
    pub origin: Origin,
    /// Its name: the `route` of logs and metrics.
    pub name: &'static str,
    /// The methods it takes.
    pub methods: Methods,
    /// Header fields that must all match.
    pub headers: &'static [HeaderMatch],
    /// Query parameters that must all match.
    pub query: &'static [QueryMatch],
    /// For the whole exchange, from the request head to the end of the response.
    pub timeout: Duration,
    /// The stack that serves it.
    pub target: T,
}

impl<T> Route<T> {
    /// A route for every method; the other conditions are added by the `with_` functions.
    pub const fn new(origin: Origin, name: &'static str, timeout: Duration, target: T) -> Self {
        Self { origin, name, methods: Methods::ALL, headers: &[], query: &[], timeout, target }
    }

    /// Takes only these methods.
    pub const fn with_methods(mut self, methods: Methods) -> Self {
        self.methods = methods;
        self
    }

    /// Takes only requests with these header fields.
    pub const fn with_headers(mut self, headers: &'static [HeaderMatch]) -> Self {
        self.headers = headers;
        self
    }

    /// Takes only requests with these query parameters.
    pub const fn with_query(mut self, query: &'static [QueryMatch]) -> Self {
        self.query = query;
        self
    }

    fn accepts_fields(&self, request: &Question<'_>) -> bool {
        self.headers.iter().all(|wanted| wanted.accepts(request.headers))
            && self.query.iter().all(|wanted| wanted.accepts(request.query))
    }
}

/// "No such node".
pub const NONE: u32 = u32::MAX;

/// A run of `RouteIndex::candidates`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// No candidates.
    pub const EMPTY: Self = Self::new(0, 0);

    /// `len` candidates from `start`.
    pub const fn new(start: u32, len: u32) -> Self {
        Self { start, len }
    }
}

/// An open-addressed hash table: a power-of-two run of `RouteIndex::edges`, probed linearly.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    start: u32,
    mask: u32,
}

impl Table {
    /// A table without entries; it takes no room.
    pub const EMPTY: Self = Self { start: NONE, mask: 0 };

    /// The `slots` edges from `start`; `slots` is a power of two and at least one of them is empty.
    pub const fn new(start: u32, slots: u32) -> Self {
        assert!(slots.is_power_of_two());
        Self { start, mask: slots - 1 }
    }
}

/// A literal (a path segment, or a host) that leads to a node.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    text: &'static str,
    hash: u32,
    node: u32,
}

impl Edge {
    /// An empty slot.
    pub const VACANT: Self = Self { text: "", hash: 0, node: NONE };

    /// `text` leads to `node`; its slot is `hash(text) & mask` or the next free one.
    pub const fn new(text: &'static str, node: u32) -> Self {
        Self { text, hash: hash(text.as_bytes()), node }
    }
}

/// A position in the trie: what may follow, in the order in which it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Literal segments.
    pub literals: Table,
    /// `{name:uint}`.
    pub uint: u32,
    /// `{name:uuid}`.
    pub uuid: u32,
    /// `{name}`.
    pub param: u32,
    /// Routes that end here in `{*rest}`.
    pub rest: Span,
    /// Routes that match exactly here.
    pub exact: Span,
    /// Routes of which this is the prefix.
    pub prefix: Span,
}

impl Node {
    /// A node without children and routes.
    pub const LEAF: Self = Self {
        literals: Table::EMPTY,
        uint: NONE,
        uuid: NONE,
        param: NONE,
        rest: Span::EMPTY,
        exact: Span::EMPTY,
        prefix: Span::EMPTY,
    };
}

/// The compiled route table.
#[derive(Debug)]
pub struct RouteIndex<T: 'static> {
    /// All routes; a route's number is its place here.
    pub routes: &'static [Route<T>],
    /// The nodes of all tries.
    pub nodes: &'static [Node],
    /// The slots of all tables.
    pub edges: &'static [Edge],
    /// Route numbers, most specific first within each span.
    pub candidates: &'static [u32],
    /// Exact hosts, lower-case, to the roots of their tries.
    pub hosts: Table,
    /// Wildcard hosts, written without `*.`, to the roots of their tries.
    pub wildcards: Table,
    /// The root for routes of any host.
    pub any_host: u32,
}

/// What the matcher looks at.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The method.
    pub method: &'a Method,
    /// The host, lower-case, without port and trailing dot.
    pub host: &'a str,
    /// The canonical path; it begins with `/`.
    pub path: &'a str,
    /// The query, without `?`.
    pub query: Option<&'a str>,
    /// The header fields.
    pub headers: &'a HeaderMap,
}

/// The matcher's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The number of the route.
    Route(u32),
    /// Routes match but for the method; these methods would do.
    Allow(Methods),
    /// Nothing matches.
    Nothing,
}

impl<T> RouteIndex<T> {
    /// The route that takes this request: among all that match, the one of highest precedence.
    pub fn find(&self, question: &Question<'_>) -> Answer {
        let methods = Methods::of(question.method);
        let found = self.search(question, &mut |number| {
            let route = &self.routes[number as usize];
            route.methods.intersects(methods) && route.accepts_fields(question)
        });
        match found {
            Some(number) => Answer::Route(number),
            None => self.allowed(question),
        }
    }

    #[cold]
    fn allowed(&self, question: &Question<'_>) -> Answer {
        let mut allowed = Methods::NONE;
        self.search(question, &mut |number| {
            let route = &self.routes[number as usize];
            if route.accepts_fields(question) {
                allowed = allowed.union(route.methods);
            }
            false
        });
        if allowed == Methods::NONE { Answer::Nothing } else { Answer::Allow(allowed) }
    }

    /// Visits the routes whose host and path match, best first, until `accept` takes one.
    #[inline]
    fn search(&self, question: &Question<'_>, accept: &mut impl FnMut(u32) -> bool) -> Option<u32> {
        let path = question.path.as_bytes();
        let first = if path.len() == 1 { path.len() + 1 } else { 1 };
        if self.hosts.start != NONE || self.wildcards.start != NONE {
            let host = question.host;
            if let Some(root) = self.lookup(self.hosts, host.as_bytes(), hash(host.as_bytes()))
                && let Some(found) = self.descend(root, path, first, accept)
            {
                return Some(found);
            }
            // Longest wildcard first: cut one label at a time from the left.
            let mut rest = host;
            while let Some((_, suffix)) = rest.split_once('.') {
                if let Some(root) = self.lookup(self.wildcards, suffix.as_bytes(), hash(suffix.as_bytes()))
                    && let Some(found) = self.descend(root, path, first, accept)
                {
                    return Some(found);
                }
                rest = suffix;
            }
        }
        if self.any_host == NONE { None } else { self.descend(self.any_host, path, first, accept) }
    }

    /// Searches below `node`; `at` is where the next segment starts, past the end when none is left.
    /// A trie node consumes as many segments as it is deep, so no node is visited twice.
    fn descend(
        &self,
        node: u32,
        path: &[u8],
        at: usize,
        accept: &mut impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        let node = &self.nodes[node as usize];
        if at <= path.len() {
            let (end, hash) = segment::scan(path, at);
            let text = &path[at..end];
            let next = end + 1;
            if node.literals.start != NONE
                && let Some(child) = self.lookup(node.literals, text, hash)
                && let Some(found) = self.descend(child, path, next, accept)
            {
                return Some(found);
            }
            if node.uint != NONE
                && segment::is_uint(text)
                && let Some(found) = self.descend(node.uint, path, next, accept)
            {
                return Some(found);
            }
            if node.uuid != NONE
                && segment::is_uuid(text)
                && let Some(found) = self.descend(node.uuid, path, next, accept)
            {
                return Some(found);
            }
            if node.param != NONE
                && !text.is_empty()
                && let Some(found) = self.descend(node.param, path, next, accept)
            {
                return Some(found);
            }
            if node.rest.len != 0
                && at < path.len()
                && let Some(found) = self.first(node.rest, accept)
            {
                return Some(found);
            }
        } else if let Some(found) = self.first(node.exact, accept) {
            return Some(found);
        }
        self.first(node.prefix, accept)
    }

    #[inline]
    fn first(&self, span: Span, accept: &mut impl FnMut(u32) -> bool) -> Option<u32> {
        let start = span.start as usize;
        self.candidates[start..start + span.len as usize].iter().copied().find(|&number| accept(number))
    }

    #[inline]
    fn lookup(&self, table: Table, text: &[u8], hash: u32) -> Option<u32> {
        if table.start == NONE {
            return None;
        }
        let mut slot = hash & table.mask;
        loop {
            let edge = &self.edges[(table.start + slot) as usize];
            if edge.node == NONE {
                return None;
            }
            if edge.hash == hash && edge.text.as_bytes() == text {
                return Some(edge.node);
            }
            slot = (slot + 1) & table.mask;
        }
    }
}
