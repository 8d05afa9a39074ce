//! The end of most stacks: one exchange with an upstream, with its timeouts and its retries.

mod headers;
mod path;
mod retry;

use std::time::Instant;

use http::{HeaderMap, Method, Uri, header};

use crate::context::Context;
use crate::error::{Error, Reason};
use crate::service::{Body, Request, RequestBody, Response, Service};
use crate::upstream::{Backend, Balance, Connection, HostHeader, SendError, Started, Tried, Upstream};

pub use path::{PathEdit, TemplatePiece};
pub(crate) use retry::Budget;

/// A kept connection younger than this is not one that its backend is about to close for idleness.
const FRESH: std::time::Duration = std::time::Duration::from_millis(10);

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

/// What is needed to send a request once more.
struct Again {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl<B: Balance> Service for Forward<B> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        headers::prepare(&mut request, cx)?;
        if let Some(uri) = self.path.apply(request.uri(), cx.worker())? {
            *request.uri_mut() = uri;
        }
        let members = self.upstream.members();
        let client = cx.client;
        let budget = client.worker().retry_budget(members.id);
        budget.deposit(&members.retries);
        cx.client.await_answer(members.timeouts.response);
        let mut tried = Tried::new();
        let mut attempts_left = members.retries.attempts;
        loop {
            let Some(backend) = self.upstream.choose(&tried, &mut cx.worker().random()) else {
                // With every backend tried, the last failure says more than "nobody left".
                let reason = if cx.record.retries == 0 { Reason::NoHealthyBackend } else { cx.record.reason };
                return Err(reason.into());
            };
            cx.record.backend = Some(backend);
            if members.host_header == HostHeader::Backend
                && let Some(authority) = backend.authority()
            {
                request.headers_mut().insert(header::HOST, authority.clone());
            }
            let attempt = Attempt::start(cx, backend);
            let pooled = cx.worker().pool().take(backend, members, attempt.started);
            let mut connection = match pooled {
                Some(connection) => connection,
                None => match self.connect(backend, cx).await {
                    Ok(connection) => connection,
                    Err(reason) => {
                        attempt.end(cx, members.id, reason.status().as_u16());
                        let again = members.retries.connect_failure && reason != Reason::UpstreamTimeout;
                        if !(again && attempts_left > 0 && budget.withdraw()) {
                            return Err(reason.into());
                        }
                        attempts_left -= 1;
                        tried.add(backend);
                        cx.record.reason = reason;
                        cx.record.retries += 1;
                        cx.worker().metrics().retried(cx.record.route, false);
                        continue;
                    }
                },
            };
            if B::COUNTS_IN_FLIGHT {
                connection.count_in_flight();
            }
            // Copying the head costs; only a connection that has lain idle may turn out to be closed.
            let again = (members.retries.stale_connection
                && attempts_left > 0
                && connection.was_used()
                && connection.idle_for(attempt.started) >= FRESH
                && http_body::Body::is_end_stream(request.body())
                && is_idempotent(request.method()))
            .then(|| Again {
                method: request.method().clone(),
                uri: request.uri().clone(),
                headers: request.headers().clone(),
            });
            let was_used = connection.was_used();
            match connection.send(request, cx.client).await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    attempt.end(cx, members.id, status);
                    cx.record.upstream_status = status;
                    return finish(response, connection, cx);
                }
                Err(SendError::NotSent(unsent)) if was_used => {
                    // It had been closed in the pool. Nothing was sent, so this is not a retry.
                    cx.worker().pool().prune(backend);
                    request = *unsent;
                    continue;
                }
                Err(SendError::Closed) if again.is_some() && budget.withdraw() => {
                    request =
                        again.map(Again::into_request).unwrap_or_else(|| Request::new(RequestBody::empty()));
                }
                Err(error) => {
                    let reason = match error {
                        SendError::Failed(reason) => reason,
                        SendError::NotSent(_) | SendError::Closed => Reason::UpstreamReset,
                    };
                    attempt.end(cx, members.id, reason.status().as_u16());
                    return Err(reason.into());
                }
            }
            // The backend itself is not to blame for a connection that had grown old: it may be tried again.
            attempts_left -= 1;
            cx.record.retries += 1;
            cx.worker().metrics().retried(cx.record.route, true);
        }
    }
}

impl<B: Balance> Forward<B> {
    /// A new connection, unless the request's time runs out first.
    async fn connect(&self, backend: &'static Backend, cx: &Context<'_>) -> Result<Box<Connection>, Reason> {
        let mut opening = std::pin::pin!(Connection::open(backend, self.upstream.members()));
        std::future::poll_fn(|task| match opening.as_mut().poll(task) {
            std::task::Poll::Pending if cx.client.is_expired() => {
                std::task::Poll::Ready(Err(Reason::UpstreamTimeout))
            }
            poll => poll,
        })
        .await
    }
}

impl Again {
    fn into_request(self) -> Request {
        let mut request = Request::new(RequestBody::empty());
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }
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
        // The first attempt begins with the request: the clock need not be read for it.
        let started = if cx.record.retries == 0 { cx.record.started } else { Instant::now() };
        Self { backend, started }
    }

    fn end(&self, cx: &mut Context<'_>, upstream: usize, status: u16) {
        let now = Instant::now();
        let duration = now.saturating_duration_since(self.started);
        cx.record.upstream_duration = duration;
        cx.record.attempted = Some(now);
        cx.client.set_coarse_now(now);
        cx.worker().metrics().upstream_ended(self.backend.slot(), upstream, status, duration);
    }
}

/// Turns the backend's answer into the client's.
fn finish(
    response: http::Response<hyper::body::Incoming>,
    connection: Box<Connection>,
    cx: &mut Context<'_>,
) -> Result<Response, Error> {
    let (mut head, incoming) = response.into_parts();
    headers::sanitize(&mut head)?;
    head.version = http::Version::HTTP_11;
    // Nothing of hyper's bookkeeping for the upstream connection belongs to the client's.
    head.extensions.clear();
    let body = match connection.start_body(incoming, cx.client) {
        // hyper writes the length if the backend did not; its own stands where an empty body has one (HEAD, 304).
        Ok(Started::Whole(bytes)) => Body::from(bytes),
        Ok(Started::Streaming(streaming)) => Body::Streaming(streaming),
        Err(reason) => return Err(reason.into()),
    };
    Ok(Response::from_parts(head, body))
}
