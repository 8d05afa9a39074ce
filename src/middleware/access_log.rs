//! Marks a request for the access log. The line itself is written when the exchange has ended, because only then
//! the status, the duration and the outcome are known ([`crate::access_log`]).

use crate::context::Context;
use crate::error::Error;
use crate::message::{Request, Response};
use crate::policy::Policy;
use crate::record::Logged;
use crate::service::Service;

/// How requests are logged.
#[derive(Clone, Copy, Debug)]
pub struct AccessLogPolicy {
    /// Whether the query is logged too; off by default, because queries hold secrets.
    pub query: bool,
}

/// The line is the worker's affair: nothing has to be set up.
impl Policy for AccessLogPolicy {}

/// The access-log layer.
#[derive(Debug)]
pub struct AccessLog<S> {
    policy: &'static AccessLogPolicy,
    inner: S,
}

impl<S> AccessLog<S> {
    /// Logs the requests of `inner`.
    pub const fn new(policy: &'static AccessLogPolicy, inner: S) -> Self {
        Self { policy, inner }
    }
}

impl<S: Service> Service for AccessLog<S> {
    fn serve(&self, request: Request, cx: &mut Context<'_>) -> impl Future<Output = Result<Response, Error>> {
        cx.record.uri = request.uri().clone();
        cx.record.access_log = if self.policy.query { Logged::PathAndQuery } else { Logged::Path };
        self.inner.serve(request, cx)
    }
}
