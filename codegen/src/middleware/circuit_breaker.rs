//! `circuit_breaker`: no more requests for an upstream that fails too often.

use super::{Code, Facts, Family, Lower, Per, Prose, Refusal, Registered, Site, State};
use crate::codes;
use crate::diagnostic::Reporter;
use crate::language::kind::{Number, ShareAbove0, Timeout};
use crate::language::{Facade, section};
use crate::lint::Lint;
use crate::model::Ratio;
use crate::plan::Value;
use crate::source::ConfigPath;
use std::time::Duration;

section! {
    /// `circuit_breaker: {failure_ratio: 50%, min_requests: 20, window: 10s, open: 5s}`
    ///
    /// Its state belongs to the pair of entry and upstream. Routes that redirect or respond have none.
    CircuitBreaker / CircuitBreakerSection => "BreakerPolicy" {
        /// Opens when this share of the window's requests failed: 5xx, refused, reset, malformed, timed out, broken off, or given
        /// up by a client that had waited for a second.
        failure_ratio: Ratio = ShareAbove0("a failure ratio of 0 would always be reached") as failure_basis_points,
        default Ratio { basis_points: 5000 }, example "25%";
        /// Never opens with fewer requests in the window, 1 to 1000000.
        min_requests: u32 = Number(1, 1_000_000), default 20, example "50";
        /// How far back requests count.
        window: Duration = Timeout, default Duration::from_secs(10), example "30s";
        /// How long it stays open.
        open: Duration = Timeout, default Duration::from_secs(5), example "10s";
        /// How many requests it then lets try at a time, 1 to 1000, until their answers begin; as many successes close it.
        half_open: u32 = Number(1, 1000), default 1, example "3";
    }
}

impl Registered for CircuitBreaker {
    const FACTS: Facts = Facts {
        needs_upstream: true,
        refusals: &[Refusal { reason: "circuit_open", status: 503 }],
        series: &[Family {
            name: "gateway_circuit_breaker_state",
            per: Per::Upstream,
            each: 3,
            of: "upstreams with a breaker, states",
        }],
        reports: &[(&codes::BREAKER_HARDLY_TRIPS, &["failure_ratio"])],
        prose: Prose { before: "", after: include_str!("circuit_breaker.md") },
        ..Facts::of(
            "Answers 503 at once while an upstream fails too often.",
            "{failure_ratio: 25%}",
            Code { layer: "CircuitBreaker", policy: "Breaker", stem: "BREAKER_", state: State::Upstream },
        )
    };
}

impl Lower for CircuitBreaker {
    fn policy(&self, site: &Site<'_>) -> Value {
        Value::Call(
            "Breaker::new",
            vec![Value::Origin(site.line.clone()), Value::Text(site.upstream.to_owned()), self.value()],
        )
    }

    fn lint(&self, at: &ConfigPath, sink: &mut Reporter<'_>) {
        if self.failure_ratio.basis_points == 10_000 {
            let title = "a circuit breaker that hardly ever opens";
            let label = format!("one good answer in {:?} keeps it closed", self.window);
            sink.lint_at(Lint::BREAKER_HARDLY_TRIPS, &at.key("failure_ratio"), title, label);
        }
    }
}
