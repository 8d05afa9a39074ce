//! The route table and the matcher's tries: the contract's tables, as long as their texts are the compiler's.

use super::{Methods, Name, Table, Value};
use castgate_contract::search::Tables;
use castgate_contract::table;

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What logs and metrics call it.
    pub label: String,
    /// The place of its settings in the plan's.
    pub settings: usize,
    /// What serves it.
    pub place: Place,
    /// Its methods.
    pub methods: Methods,
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tries {
    /// Nodes, depth first, trie by trie: what a request visits lies together.
    pub nodes: Vec<Node>,
    /// Slots of hash tables.
    pub edges: Vec<Edge>,
    /// Route numbers.
    pub candidates: Vec<u32>,
}

/// Where the tries of a listener begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roots {
    /// Exact hosts.
    pub hosts: Table,
    /// Hosts whose first label is captured, without it.
    pub labels: Table,
    /// Wildcard hosts, without `*.`.
    pub wildcards: Table,
    /// The root for any host.
    pub any_host: u32,
}

/// A listener, and the place of its roots in the plan's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Empty if it has none.
    pub name: String,
    /// Its addresses.
    pub listen: Value,
    /// What its connections go through before they are HTTP.
    pub door: Option<Value>,
    /// What is spoken there.
    pub protocols: Value,
    /// Listeners that have the same routes have one table.
    pub table: usize,
}

/// A route table, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The tries.
    pub tries: Tries,
    /// Where they begin.
    pub roots: Roots,
}

impl Tables for Index {
    type Text = String;

    fn nodes(&self) -> &[Node] {
        &self.tries.nodes
    }

    fn edges(&self) -> &[Edge] {
        &self.tries.edges
    }

    fn candidates(&self) -> &[u32] {
        &self.tries.candidates
    }

    fn hosts(&self) -> Table {
        self.roots.hosts
    }

    fn labels(&self) -> Table {
        self.roots.labels
    }

    fn wildcards(&self) -> Table {
        self.roots.wildcards
    }

    fn any_host(&self) -> u32 {
        self.roots.any_host
    }
}
