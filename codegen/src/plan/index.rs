//! The route table and the matcher's tries: the contract's tables, as long as their texts are the compiler's.

use super::{Disputed, Methods, Name, Table};
use castgate_contract::search::Tables;
use castgate_contract::table;
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
    /// What serves it.
    pub place: Place,
    /// Its methods.
    pub methods: Methods,
    /// What its paths may have although others read it differently.
    pub keeps: Disputed,
    /// Bytes that the body of a request may have.
    pub body_limit: Option<u64>,
    /// The static with its header conditions.
    pub headers: Option<Name>,
    /// The static with its query conditions.
    pub query: Option<Name>,
}

/// Where a route's stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The stack.
    pub stack: Name,
    /// Its static array.
    pub table: Name,
    /// The place in that array.
    pub instance: usize,
}

/// A literal that leads to a node.
pub type Edge = table::Edge<String>;
/// A position in a trie.
pub type Node = table::Node<String>;

/// The tables of all tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Nodes, depth first, trie by trie: what a request visits lies together.
    pub nodes: Vec<Node>,
    /// Slots of hash tables.
    pub edges: Vec<Edge>,
    /// Route numbers.
    pub candidates: Vec<u32>,
    /// Exact hosts.
    pub hosts: Table,
    /// Wildcard hosts, without `*.`.
    pub wildcards: Table,
    /// The root for any host.
    pub any_host: u32,
}

impl Tables for Index {
    type Text = String;

    fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn edges(&self) -> &[Edge] {
        &self.edges
    }

    fn candidates(&self) -> &[u32] {
        &self.candidates
    }

    fn hosts(&self) -> Table {
        self.hosts
    }

    fn wildcards(&self) -> Table {
        self.wildcards
    }

    fn any_host(&self) -> u32 {
        self.any_host
    }
}
