//! The route table and the matcher's trie, as the runtime's `RouteIndex` reads them.

use super::Name;
use std::time::Duration;

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What logs and metrics call it.
    pub label: String,
    /// From the end of a request to the head of its response.
    pub timeout: Duration,
    /// A pause in a response.
    pub idle: Duration,
    /// The whole exchange.
    pub total: Option<Duration>,
    /// The stack that serves it.
    pub stack: Name,
    /// The stack's static array.
    pub table: Name,
    /// Its place in that array.
    pub instance: usize,
    /// The facade's constants of its methods; empty for all methods.
    pub methods: Vec<&'static str>,
    /// Whether its paths may have parameters.
    pub keeps_path_parameters: bool,
    /// The static with its header conditions.
    pub headers: Option<Name>,
    /// The static with its query conditions.
    pub query: Option<Name>,
}

/// The tables of all tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Nodes, depth first, trie by trie: what a request visits lies together.
    pub nodes: Vec<Node>,
    /// Slots of hash tables; `None` is vacant.
    pub edges: Vec<Option<Edge>>,
    /// Route numbers.
    pub candidates: Vec<u32>,
    /// Exact hosts.
    pub hosts: Option<Table>,
    /// Wildcard hosts, without `*.`.
    pub wildcards: Option<Table>,
    /// The root for any host.
    pub any_host: Option<u32>,
}

/// A hash table: `slots` of `Index::edges` from `start`, a power of two, at most half of them taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Table {
    pub start: u32,
    pub slots: u32,
}

/// A literal that leads to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Edge {
    pub text: String,
    pub node: u32,
}

/// Routes of the same host and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// One without conditions on header fields and query.
    One {
        /// Its number.
        number: u32,
        /// The facade's constants of its methods; empty for all methods.
        methods: Vec<&'static str>,
    },
    /// A run of `Index::candidates`.
    Run {
        /// Where it starts.
        start: u32,
        /// At least one.
        len: u32,
    },
}

/// A position in a trie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Whole literal segments, `api/v1`, in front of everything below; empty if there are none.
    pub stem: String,
    /// Literal segments.
    pub literals: Option<Table>,
    /// `{name:uint}`
    pub uint: Option<u32>,
    /// `{name:uuid}`
    pub uuid: Option<u32>,
    /// `{name}`
    pub param: Option<u32>,
    /// Routes that end in `{*rest}` here.
    pub rest: Option<Span>,
    /// Routes that match exactly here.
    pub exact: Option<Span>,
    /// Routes of which this is the prefix.
    pub prefix: Option<Span>,
}
