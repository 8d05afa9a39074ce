//! What a config costs, counted at build: routes, stacks, metric series, the memory of tables.

mod matrix;

pub use matrix::{Matrix, matrix};

use crate::lower::lower;
use crate::middleware::NAMES;
use crate::model::{Methods, Model};

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Routes.
    pub routes: usize,
    /// Upstreams, with those written in place.
    pub upstreams: usize,
    /// Their backends.
    pub backends: usize,
    /// Distinct stacks of middleware, each a type of its own.
    pub stacks: usize,
    /// Middleware policies with state or settings of their own.
    pub policies: usize,
    /// The middleware that is compiled in.
    pub linked: Vec<&'static str>,
    /// The middleware that nothing names.
    pub left_out: Vec<&'static str>,
    /// The most time series that `/metrics` can ever show.
    pub series: u64,
    /// Bytes of the matcher's and the routes' tables, about.
    pub table_bytes: u64,
}

/// What the runtime has a counter for: 63 statuses and one for all others.
const STATUSES: u64 = 64;
/// What it calls methods: seven, TRACE, CONNECT and `_OTHER`.
const METHODS: u64 = 10;
/// Buckets with `+Inf`, sum and count.
const HISTOGRAM: u64 = 20;
/// What there is once: uptime, build info, requests in flight, the process's.
const GLOBAL: u64 = 16;

/// Bytes of a slot, a node, a candidate and a route in the runtime, on 64 bits.
const EDGE: u64 = 24;
const NODE: u64 = 44;
const CANDIDATE: u64 = 4;
const ROUTE: u64 = 96;

/// Counts.
pub fn report(model: &Model) -> Report {
    let plan = lower(model);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let mut used: Vec<&'static str> = model.unmatched.names();
    let mut series = GLOBAL + METHODS * STATUSES + HISTOGRAM;
    for route in &model.routes {
        let methods = match route.methods {
            Methods::All => METHODS,
            Methods::Only(_) => count(route.methods.named().count()),
        };
        let names = route.middleware.names();
        let limited = u64::from(names.contains(&"rate_limit"));
        series += methods * STATUSES + HISTOGRAM + limited + 2;
        used.extend(names);
    }
    for upstream in &model.upstreams {
        series += HISTOGRAM + count(upstream.backends.len()) * (STATUSES + 1);
    }
    series += 3 * count(plan.settings.breakers.len());
    let (linked, left_out) = NAMES.iter().copied().partition(|name| used.contains(name));
    let literals: usize = plan.index.edges.iter().flatten().map(|edge| edge.text.len()).sum();
    Report {
        routes: model.routes.len(),
        upstreams: model.upstreams.len(),
        backends: model.upstreams.iter().map(|upstream| upstream.backends.len()).sum(),
        stacks: plan.stacks.len(),
        policies: plan.policies.len(),
        linked,
        left_out,
        series,
        table_bytes: count(plan.index.nodes.len()) * NODE
            + count(plan.index.edges.len()) * EDGE
            + count(plan.index.candidates.len()) * CANDIDATE
            + count(plan.routes.len()) * ROUTE
            + count(literals),
    }
}

impl Report {
    /// One line each.
    pub fn text(&self) -> String {
        let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let rows = [
            ("routes", self.routes.to_string()),
            ("upstreams", format!("{} ({} backends)", self.upstreams, self.backends)),
            ("stacks", format!("{} ({} policies)", self.stacks, self.policies)),
            ("middleware", format!("{}; left out: {}", list(&self.linked), list(&self.left_out))),
            ("metric series", format!("{} at most", self.series)),
            ("tables", format!("{} KiB", self.table_bytes.div_ceil(1024))),
        ];
        rows.into_iter().fold(String::new(), |text, (name, value)| format!("{text}{name:<14} {value}\n"))
    }
}
