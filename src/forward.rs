//! The end of most stacks: one exchange with an upstream, with its timeouts and its retries.

mod path;
mod prefix;
mod restore;
mod retry;
mod rewrite;

use std::net::IpAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method};

use crate::context::Context;
use crate::error::{Error, Reason};
use crate::message::{Body, Request, RequestBody, Response};
use crate::service::Service;
use crate::upstream::{
    Answer, Backend, Balance, BalancerContext, Connection, HostHeader, Members, RequestHead, RetryCause,
    SendError, Started, Tried, Upstream,
};

pub use path::{PathEdit, PrefixEdit, TemplatePiece};
pub use prefix::ForwardedPrefix;
pub use restore::{RestoreLocation, Restored};
pub(crate) use retry::Budget;
pub use rewrite::Rewrite;

/// Sends requests to an upstream.
#[derive(Debug)]
pub struct Forward<B: Balance> {
    upstream: &'static Upstream<B>,
    path: PathEdit,
}

impl<B: Balance> Forward<B> {
    /// To `upstream`, with the path as `path` makes it.
    pub const fn new(upstream: &'static Upstream<B>, path: PathEdit) -> Self {
        Self { upstream, path }
    }
}

impl<B: Balance> Service for Forward<B> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        cx.admitted()?;
        let members = self.upstream.members();
        let exchange = cx.exchange;
        let worker = exchange.worker();
        let budget = worker.retry_budget(members.id);
        budget.deposit(&members.retries);
        let (has_body, says_empty) = (!request.body.is_end(), request.body.is_empty());
        let mut body = has_body.then(|| std::mem::replace(&mut request.body, RequestBody::empty()));
        // Whoever switches begins to act, whatever the method says.
        let is_idempotent = cx.upgrade.is_none() && is_idempotent(&request.method);
        let may_repeat = body.is_none() && is_idempotent;
        // What of it may be sent again, if it has been kept until then.
        let replay = body.as_ref().filter(|_| is_idempotent).and_then(RequestBody::again);
        let mut tried = Tried::new();
        let mut attempts_left = members.retries.attempts;
        let rosters = worker.rosters();
        let chosen = self.upstream.choose(&mut tried, rosters, &Asked { request: &request, cx });
        let mut backend = chosen.ok_or(Reason::NoHealthyBackend)?;
        let mut from_pool = true;
        loop {
            cx.record.backend = Some(backend);
            let attempt = Attempt::start(cx, backend);
            let in_flight = B::COUNTS_IN_FLIGHT.then(|| backend.occupy());
            let kept = || worker.pool().take(backend, attempt.started);
            let connection = match if from_pool { kept() } else { None } {
                Some(connection) => Ok(connection),
                None => connect(backend, members, cx).await,
            };
            if B::RESOLVES {
                let made = connection.as_ref().ok().and_then(|connection| connection.address());
                cx.record.address = made.or_else(|| backend.address());
            }
            let (reason, cause) = match connection {
                // The request's own time is over.
                Err(reason) if exchange.clock().expired().is_some() => (reason, None),
                Err(reason) => (reason, Some(RetryCause::ConnectFailure)),
                Ok(connection) if !may_repeat && !worker.pool().trusts(&connection, attempt.started) => {
                    worker.pool().put(connection);
                    from_pool = false;
                    continue;
                }
                Ok(connection) if !may_repeat && connection.has_ended() => {
                    worker.pool().was_closed(backend, connection.idle_for(attempt.started), attempt.started);
                    worker.pool().prune(backend);
                    from_pool = false;
                    continue;
                }
                Ok(mut connection) => {
                    connection.carry(in_flight);
                    exchange.clock().await_answer(members.timeouts.response);
                    let (was_used, idle) = (connection.was_used(), connection.idle_for(attempt.started));
                    let is_uploaded = body.as_ref().is_some_and(|body| body.exchange().is_some());
                    let head = RequestHead {
                        method: &request.method,
                        target: &request.target,
                        path: &self.path,
                        fields: &request.fields,
                        introduction: cx.introduction.as_ref(),
                        expects_consent: is_uploaded && exchange.ask_for_consent(),
                        takes_trailers: exchange.takes_trailers(),
                        says_empty,
                        upgrade: cx.upgrade,
                        keeps_host: members.host_header == HostHeader::Preserve,
                        host: match members.host_header {
                            HostHeader::Name(name) => Some(name.as_bytes()),
                            _ => backend.authority().map(HeaderValue::as_bytes),
                        },
                    };
                    match connection.exchange(&head, body.take(), exchange).await {
                        Ok(answer) => {
                            attempt.answered(cx, members.id);
                            if let Started::Whole(_) | Started::Switched(_) = answer.body {
                                attempt.count(cx, answer.status.as_u16());
                            }
                            cx.record.upstream_status = answer.status.as_u16();
                            // The request's list has done its work; it will hold the fields of another message.
                            worker.keep_fields(request.fields);
                            return Ok(respond(answer));
                        }
                        Err(SendError::NotSent(unsent)) => {
                            // It had been closed in the pool, perhaps others with it. Nothing was sent, so this is no
                            // retry.
                            worker.pool().was_closed(backend, idle, attempt.started);
                            worker.pool().prune(backend);
                            (body, from_pool) = (unsent, false);
                            continue;
                        }
                        Err(SendError::Closed) => {
                            let cause = if was_used {
                                worker.pool().was_closed(backend, idle, attempt.started);
                                RetryCause::StaleConnection
                            } else {
                                RetryCause::Reset
                            };
                            body = replay.as_ref().and_then(RequestBody::again);
                            (Reason::UpstreamReset, Some(cause).filter(|_| may_repeat || body.is_some()))
                        }
                        Err(SendError::Failed(reason)) => (reason, None),
                    }
                }
            };
            attempt.end(cx, members.id, reason);
            tried.add(backend);
            let Some(cause) = cause.filter(|cause| attempts_left > 0 && cause.is_on(&members.retries)) else {
                return Err(reason.into());
            };
            // That a kept connection was closed speaks against its backend only a little: if there is no other, the same
            // one is asked again.
            let again = Some(backend).filter(|_| cause == RetryCause::StaleConnection);
            let chosen = self.upstream.choose_another(&mut tried, rosters, &Asked { request: &request, cx });
            backend = match chosen.or(again) {
                Some(next) if budget.withdraw(&members.retries, cause, cx.now()) => next,
                _ => return Err(reason.into()),
            };
            // What closed one connection of a backend may have closed its others.
            from_pool = cause == RetryCause::ConnectFailure;
            attempts_left -= 1;
            cx.record.retries += 1;
            worker.metrics().retried(cx.record.route, cause);
        }
    }
}

/// What balancers are told of a request.
struct Asked<'r> {
    request: &'r Request,
    cx: &'r Context<'r>,
}

impl BalancerContext for Asked<'_> {
    fn client_ip(&self) -> Option<IpAddr> {
        self.cx.client_ip()
    }

    fn first(&self, name: &HeaderName) -> Option<&[u8]> {
        self.cx.first(self.request, name)
    }

    fn target(&self) -> &PathAndQuery {
        &self.request.target
    }

    fn random(&self) -> u32 {
        self.cx.worker().random().u32(..)
    }
}

/// A new connection, unless the request's time runs out first.
async fn connect(
    backend: &'static Backend,
    members: &'static Members,
    cx: &Context<'_>,
) -> Result<Box<Connection>, Reason> {
    let mut opening = pin!(Connection::open(backend, members, cx.worker()));
    std::future::poll_fn(|task| match opening.as_mut().poll(task) {
        Poll::Pending => {
            cx.exchange.clock().expired().map_or(Poll::Pending, |reason| Poll::Ready(Err(reason)))
        }
        done => done,
    })
    .await
}

/// RFC 9110 section 9.2.2.
fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}

/// One attempt at a backend, for the upstream's metrics.
struct Attempt {
    backend: &'static Backend,
    started: Instant,
}

impl Attempt {
    fn start(cx: &Context<'_>, backend: &'static Backend) -> Self {
        Self { backend, started: cx.now() }
    }

    /// It failed. What the client broke off is no answer of the backend's.
    fn end(&self, cx: &mut Context<'_>, upstream: usize, reason: Reason) {
        self.answered(cx, upstream);
        if reason.is_upstream_failure() {
            self.count(cx, reason.status().as_u16());
        }
    }

    /// Counts what it came to; a body that is still streaming will do so when it ends.
    fn count(&self, cx: &Context<'_>, status: u16) {
        cx.worker().metrics().upstream_answered(self.backend.slot(), status);
    }

    /// There is a response head, or a failure in its place.
    fn answered(&self, cx: &mut Context<'_>, upstream: usize) {
        let duration = cx.now().saturating_duration_since(self.started);
        cx.record.upstream_duration = duration;
        cx.worker().metrics().upstream_answered_after(upstream, duration);
    }
}

/// The backend's answer as the client's.
#[inline]
fn respond(answer: Answer) -> Response {
    let Answer { status, phrase, fields, announced, body } = answer;
    let body = match (body, announced) {
        (Started::Whole(bytes), Some(length)) if bytes.is_empty() => Body::Announced(length),
        (Started::Whole(bytes), _) => Body::from(bytes),
        (Started::Streaming(streaming), _) => Body::Streaming(streaming),
        (Started::Switched(tunnel), _) => Body::Tunnel(tunnel),
    };
    Response { status, fields, body, phrase }
}
