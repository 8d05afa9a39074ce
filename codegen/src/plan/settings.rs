//! Everything of a gateway that is not a route.

use super::{Name, Value};

/// The facade's `Settings`, but for what other parts of the plan imply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the config says of the server, in the order of the struct.
    pub server: Vec<(&'static str, Value)>,
    /// Policies that are circuit breakers.
    pub breakers: Vec<Name>,
    /// Policies with late values or with something to set up; the backends come before them.
    pub bindings: Vec<Name>,
}
