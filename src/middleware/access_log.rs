//! Marks a request for the access log. The line itself is written when the exchange has ended, because only then
//! the status, the duration and the outcome are known ([`crate::observe`]). What it has of the request's fields is taken
//! here, while they are there.

use http::{HeaderName, Version, header};

use crate::error::Error;
use crate::exchange::{Context, Logged, Members, Request, Response};
use crate::policy::Policy;
use crate::service::Service;

/// Something of a request that a line may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogField {
    /// `Host`, or the authority of the target.
    Host,
    /// `User-Agent`
    UserAgent,
    /// `HTTP/1.1`
    Protocol,
    /// `Referer`
    Referer,
    /// The name of the listener, if it has one.
    Listener,
}

/// How requests are logged.
#[derive(Clone, Copy, Debug)]
pub struct AccessLogPolicy(Detail);

#[derive(Clone, Copy, Debug)]
enum Detail {
    Path,
    PathAndQuery,
    WithFields { query: bool, fields: &'static [LogField] },
}

impl AccessLogPolicy {
    /// `query`: whether the query is logged too, which may hold secrets; `fields`: what else.
    pub const fn new(query: bool, fields: &'static [LogField]) -> Self {
        Self(match (fields, query) {
            ([], false) => Detail::Path,
            ([], true) => Detail::PathAndQuery,
            (fields, query) => Detail::WithFields { query, fields },
        })
    }
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
        cx.record.target = request.target.clone();
        cx.record.access_log = match self.policy.0 {
            Detail::Path => Logged::Path,
            Detail::PathAndQuery => Logged::PathAndQuery,
            Detail::WithFields { query, fields } => {
                Logged::WithFields { query, members: members(fields, query, &request, cx) }
            }
        };
        self.inner.serve(request, cx)
    }
}

/// The members of the line that these are; what was not sent has none.
fn members(fields: &[LogField], query: bool, request: &Request, cx: &Context<'_>) -> Members {
    let mut members = Members::new();
    let sent = |field: &HeaderName| cx.first(request, field);
    for field in fields {
        let (name, text) = match field {
            LogField::Host => ("host", sent(&header::HOST)),
            LogField::UserAgent => ("user_agent", sent(&header::USER_AGENT)),
            LogField::Protocol => ("protocol", protocol(request.version)),
            LogField::Referer if query => ("referer", sent(&header::REFERER)),
            LogField::Referer => ("referer", sent(&header::REFERER).map(without_query)),
            LogField::Listener => ("listener", cx.listener().map(str::as_bytes)),
        };
        if let Some(text) = text {
            members.push(name, text);
        }
    }
    members
}

/// As the request line has it; of what could not be read there is none.
fn protocol(version: Version) -> Option<&'static [u8]> {
    match version {
        Version::HTTP_10 => Some(b"HTTP/1.0"),
        Version::HTTP_11 => Some(b"HTTP/1.1"),
        Version::HTTP_2 => Some(b"HTTP/2.0"),
        _ => None,
    }
}

/// The page that a request came from has a query of its own, which may hold secrets as well.
fn without_query(referer: &[u8]) -> &[u8] {
    let end = referer.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(referer.len());
    &referer[..end]
}
