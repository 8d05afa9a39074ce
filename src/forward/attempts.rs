//! The attempts at one request: at which backend, by which connection, and what is sent again.

use std::net::IpAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method};

use super::PathEdit;
use crate::error::Reason;
use crate::exchange::{Context, Exchange, Request, RequestBody, Response};
use crate::retries::RetryCause;
use crate::upstream::{
    Backend, Balance, BalancerContext, Cluster, Connection, HostHeader, Outbound, Owner, SendError, Tried,
    Upstream,
};

/// What has been tried of one request, and what may still be.
pub(super) struct Attempts<B: Balance> {
    upstream: &'static Upstream<B>,
    /// The next one is at this backend,
    backend: &'static Backend,
    /// by such a connection.
    by: By,
    tried: Tried,
    /// How many more there may be after it.
    left: u8,
    /// What is still to be sent of a body.
    body: Option<RequestBody>,
    /// There is none, and that is said.
    says_empty: bool,
    repeat: Repeat,
}

/// By which connection a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// By one that was kept, if there is one.
    Kept,
    /// By one of its own.
    New,
}

/// Whether a request may be sent again that a backend may have begun to act on.
#[derive(Debug)]
enum Repeat {
    /// To do it twice is to do it once, and there is no body.
    Freely,
    /// The same, with what has been kept of its body if that is all of it.
    Kept(RequestBody),
    Never,
}

/// What an attempt has come to.
#[derive(Debug)]
pub(super) enum Outcome {
    Answered(Response),
    /// The kept connection had ended, perhaps others with it, or may be about to. Nothing was sent, so the next attempt is no
    /// retry.
    Unsent,
    /// And why it may be made again, if it may.
    Failed(Reason, Option<RetryCause>),
}

impl Repeat {
    fn of(method: &Method, body: Option<&RequestBody>) -> Self {
        match body {
            _ if !is_idempotent(method) => Self::Never,
            None => Self::Freely,
            Some(body) => body.again().map_or(Self::Never, Self::Kept),
        }
    }

    /// Whether it may be sent again by now, and the body that is sent then.
    fn body(&self) -> Option<Option<RequestBody>> {
        match self {
            Self::Freely => Some(None),
            Self::Kept(body) => body.again().map(Some),
            Self::Never => None,
        }
    }
}

impl<B: Balance> Attempts<B> {
    /// The first is at this backend. Takes the request's body.
    pub(super) fn begin(
        upstream: &'static Upstream<B>,
        (backend, tried): (&'static Backend, Tried),
        request: &mut Request,
        cx: &Context<'_>,
    ) -> Self {
        let (has_body, says_empty) = (!request.body.is_end(), request.body.is_empty());
        let body = has_body.then(|| std::mem::replace(&mut request.body, RequestBody::empty()));
        // Whoever switches begins to act, whatever the method says.
        let repeat = match cx.upgrade {
            None => Repeat::of(&request.method, body.as_ref()),
            Some(_) => Repeat::Never,
        };
        let left = upstream.cluster().retries.attempts;
        Self { upstream, backend, by: By::Kept, tried, left, body, says_empty, repeat }
    }

    /// Makes one.
    pub(super) async fn make(&mut self, request: &Request, path: &PathEdit, cx: &mut Context<'_>) -> Outcome {
        let (cluster, backend, exchange) = (self.upstream.cluster(), self.backend, cx.exchange);
        let pool = exchange.worker().pool();
        cx.record.backend = Some(backend);
        let attempt = Attempt::start(cx, backend);
        let in_flight = B::COUNTS_IN_FLIGHT.then(|| backend.occupy());
        let kept = || pool.take(backend, attempt.started);
        let connection = match if self.by == By::Kept { kept() } else { None } {
            Some(connection) => Ok(connection),
            None => connect(backend, cluster, self.by, cx).await,
        };
        if B::RESOLVES {
            let made = connection.as_ref().ok().and_then(|connection| connection.address());
            cx.record.address = made.or_else(|| backend.address());
        }
        let is_free = matches!(self.repeat, Repeat::Freely);
        let (reason, cause) = match connection {
            // The request's own time is over.
            Err(reason) if exchange.clock().expired().is_some() => (reason, None),
            Err(reason) => (reason, Some(RetryCause::ConnectFailure)),
            // What may not be sent twice is not sent into a connection whose end may be on its way, or is here.
            Ok(connection) if !is_free && !pool.trusts(&connection, attempt.started) => {
                pool.put(connection);
                self.by = By::New;
                return Outcome::Unsent;
            }
            Ok(connection) if !is_free && connection.has_ended() => {
                return self.unsent(exchange, connection.idle_for(attempt.started), &attempt);
            }
            Ok(mut connection) => {
                connection.keep_in_flight(in_flight);
                exchange.clock().await_answer(cluster.timeouts.response);
                let (was_used, idle_since) = (connection.was_used(), connection.idle_since());
                let idle = || attempt.started.saturating_duration_since(idle_since);
                let is_uploaded = self.body.as_ref().is_some_and(|body| body.exchange().is_some());
                let outbound = Outbound {
                    method: &request.method,
                    target: &|buffer: &mut Vec<u8>| path.write(request, buffer),
                    fields: &request.fields,
                    introduction: cx.introduction.as_ref(),
                    expects_consent: is_uploaded && exchange.ask_for_consent(),
                    takes_trailers: exchange.takes_trailers(),
                    says_empty: self.says_empty,
                    upgrade: cx.upgrade,
                    keeps_host: cluster.host_header == HostHeader::Preserve,
                    host: match cluster.host_header {
                        HostHeader::Name(name) => Some(name.as_bytes()),
                        _ => backend.authority().map(HeaderValue::as_bytes),
                    },
                };
                match connection.exchange(&outbound, self.body.take(), exchange).await {
                    Ok(answer) => {
                        attempt.answered(cx, cluster.id);
                        if !answer.body.is_streaming() {
                            attempt.count(cx, answer.status.as_u16());
                        }
                        cx.record.upstream_status = answer.status.as_u16();
                        return Outcome::Answered(answer);
                    }
                    Err(SendError::NotSent(unsent)) => {
                        self.body = unsent;
                        return self.unsent(exchange, idle(), &attempt);
                    }
                    Err(SendError::Closed) => {
                        let cause = if was_used {
                            pool.was_closed(backend, idle(), attempt.started);
                            RetryCause::StaleConnection
                        } else {
                            RetryCause::Reset
                        };
                        let again = self.repeat.body();
                        let cause = again.is_some().then_some(cause);
                        self.body = again.flatten();
                        (Reason::UpstreamReset, cause)
                    }
                    Err(SendError::Failed(reason)) => (reason, None),
                }
            }
        };
        attempt.end(cx, cluster.id, reason);
        self.tried.add(backend);
        Outcome::Failed(reason, cause)
    }

    /// The kept connection had ended, after it was unused for so long: the backend is asked by a new one.
    fn unsent(&mut self, exchange: &Exchange, idle: Duration, attempt: &Attempt) -> Outcome {
        let pool = exchange.worker().pool();
        exchange.attempt_failed();
        pool.was_closed(self.backend, idle, attempt.started);
        pool.prune(self.backend);
        self.by = By::New;
        Outcome::Unsent
    }

    /// The next attempt is a retry for this cause, if there may be another, the budget has it and somebody is left to be asked.
    ///
    /// # Errors
    ///
    /// There is none: the request has failed for this reason.
    pub(super) fn choose_another(
        &mut self,
        request: &Request,
        cx: &mut Context<'_>,
        reason: Reason,
        cause: RetryCause,
    ) -> Result<(), Reason> {
        let (cluster, worker) = (self.upstream.cluster(), cx.exchange.worker());
        if self.left == 0 || !cause.is_on(&cluster.retries) {
            return Err(reason);
        }
        // That a kept connection was closed speaks against its backend only a little: if there is no other, the same
        // one is asked again.
        let again = Some(self.backend).filter(|_| cause == RetryCause::StaleConnection);
        let chosen = self.upstream.choose_another(&mut self.tried, worker.rosters(), &Asked { request, cx });
        let next = chosen.or(again).ok_or(reason)?;
        if !worker.retry_budget(cluster.id).withdraw(&cluster.retries, cause, cx.now()) {
            return Err(reason);
        }
        cx.exchange.attempt_failed();
        self.backend = next;
        // What closed one connection of a backend may have closed its others.
        self.by = if cause == RetryCause::ConnectFailure { By::Kept } else { By::New };
        self.left -= 1;
        cx.record.retries += 1;
        worker.metrics().retried(cx.record.route, cause);
        Ok(())
    }
}

/// The backend of the first attempt at a request: the one that the balancer chooses.
pub(super) fn first<B: Balance>(
    upstream: &'static Upstream<B>,
    tried: &mut Tried,
    request: &Request,
    cx: &Context<'_>,
) -> Result<&'static Backend, Reason> {
    let (cluster, worker) = (upstream.cluster(), cx.worker());
    worker.retry_budget(cluster.id).deposit(&cluster.retries);
    upstream.choose(tried, worker.rosters(), &Asked { request, cx }).ok_or(Reason::NoHealthyBackend)
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

/// A new connection, unless the request's time runs out first; or where each is its client's own, one of this client's.
async fn connect(
    backend: &'static Backend,
    cluster: &'static Cluster,
    by: By,
    cx: &Context<'_>,
) -> Result<Box<Connection>, Reason> {
    let owner = cluster.proxy_protocol.map(|_| Owner::new(cx.exchange.peer(), cx.client_ip()));
    if by == By::Kept
        && let Some(owner) = &owner
        && let Some(kept) = cx.worker().pool().take_owned(backend, owner, cx.now())
    {
        return Ok(kept);
    }
    let mut opening = pin!(Connection::open(backend, cluster, cx.worker(), owner));
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
