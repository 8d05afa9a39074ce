//! A part must not take longer than the whole.

use crate::codes;
use crate::diagnostic::Diagnostics;
use crate::model::{Model, Target};
use crate::source::ConfigPath;
use std::time::Duration;

pub(super) fn check(model: &Model, sink: &mut Diagnostics) {
    // The most time any route leaves each upstream.
    let mut most: Vec<Option<Duration>> = vec![None; model.upstreams.len()];
    for route in &model.routes {
        if let Target::Forward(forward) = &route.target
            && let Some(most) = most.get_mut(forward.upstream.index())
        {
            *most = (*most).max(Some(route.timeout));
        }
    }
    for (upstream, most) in model.upstreams.iter().zip(most) {
        let at = &upstream.origin.path;
        if let Some(health) = &upstream.health_check
            && health.timeout >= health.interval
        {
            let section = at.key("health_check");
            let other = sink.value_span(&section.key("interval"));
            let title = "a probe may take as long as the interval between probes";
            let label = format!("not below {:?}, the interval", health.interval);
            let is_interval_here = sink.is_written(&section.key("interval"));
            let problem = sink.error_at(&codes::TIMEOUT_ORDER, &section.key("timeout"), title, label);
            if let Some(span) = other.filter(|_| is_interval_here) {
                problem.label(span, "the interval");
            }
        }
        let Some(most) = most else { continue };
        let timeouts = at.key("timeouts");
        exceeds(sink, &timeouts.key("connect"), upstream.timeouts.connect, most);
        exceeds(sink, &timeouts.key("response"), upstream.timeouts.response, most);
    }
}

/// Only what was written: nobody has to lower a default which never bites.
fn exceeds(sink: &mut Diagnostics, at: &ConfigPath, part: Duration, most: Duration) {
    if part > most && sink.is_written(at) {
        let title = "this timeout can never be reached";
        let label = format!("no route leaves it more than {most:?}");
        sink.error_at(&codes::TIMEOUT_ORDER, at, title, label)
            .help("see the routes' `timeout` and `server.timeouts.request` (60s if left out)");
    }
}
