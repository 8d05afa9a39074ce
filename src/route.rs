//! Routes and the generated table over them: a flat trie of path segments for each host. How it is searched is the
//! contract's, for the compiler searches it too.

mod predicate;

use std::time::Duration;

use castgate_contract::cross_origin::{self, Preflight};
pub use castgate_contract::methods::Methods;
pub use castgate_contract::path::Disputed;
use castgate_contract::search::Tables;
use castgate_contract::table;
pub use castgate_contract::table::{NONE, Span, Table};
use http::Method;

use crate::fields::Fields;
use crate::introduction::Introduction;
use crate::upgrade::Upgrades;
pub(crate) use predicate::method_index;
pub use predicate::{HeaderMatch, QueryMatch};

/// A position in a trie.
pub type Node = table::Node<&'static str>;
/// A literal that leads to a node.
pub type Edge = table::Edge<&'static str>;

/// One route: what it asks of a request besides host and path, and where it leads. In this order, so that what a
/// look-up reads of a large table lies in one line of the cache, mostly.
#[derive(Debug)]
#[repr(C)]
pub struct Route<T> {
    /// The methods it takes.
    pub methods: Methods,
    /// Header fields that must all match.
    pub headers: &'static [HeaderMatch],
    /// Query parameters that must all match.
    pub query: &'static [QueryMatch],
    /// The stack that serves it.
    pub target: T,
    /// What it allows an exchange; routes with the same share it.
    pub settings: &'static RouteSettings,
    /// Its name: the `route` of logs and metrics.
    pub name: &'static str,
}

impl<T> Route<T> {
    /// A route for every method; the other conditions are added by the `with_` functions.
    pub const fn new(name: &'static str, settings: &'static RouteSettings, target: T) -> Self {
        Self { name, methods: Methods::ALL, headers: &[], query: &[], settings, target }
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
        self.headers.iter().all(|wanted| wanted.accepts(request.fields, request.introduction))
            && self.query.iter().all(|wanted| wanted.accepts(request.query))
    }
}

/// What a route allows an exchange: how long it may take, phase by phase, and what a client may send.
#[derive(Debug)]
pub struct RouteSettings {
    /// What may be in its paths although others read it differently; the rest is 400.
    pub keeps: Disputed,
    /// Bytes that the body of a request may have; more is 413.
    pub body_limit: Option<u64>,
    /// From the end of a request to the head of its response.
    pub timeout: Duration,
    /// A pause in the body of a response, or in a tunnel.
    pub idle: Duration,
    /// The whole exchange, from the head of the request to the end of the response.
    pub total: Option<Duration>,
    /// What a connection may switch to.
    pub upgrades: Option<Upgrades>,
    /// Whether preflights that announce its requests are its own.
    pub answers_preflights: bool,
}

impl RouteSettings {
    /// Lets through what nobody disputes, of any length, and waits so long for each phase.
    pub const fn waiting(phase: Duration) -> Self {
        Self {
            keeps: Disputed::NOTHING,
            body_limit: None,
            timeout: phase,
            idle: phase,
            total: None,
            upgrades: None,
            answers_preflights: false,
        }
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
    /// Hosts whose first label is captured, written without it, to the roots of their tries.
    pub labels: Table,
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
    /// The fields.
    pub fields: &'a Fields,
    /// What the gateway says of the client besides.
    pub introduction: Option<&'a Introduction>,
}

/// The fields of what may be a preflight.
struct Announcing<'a>(&'a Fields);

impl cross_origin::Headers for Announcing<'_> {
    fn lines(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.0.get_all(name)
    }
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

impl<T> Tables for RouteIndex<T> {
    type Text = &'static str;

    #[inline(always)]
    fn nodes(&self) -> &[Node] {
        self.nodes
    }

    #[inline(always)]
    fn edges(&self) -> &[Edge] {
        self.edges
    }

    #[inline(always)]
    fn candidates(&self) -> &[u32] {
        self.candidates
    }

    #[inline(always)]
    fn hosts(&self) -> Table {
        self.hosts
    }

    #[inline(always)]
    fn labels(&self) -> Table {
        self.labels
    }

    #[inline(always)]
    fn wildcards(&self) -> Table {
        self.wildcards
    }

    #[inline(always)]
    fn any_host(&self) -> u32 {
        self.any_host
    }
}

impl<T> RouteIndex<T> {
    /// Whether a host counts at all; else a question need not have one.
    pub(crate) fn asks_for_host(&self) -> bool {
        Tables::asks_for_host(self)
    }

    /// The route that takes this request: among all that match, the one of highest precedence.
    pub fn find(&self, question: &Question<'_>) -> Answer {
        let methods = Methods::nth(method_index(question.method));
        let found = self.search(question.host, question.path, &mut |number, only| match only {
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

    /// The route of a preflight: the one that takes the request which it announces, if that answers preflights. A condition on a
    /// field holds if the field is announced, since its value is not, or if the preflight has it itself.
    #[cold]
    pub fn announced(&self, question: &Question<'_>) -> Option<u32> {
        let fields = Announcing(question.fields);
        let preflight = Preflight::of(&fields)?;
        let methods = preflight.method();
        let found = self.search(question.host, question.path, &mut |number, only| match only {
            Some(taken) => taken.intersects(methods),
            None => {
                let route = &self.routes[number as usize];
                route.methods.intersects(methods)
                    && route.headers.iter().all(|wanted| {
                        preflight.names(wanted.name())
                            || wanted.accepts(question.fields, question.introduction)
                    })
                    && route.query.iter().all(|wanted| wanted.accepts(question.query))
            }
        });
        found.filter(|number| self.routes[*number as usize].settings.answers_preflights)
    }

    #[cold]
    fn allowed(&self, question: &Question<'_>) -> Answer {
        let mut allowed = Methods::NONE;
        self.search(question.host, question.path, &mut |number, _| {
            let route = &self.routes[number as usize];
            if route.accepts_fields(question) {
                allowed = allowed.union(route.methods);
            }
            false
        });
        if allowed == Methods::NONE { Answer::Nothing } else { Answer::Allow(allowed) }
    }
}
