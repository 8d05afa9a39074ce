//! `circuit_breaker`: no more requests for an upstream that fails too often.

use super::code::{Code, Lower, Register, Site, State};
use crate::yaml::Tree;
use crate::plan::Value;
use crate::show;
use super::{At, Settings};
use crate::ast;
use crate::codes;
use crate::model::Ratio;
use crate::resolve::cx::Cx;
use serde::Deserialize;
use std::time::Duration;

/// `circuit_breaker: {failure_ratio: 50%, min_requests: 20, window: 10s, open: 5s}`
///
/// Its state belongs to the pair of entry and upstream. Routes that redirect or respond have none.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CircuitBreakerSection {
    /// Opens when this share of the window's requests failed: 5xx, refused, reset, malformed, timed out, broken off, or given
    /// up by a client that had waited for a second. Default: `50%`.
    /// Example: `25%`.
    pub failure_ratio: Option<ast::Percent>,
    /// Never opens with fewer requests in the window, 1 to 1000000. Default: 20.
    /// Example: `50`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 1_000_000)))]
    pub min_requests: Option<u64>,
    /// How far back requests count. Default: `10s`.
    /// Example: `30s`.
    pub window: Option<ast::Duration>,
    /// How long it stays open. Default: `5s`.
    /// Example: `10s`.
    pub open: Option<ast::Duration>,
    /// How many requests it then lets try at a time, 1 to 1000, until their answers begin; as many successes close it. Default: 1.
    /// Example: `3`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 1000)))]
    pub half_open: Option<u64>,
}

/// Answers 503 at once while an upstream fails too often. State: one for each pair of policy and upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// Above 0.
    pub failure_ratio: Ratio,
    /// At least 1.
    pub min_requests: u32,
    /// Not zero.
    pub window: Duration,
    /// Not zero.
    pub open: Duration,
    /// At least 1.
    pub half_open: u32,
}

impl Settings for CircuitBreaker {
    type Section = CircuitBreakerSection;

    fn lay_over(own: CircuitBreakerSection, base: CircuitBreakerSection) -> CircuitBreakerSection {
        CircuitBreakerSection {
            failure_ratio: own.failure_ratio.or(base.failure_ratio),
            min_requests: own.min_requests.or(base.min_requests),
            window: own.window.or(base.window),
            open: own.open.or(base.open),
            half_open: own.half_open.or(base.half_open),
        }
    }

    fn resolve(cx: &mut Cx<'_>, at: &At, section: &CircuitBreakerSection) -> Option<Self> {
        let ratio_at = at.key(cx, "failure_ratio");
        let failure_ratio = cx.percent(&ratio_at, section.failure_ratio.as_ref(), Ratio { basis_points: 5000 });
        if failure_ratio.basis_points == 0 {
            let title = "a failure ratio of 0 would always be reached";
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &ratio_at, title, "must be above 0%");
        }
        let (min_requests, window) = (at.key(cx, "min_requests"), at.key(cx, "window"));
        let (open, half_open) = (at.key(cx, "open"), at.key(cx, "half_open"));
        Some(Self {
            failure_ratio,
            min_requests: cx.number(&min_requests, section.min_requests, 1..=1_000_000, 20),
            window: cx.timeout(&window, section.window.as_ref(), Duration::from_secs(10)),
            open: cx.timeout(&open, section.open.as_ref(), Duration::from_secs(5)),
            half_open: cx.number(&half_open, section.half_open, 1..=1000, 1),
        })
    }
}

impl Lower for CircuitBreaker {
    fn code(&self) -> Code {
        Code {
            layer: "CircuitBreaker",
            policy: "Breaker",
            stem: "BREAKER_",
            state: State::Upstream,
            register: Register::Breakers,
        }
    }

    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { failure_ratio, min_requests, window, open, half_open } = self;
        let policy = Value::Struct(
            "BreakerPolicy",
            vec![
                ("failure_basis_points", Value::Number(failure_ratio.basis_points.into())),
                ("min_requests", Value::Number((*min_requests).into())),
                ("window", Value::Duration(*window)),
                ("open", Value::Duration(*open)),
                ("half_open", Value::Number((*half_open).into())),
            ],
        );
        Value::Call(
            "Breaker::new",
            vec![Value::Origin(site.line.clone()), Value::Text(site.upstream.to_owned()), policy],
        )
    }

    fn written(&self) -> Tree {
        let Self { failure_ratio, min_requests, window, open, half_open } = self;
        Tree::map([
            ("failure_ratio", Tree::Plain(show::ratio(*failure_ratio))),
            ("min_requests", Tree::plain(min_requests)),
            ("window", Tree::Plain(show::duration(*window))),
            ("open", Tree::Plain(show::duration(*open))),
            ("half_open", Tree::plain(half_open)),
        ])
    }
}
