//! Upstreams: an array of backends and a static around it.

use super::{Name, Value};

/// An upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The static of the upstream.
    pub name: Name,
    /// The static of its backends.
    pub backends_name: Name,
    /// What logs and metrics call it.
    pub label: String,
    /// How a backend is chosen.
    pub balance: Balance,
    /// The length of the array of its backends.
    pub most_backends: usize,
    /// Primaries first, each group in file order. If it resolves, each has room for its addresses.
    pub backends: Vec<Value>,
    /// The facade's `Cluster`.
    pub cluster: Value,
}

/// The type of a balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Balance {
    /// That of the facade.
    pub balancer: &'static str,
    /// Whether it chooses among addresses that come and go.
    pub resolves: bool,
}
