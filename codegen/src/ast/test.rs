//! `tests:`, requests and what must become of them.

use super::Map;
use serde::Deserialize;

/// A request and what must become of it; asserted by every build.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Test {
    /// `GET http://api.example.com/users?debug=1`, or `GET /users` for a host which no route names.
    pub request: Option<String>,
    /// Header fields of the request.
    pub headers: Option<Map<String>>,
    /// What must become of it: at least one key.
    pub expect: Option<Expect>,
}

/// `expect: {route: users, upstream: users, forward_path: /users}`; what is left out is not looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The name of the route that takes the request.
    pub route: Option<String>,
    /// The name of the upstream it is forwarded to.
    pub upstream: Option<String>,
    /// The path which the backend sees, without the query.
    pub forward_path: Option<String>,
    /// The status, where no backend decides it: of a redirect, a fixed response, 404 or 405.
    pub status: Option<u64>,
    /// Where a redirect leads; with a query only if the request has one.
    pub redirect_to: Option<String>,
}
