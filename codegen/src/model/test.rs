//! Requests and what must become of them.

use super::Origin;
use crate::table::Request;

/// A request and what must become of it.
#[derive(Debug, Clone)]
pub struct Test {
    /// `tests[2]`
    pub origin: Origin,
    /// The request.
    pub request: Request,
    /// At least one is there.
    pub expect: Expectation,
}

/// What must become of a request; `None` is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The name of a route there is.
    pub route: Option<String>,
    /// The name of an upstream there is.
    pub upstream: Option<String>,
    /// Without the query.
    pub forward_path: Option<String>,
    /// 200 to 599.
    pub status: Option<u16>,
    /// With the query if the request has one.
    pub redirect_to: Option<String>,
}
