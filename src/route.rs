//! Routes and the matcher over the generated table: a flat trie of path segments for each host.
//! Precedence lives in the order of the search (docs/configuration.md, "Precedence"), never in file order.
//! A look-up neither allocates nor records parameters: a parameter is the number of its path segment.

mod predicate;
mod segment;
mod table;

use std::time::Duration;

use http::{HeaderMap, Method};

use crate::introduction::Introduction;
pub(crate) use predicate::METHOD_NAMES;
pub use predicate::{HeaderMatch, Methods, QueryMatch};
pub use segment::hash;
pub(crate) use segment::{nth_segment, segment_start};
pub use table::{Edge, NONE, Node, Span, Table};

/// One route: what it asks of a request besides host and path, and where it leads. In this order, so that what a
/// look-up reads of a large table lies in one line of the cache, mostly.
#[derive(Debug)]
#[repr(C)]
pub struct Route<T> {
    /// The methods it takes.
    pub methods: Methods,
    /// What becomes of a path whose segments have parameters.
    pub path_parameters: PathParameters,
    /// Header fields that must all match.
    pub headers: &'static [HeaderMatch],
    /// Query parameters that must all match.
    pub query: &'static [QueryMatch],
    /// The stack that serves it.
    pub target: T,
    /// How long an exchange may take, phase by phase.
    pub timeouts: RouteTimeouts,
    /// Its name: the `route` of logs and metrics.
    pub name: &'static str,
}

impl<T> Route<T> {
    /// A route for every method; the other conditions are added by the `with_` functions.
    pub const fn new(name: &'static str, timeouts: RouteTimeouts, target: T) -> Self {
        Self {
            name,
            methods: Methods::ALL,
            path_parameters: PathParameters::Refuse,
            headers: &[],
            query: &[],
            timeouts,
            target,
        }
    }

    /// Takes only these methods.
    pub const fn with_methods(mut self, methods: Methods) -> Self {
        self.methods = methods;
        self
    }

    /// Lets path parameters through.
    pub const fn keeping_path_parameters(mut self) -> Self {
        self.path_parameters = PathParameters::Keep;
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
        self.headers.iter().all(|wanted| wanted.accepts(request.headers, request.introduction))
            && self.query.iter().all(|wanted| wanted.accepts(request.query))
    }
}

/// What becomes of a path whose segments have parameters (`/cars;color=red`). They are never part of what is matched:
/// what stands behind a `;` is a part of the name to one backend and nothing to another, so that it would get around a
/// guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathParameters {
    /// 400.
    Refuse,
    /// It goes on as it came.
    Keep,
}

/// How long an exchange on a route may take, phase by phase.
#[derive(Clone, Copy, Debug)]
pub struct RouteTimeouts {
    /// From the end of a request to the head of its response.
    pub timeout: Duration,
    /// A pause in the body of a response.
    pub idle: Duration,
    /// The whole exchange, from the head of the request to the end of the response.
    pub total: Option<Duration>,
}

impl RouteTimeouts {
    /// No limit on the whole.
    pub const fn new(timeout: Duration, idle: Duration) -> Self {
        Self { timeout, idle, total: None }
    }

    /// And the whole within `total`.
    pub const fn with_total(mut self, total: Duration) -> Self {
        self.total = Some(total);
        self
    }
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
    /// What the gateway says of the client besides.
    pub introduction: Option<&'a Introduction>,
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
        let found = self.search(question, &mut |number, only| match only {
            Some(taken) => taken.intersects(methods),
            None => {
                let route = &self.routes[number as usize];
                route.methods.intersects(methods) && route.accepts_fields(question)
            }
        });
        match found {
            Some(number) => Answer::Route(number),
            None => self.allowed(question),
        }
    }

    #[cold]
    fn allowed(&self, question: &Question<'_>) -> Answer {
        let mut allowed = Methods::NONE;
        self.search(question, &mut |number, _| {
            let route = &self.routes[number as usize];
            if route.accepts_fields(question) {
                allowed = allowed.union(route.methods);
            }
            false
        });
        if allowed == Methods::NONE { Answer::Nothing } else { Answer::Allow(allowed) }
    }

    /// Visits the routes whose host and path match, best first, until `accept` takes one. It gets the number, and the
    /// methods if they are all there is to it.
    #[inline]
    fn search(
        &self,
        question: &Question<'_>,
        accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
    ) -> Option<u32> {
        let path = question.path.as_bytes();
        let first = if path.len() == 1 { path.len() + 1 } else { 1 };
        if (self.hosts.start & self.wildcards.start) != NONE
            && let Some(found) = self.search_hosts(question.host, path, first, accept)
        {
            return Some(found);
        }
        if self.any_host == NONE { None } else { self.descend(self.any_host, path, first, accept) }
    }

    #[inline(never)]
    fn search_hosts(
        &self,
        host: &str,
        path: &[u8],
        first: usize,
        accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
    ) -> Option<u32> {
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
        None
    }

    /// Searches below `node`; `at` is where the next segment starts, past the end when none is left.
    /// A trie node consumes as many segments as it is deep, so no node is visited twice.
    fn descend(
        &self,
        node: u32,
        path: &[u8],
        mut at: usize,
        accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
    ) -> Option<u32> {
        let mut node = &self.nodes[node as usize];
        loop {
            if !node.stem.is_empty() {
                at = segment::after(path, at, node.stem.as_bytes())?;
            }
            if at > path.len() {
                return self.first(node.exact, accept).or_else(|| self.first(node.prefix, accept));
            }
            if node.has_alternatives() {
                return self.branch(node, path, at, accept);
            }
            // One way on, and nothing to come back to: most nodes.
            if node.param == NONE {
                let (end, hash) = segment::scan(path, at);
                node = &self.nodes[self.lookup(node.literals, &path[at..end], hash)? as usize];
                at = end + 1;
            } else {
                let end = segment::end(path, at);
                if end == at {
                    return None;
                }
                node = &self.nodes[node.param as usize];
                at = end + 1;
            }
        }
    }

    /// Tries what may follow, in the order of precedence; there is a segment at `at`.
    #[inline(never)]
    fn branch(
        &self,
        node: &Node,
        path: &[u8],
        at: usize,
        accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
    ) -> Option<u32> {
        let (end, hash) = segment::scan(path, at);
        let (text, next) = (&path[at..end], end + 1);
        if let Some(child) = self.lookup(node.literals, text, hash)
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
        if at < path.len()
            && let Some(found) = self.first(node.rest, accept)
        {
            return Some(found);
        }
        self.first(node.prefix, accept)
    }

    #[inline(always)]
    fn first(&self, span: Span, accept: &mut impl FnMut(u32, Option<Methods>) -> bool) -> Option<u32> {
        if span.len & Span::ONE != 0 {
            let methods = Methods::from_bits(span.len as u16);
            return accept(span.start, Some(methods)).then_some(span.start);
        }
        if span.len == 0 { None } else { self.first_of(span, accept) }
    }

    #[inline(never)]
    fn first_of(&self, run: Span, accept: &mut impl FnMut(u32, Option<Methods>) -> bool) -> Option<u32> {
        let start = run.start as usize;
        let numbers = &self.candidates[start..start + run.len as usize];
        numbers.iter().copied().find(|&number| accept(number, None))
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
            if edge.hash == hash && segment::same(edge.text.as_bytes(), text) {
                return Some(edge.node);
            }
            slot = (slot + 1) & table.mask;
        }
    }
}
