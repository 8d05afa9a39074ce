//! `tests:`, requests and what must become of them.

use super::Map;
use serde::Deserialize;

/// A request and what must become of it; asserted by every build.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Test {
    /// The request, required: `GET http://api.example.com/users?debug=1`, or `GET /users` for a host which no route names.
    /// Example: `GET http://api.example.com/users?debug=1`.
    pub request: Option<String>,
    /// Header fields of the request.
    /// Example: `{x-canary: "1"}`.
    pub headers: Option<Map<String>>,
    /// What must become of it, required: at least one key.
    /// Example: `{route: users, forward_path: /users}`.
    pub expect: Option<Expect>,
}

/// `expect: {route: users, upstream: users, forward_path: /users}`; what is left out is not looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The name of the route that takes the request.
    /// Example: `users`.
    pub route: Option<String>,
    /// The name of the upstream it is forwarded to.
    /// Example: `users`.
    pub upstream: Option<String>,
    /// The path which the backend sees, without the query.
    /// Example: `/users`.
    pub forward_path: Option<String>,
    /// The status, where no backend decides it: of a redirect, a fixed response, 404 or 405.
    /// Example: `404`.
    #[cfg_attr(feature = "cli", schemars(range(min = 200, max = 599)))]
    pub status: Option<u64>,
    /// Where a redirect leads; with a query only if the request has one.
    /// Example: `/new`.
    pub redirect_to: Option<String>,
}
