//! Everything of a gateway that is not a route.

use super::{Name, Value};

/// The facade's `Settings`, but for what other parts of the plan imply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the config says of the server.
    pub server: Vec<(&'static str, Value)>,
    /// The policies of middleware, in the order of their first use.
    pub policies: Vec<Name>,
}
