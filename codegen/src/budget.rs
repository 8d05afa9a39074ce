//! What a gateway will cost at most, known before it runs: series of metrics, memory that middleware takes, the time until
//! a dead backend gets no more requests, and which middleware is in the binary.

mod series;

pub(crate) use series::Series;
pub(crate) use series::series;

use crate::middleware::{NAMES, REGISTRY};
use crate::model::{HealthCheck, Model, Upstream};
use crate::plan::Plan;
use crate::show::count;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// The bounds of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Number of routes.
    pub(crate) routes: usize,
    /// Number of upstreams.
    pub(crate) upstreams: usize,
    /// Number of backends, in all upstreams.
    pub(crate) backends: usize,
    /// The most addresses of names that are backends of their own, in all upstreams.
    pub(crate) slots: usize,
    /// The most connections that a worker keeps without using them, to all backends: each is an open file.
    pub(crate) kept: u64,
    /// Number of different stacks of middleware: what the build time grows with.
    pub(crate) stacks: usize,
    /// Series of `/metrics` in the worst case, by family.
    pub(crate) series: Vec<Series>,
    /// What middleware takes at start and keeps, by what it is called.
    pub(crate) memory: Vec<Memory>,
    /// The longest time any dead backend keeps its share; `None` if there is no upstream, or one is not probed.
    pub(crate) longest_ejection: Option<Duration>,
    /// Middleware that some request passes, in the order of execution.
    pub(crate) linked: Vec<&'static str>,
    /// Middleware that is not in the binary.
    pub(crate) not_linked: Vec<&'static str>,
}

/// The memory of a kind of middleware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// `limit tables`
    pub(crate) name: &'static str,
    /// Of all its policies together.
    pub(crate) bytes: u64,
}

impl Memory {
    /// In KiB, rounded up.
    pub(crate) fn kib(&self) -> u64 {
        self.bytes.div_ceil(1024)
    }
}

/// The bounds of a gateway.
pub(crate) fn budget(model: &Model, plan: &Plan) -> Budget {
    let sets = || model.routes.iter().map(|route| &route.middleware).chain([&model.unmatched]);
    let layers = sets().flat_map(|set| set.layers(&model.policies));
    // Each policy once, however many routes have it.
    let bytes: BTreeMap<(&str, usize), u64> =
        layers.map(|layer| ((layer.kind, layer.id), layer.settings.memory())).collect();
    let used: BTreeSet<&str> = bytes.keys().map(|(kind, _)| *kind).collect();
    let memory = REGISTRY.iter().filter_map(|entry| {
        let of = bytes.iter().filter(|((kind, _), _)| *kind == entry.name);
        Some(Memory { name: entry.facts.memory?, bytes: of.map(|(_, bytes)| bytes).sum() })
    });
    let ejections = model.upstreams.iter().map(|upstream| upstream.checks.settings().map(ejected_within));
    let ejections = ejections.collect::<Option<Vec<_>>>();
    let backends = || model.upstreams.iter().flat_map(|upstream| &upstream.backends);
    let (linked, not_linked) = NAMES.iter().copied().partition(|name| used.contains(name));
    Budget {
        routes: model.routes.len(),
        upstreams: model.upstreams.len(),
        backends: backends().count(),
        slots: backends().filter_map(|backend| backend.slots).map(usize::from).sum(),
        kept: model.upstreams.iter().map(kept).sum(),
        stacks: plan.stacks.len(),
        series: series(model),
        memory: memory.collect(),
        longest_ejection: ejections.and_then(|ejections| ejections.into_iter().max()),
        linked,
        not_linked,
    }
}

/// The connections that a worker keeps to an upstream's backends.
fn kept(upstream: &Upstream) -> u64 {
    let backends = u64::try_from(upstream.most_backends()).unwrap_or(u64::MAX);
    backends.saturating_mul(upstream.settings.keepalive.max_idle.into())
}

/// It dies right after a good probe; each further one comes after at most 1.1 intervals, and runs into its timeout.
fn ejected_within(check: &HealthCheck) -> Duration {
    (check.interval * 11 / 10 + check.timeout) * u32::from(check.unhealthy_after)
}

impl Budget {
    /// Series of `/metrics` in the worst case.
    pub(crate) fn total_series(&self) -> u64 {
        self.series.iter().map(|family| family.most).sum()
    }
}

/// All of it on one line.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ejection = match self.longest_ejection {
            _ if self.upstreams == 0 => "nothing to eject".to_owned(),
            Some(longest) => format!("a dead backend is out within {longest:?}"),
            None => "a dead backend may stay".to_owned(),
        };
        let memory: Vec<String> =
            self.memory.iter().map(|memory| format!("{} KiB of {}", memory.kib(), memory.name)).collect();
        let words = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(" ") };
        let slots = match self.slots {
            0 => String::new(),
            slots => format!(" with {} at most", count(slots, "address slot")),
        };
        write!(
            f,
            "{}, {} of {}{slots}, {}; at most {} series, {}; {ejection}; linked: {}; not linked: {}",
            count(self.routes, "route"),
            count(self.upstreams, "upstream"),
            count(self.backends, "backend"),
            count(self.stacks, "stack"),
            self.total_series(),
            memory.join(", "),
            words(&self.linked),
            words(&self.not_linked),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cast;

    fn of(text: &str) -> Budget {
        let cast = cast(text);
        budget(&cast.model, &cast.plan)
    }

    #[test]
    fn the_bounds_are_those_of_the_runtime() {
        let budget = of("
upstreams:
  u: {backends: ['http://a', 'http://b'], health_check: {interval: 10s, timeout: 1s, unhealthy_after: 3}}
middleware: {rate_limit: {rate: 1/s, max_keys: 1000}, circuit_breaker: {}}
routes:
  - {path: /a, methods: [GET, POST], upstream: u}
  - {path: /b, upstream: u, middleware: {rate_limit: {max_keys: 1}}}
  - {path: /c, respond: {}, middleware: {rate_limit: off}}
");
        assert_eq!((budget.routes, budget.upstreams, budget.backends, budget.stacks), (3, 1, 2, 2));
        assert_eq!(budget.memory, [Memory { name: "limit tables", bytes: (1024 + 4) * 16 }]);
        assert_eq!(budget.longest_ejection, Some(Duration::from_secs(36)));
        assert_eq!(budget.linked, ["rate_limit", "circuit_breaker"]);
        let most = |name: &str| budget.series.iter().find(|family| family.name == name).unwrap().most;
        // Two methods, eight, eight with fewer statuses, and ten on no route.
        assert_eq!(most("gateway_http_requests_total"), 2 * 64 + 8 * 64 + 8 * 16 + 10 * 16);
        assert_eq!(most("gateway_upstream_requests_total"), 2 * 64);
        assert_eq!(most("gateway_http_request_duration_seconds"), 4 * 20);
        assert_eq!(most("gateway_circuit_breaker_state"), 3);
    }

    #[test]
    fn each_limit_of_a_list_has_its_table_and_a_series_on_its_routes() {
        let budget = |middleware: &str, own: &str| {
            of(&format!(
                "middleware: {{{middleware}}}
routes:
  - {{path: /a, respond: {{}}}}
  - {{path: /b, respond: {{}}}}
  - {{path: /c, respond: {{}}, middleware: {{{own}}}}}
"
            ))
        };
        let list = "rate_limit: [{rate: 1/s, max_keys: 8}, {rate: 9/m, max_keys: 16}]";
        let series = |budget: &Budget| {
            budget.series.iter().find(|family| family.name == "gateway_rate_limited_total").unwrap().most
        };
        // All routes and the requests without one have the series of the one that is alone; two have two others.
        let both = budget(list, "rate_limit: {rate: 1/h, max_keys: 4}");
        assert_eq!((series(&both), both.memory[0].bytes), (4 + 2 * 2, (8 + 16 + 4) * 16));
        let only = budget("", list);
        assert_eq!((series(&only), only.memory[0].bytes), (2, (8 + 16) * 16));
        assert_eq!(series(&budget("", "")), 0);
    }

    #[test]
    fn addresses_of_names_count_as_backends_where_they_are_some() {
        let budget = of("
upstreams:
  u: {backends: ['http://a', 'http://10.0.0.1'], resolve: {addresses: 20}, keepalive: {max_idle: 10}}
  v: {backends: ['http://a'], keepalive: {max_idle: 3}}
routes: [{path: /a, upstream: u}, {path: /b, upstream: v}]
");
        assert_eq!((budget.backends, budget.slots, budget.kept), (3, 20, 21 * 10 + 3));
        let most = |name: &str| budget.series.iter().find(|family| family.name == name).unwrap().most;
        // However many addresses there are, they are no label.
        assert_eq!((most("gateway_upstream_up"), most("gateway_upstream_addresses")), (3, 2 * 4));
        assert!(budget.to_string().contains("of 3 backends with 20 address slots at most"), "{budget}");
    }

    #[test]
    fn a_budget_is_one_line() {
        let text = of("routes: [{path: /, respond: {}}]").to_string();
        assert!(text.starts_with("1 route, 0 upstreams of 0 backends, 1 stack; at most "), "{text}");
        assert!(!text.contains('\n'));
    }
}
