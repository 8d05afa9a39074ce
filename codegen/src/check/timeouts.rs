//! A part must not take longer than the whole.

use crate::codes;
use crate::diagnostic::Reporter;
use crate::model::{HealthCheck, Model, Route};
use crate::source::{ConfigPath, Span};
use std::time::Duration;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    for route in &model.routes {
        beyond_total(sink, route);
    }
    for (upstream, route) in model.upstreams.iter().zip(most_patient(model)) {
        let at = &upstream.origin.path;
        if let Some(health) = upstream.checks.settings() {
            beyond_interval(sink, &at.key("health_check"), health);
        }
        let Some(route) = route else { continue };
        let timeouts = at.key("timeouts");
        exceeds(sink, &timeouts.key("connect"), upstream.settings.timeouts.connect, route);
        exceeds(sink, &timeouts.key("response"), upstream.settings.timeouts.response, route);
    }
}

/// A probe ends before the next one.
fn beyond_interval(sink: &mut Reporter<'_>, section: &ConfigPath, health: &HealthCheck) {
    let intervals = [section.key("interval"), ConfigPath::root().key("health_check_interval")];
    if health.timeout < health.interval || intervals.iter().any(|at| sink.is_refused(at)) {
        return;
    }
    let interval = intervals.iter().find_map(|at| sink.source.written_span(at));
    let title = "a probe may take as long as the interval between probes";
    let label = format!("not below {:?}, the interval", health.interval);
    let problem = sink.error_at(&codes::TIMEOUT_ORDER, &section.key("timeout"), title, label);
    problem.label(interval, "the interval");
}

/// Of each upstream, the route that leaves it the most time.
pub(super) fn most_patient(model: &Model) -> Vec<Option<&Route>> {
    let mut most: Vec<Option<&Route>> = vec![None; model.upstreams.len()];
    for route in &model.routes {
        if let Some(forward) = route.forward()
            && let Some(most) = most.get_mut(forward.upstream.index())
            && most.is_none_or(|other| other.timeout < route.timeout)
        {
            *most = Some(route);
        }
    }
    most
}

/// Where a route's time was written, if it was.
pub(super) fn time_of(route: &Route, sink: &Reporter<'_>) -> Option<Span> {
    let own = route.origin.path.key("timeout");
    let total = route.origin.path.key("total");
    if !sink.source.is_written(&own) && route.settings.total == Some(route.timeout) {
        return sink.source.value_span(&total);
    }
    let everywhere = ConfigPath::root().key("server").key("timeouts").key("request");
    [own, everywhere].iter().find_map(|at| sink.source.written_span(at))
}

/// What a route says of a part of an exchange, against what it says of the whole.
fn beyond_total(sink: &mut Reporter<'_>, route: &Route) {
    let Some(total) = route.settings.total else { return };
    let at = &route.origin.path;
    let whole = sink.source.value_span(&at.key("total"));
    for (key, part) in [("timeout", route.timeout), ("idle", route.idle)] {
        if part > total {
            let title = "this timeout can never be reached";
            let label = format!("the whole exchange may take {total:?}");
            let problem = sink.error_at(&codes::TIMEOUT_ORDER, &at.key(key), title, label);
            problem.label(whole.clone(), "the whole exchange");
        }
    }
}

/// Only what was written: nobody has to lower a default which never bites.
fn exceeds(sink: &mut Reporter<'_>, at: &ConfigPath, part: Duration, route: &Route) {
    let most = route.timeout;
    let everywhere = ConfigPath::root().key("server").key("timeouts").key("request");
    let times = [at.clone(), route.origin.path.key("timeout"), everywhere];
    if part > most && sink.source.is_written(at) && !times.iter().any(|at| sink.is_refused(at)) {
        let time = time_of(route, sink);
        let title = "this timeout can never be reached";
        let label = format!("no route leaves it more than {most:?}");
        let problem = sink.error_at(&codes::TIMEOUT_ORDER, at, title, label);
        match time {
            Some(span) => problem.label(span, "the most time of any route"),
            None => problem.help("see the routes' `timeout` and `server.timeouts.request` (60s if left out)"),
        };
    }
}
