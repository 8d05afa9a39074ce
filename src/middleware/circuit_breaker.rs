//! The circuit-breaker layer: a failing upstream is spared for a while. Failures are 5xx answers, refused connections, timeouts, answers
//! that are broken off, and requests that their clients gave up waiting for.

mod breaker;

use std::time::{Duration, Instant};

use http::{HeaderValue, header};

use crate::error::{Error, Reason, Refusal};
use crate::exchange::{Context, Observe, Request, Response, Waiting, Watched};
use crate::observe::Families;
use crate::policy::Policy;
use crate::service::Service;
use breaker::State;
pub use breaker::{Breaker, BreakerPolicy};
use breaker::{Ticket, Verdict};

/// The breaker is open.
static OPEN: Refusal = Refusal::new("circuit_open", 503, "The upstream is failing and is being spared");

/// A request that its client gave up after waiting so long for the upstream was answered too late. Who leaves earlier may have
/// changed their mind (a search while somebody types), and shows nothing. Peers count neither; then an upstream
/// that hangs is never spared if its clients are less patient than the gateway's timeouts.
const TOO_LONG: Duration = Duration::from_secs(1);

/// A request that has passed, until it has shown something.
#[derive(Debug)]
struct Pass<'a> {
    breaker: &'static Breaker,
    ticket: Option<Ticket>,
    waiting: Waiting<'a>,
}

impl Pass<'_> {
    fn settle(mut self, verdict: Verdict, now: Instant) {
        if let Some(ticket) = self.ticket.take() {
            self.breaker.settle(ticket, verdict, now);
        }
    }

    /// The answer has begun: what the request shows is known when the answer has ended.
    fn watch(mut self, response: &mut Response) {
        if let Some(ticket) = self.ticket.take() {
            let ticket = self.breaker.answered(ticket);
            response.body.watch(Watched::new(self.breaker, ticket.into()));
        }
    }
}

impl Drop for Pass<'_> {
    /// The client went away before there was an answer.
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let now = Instant::now();
        let too_long = self.waiting.for_upstream(now).is_some_and(|waited| waited >= TOO_LONG);
        self.breaker.settle(ticket, if too_long { Verdict::Failure } else { Verdict::Nothing }, now);
    }
}

impl Observe for Breaker {
    fn answer_ended(&self, token: u64, reason: Reason) {
        // A client that leaves in the middle of an answer had one.
        let verdict = if reason.is_upstream_failure() { Verdict::Failure } else { Verdict::Success };
        self.settle(Ticket::from(token), verdict, Instant::now());
    }
}

impl Policy for Breaker {
    fn collect(&self, families: &mut Families) {
        let family = ("gateway_circuit_breaker_state", "The state of the upstream's circuit breaker.");
        let states = ("state", &["closed", "half_open", "open"][..]);
        let holds = match self.state(Instant::now()) {
            State::Closed => 0,
            State::HalfOpen => 1,
            State::Open => 2,
        };
        families.states(family, &[("upstream", self.upstream())], states, holds);
    }
}

/// The circuit-breaker layer.
#[derive(Debug)]
pub struct CircuitBreaker<S> {
    breaker: &'static Breaker,
    inner: S,
}

impl<S> CircuitBreaker<S> {
    /// Guards the upstream of `inner`.
    pub const fn new(breaker: &'static Breaker, inner: S) -> Self {
        Self { breaker, inner }
    }
}

impl<S: Service> Service for CircuitBreaker<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let ticket = self.breaker.let_pass(Instant::now).map_err(|wait| {
            let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
            Error::new(Reason::Refused(&OPEN)).with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
        })?;
        let pass = Pass { breaker: self.breaker, ticket: Some(ticket), waiting: cx.waiting() };
        let mut result = self.inner.serve(request, cx).await;
        match &mut result {
            Ok(response) if response.status.is_server_error() => {
                pass.settle(Verdict::Failure, Instant::now());
            }
            Ok(response) if response.body.is_streaming() => pass.watch(response),
            // Its body came with its head: the clock was read then.
            Ok(_) => pass.settle(Verdict::Success, cx.now()),
            Err(error) if error.reason().is_upstream_failure() => {
                pass.settle(Verdict::Failure, Instant::now());
            }
            // Nobody asked the upstream, or not to the end: this says nothing about it.
            Err(_) => pass.settle(Verdict::Nothing, Instant::now()),
        }
        result
    }
}
