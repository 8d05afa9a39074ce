//! Requests and what must become of them.

use super::{Expect, Origin};
use crate::table::Request;

/// A request and what must become of it.
#[derive(Debug, Clone)]
pub struct Test {
    /// `tests[2]`
    pub origin: Origin,
    /// The listener it comes in at; `None`: whichever it is, the same is expected.
    pub listener: Option<String>,
    /// The request.
    pub request: Request,
    /// At least one is there.
    pub expect: Expect,
}
