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
    /// The facade's type of its balancer.
    pub balance: &'static str,
    /// Primaries first, each group in file order.
    pub backends: Vec<Value>,
    /// The facade's `Members`.
    pub members: Value,
}
