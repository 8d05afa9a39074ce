//! Upstreams that may not do what their author thinks.

use crate::check::timeouts::{most_patient, time_of};
use crate::diagnostic::{Reporter, quoted};
use crate::lint::Lint;
use crate::model::{Backend, BackendUrl, Checks, Late, Model, Piece, RetryOn, Route, Upstream};
use crate::show::count;
use crate::source::ConfigPath;
use castgate_contract::backend;
use std::collections::BTreeMap;
use std::time::Duration;

/// What common servers keep idle connections for: gunicorn 2s, Node 5s, Apache 5s, uvicorn 5s, nginx 75s.
const USUAL_KEEPALIVE: Duration = Duration::from_secs(60);

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    for (upstream, route) in model.upstreams.iter().zip(most_patient(model)) {
        health_and_backends(upstream, sink);
        keepalive(upstream, sink);
        retries(upstream, sink);
        if let Some(route) = route {
            tries(upstream, route, sink);
        }
    }
    unequal_weights(model, sink);
    late_defaults(model, sink);
}

fn health_and_backends(upstream: &Upstream, sink: &mut Reporter<'_>) {
    let at = &upstream.origin.path;
    let name = quoted(&upstream.name);
    if upstream.checks == Checks::Off {
        let title = format!("upstream {name} is not probed");
        let label = "a backend that is down keeps its share of the traffic";
        sink.lint_at(Lint::HEALTH_CHECK_OFF, &at.key("health_check"), title, label);
    }
    let takers = upstream.backends.iter().filter(|backend| backend.settings.weight > 0);
    if takers.map(Backend::most).sum::<usize>() < 2 {
        let title = format!("upstream {name} has a single backend");
        let label = "nothing takes its place when it is down";
        sink.lint_at_key(Lint::SINGLE_BACKEND, &at.key("backends"), title, label);
    }
}

fn keepalive(upstream: &Upstream, sink: &mut Reporter<'_>) {
    let at = upstream.origin.path.key("keepalive").key("idle");
    if upstream.settings.keepalive.idle > USUAL_KEEPALIVE && upstream.settings.keepalive.max_idle > 0 {
        let title = "idle connections are kept for longer than most backends keep theirs";
        let label = "the backend may close a connection just as a request is sent on it";
        sink.lint_at(Lint::KEEPALIVE_TOO_LONG, &at, title, label)
            .help("keep it below the backend's own keep-alive timeout: Node has 5s, nginx 75s");
    }
}

fn retries(upstream: &Upstream, sink: &mut Reporter<'_>) {
    let (section, retries) = (upstream.origin.path.key("retries"), &upstream.settings.retries);
    let at = section.key("attempts");
    if retries.attempts == 0 || !sink.source.is_written(&section) {
        return;
    }
    let never = if retries.on.is_empty() {
        Some(("on", "nothing is tried again"))
    } else if retries.budget.basis_points == 0 {
        Some(("budget", "no request may be tried again"))
    } else {
        None
    };
    if let Some((key, label)) = never {
        let title = "retries that can never be made";
        sink.lint_at(Lint::IDLE_RETRIES, &section.key(key), title, label)
            .help("write `attempts: 0` to switch retries off");
    } else if usize::from(retries.attempts) >= upstream.most_backends().max(2) && sink.source.is_written(&at)
    {
        let backends = count(upstream.most_backends(), "backend");
        let title = format!("{} retries for {backends}", retries.attempts);
        let label = "a request would go to the same backend again";
        sink.lint_at(Lint::RETRIES_BEYOND_BACKENDS, &at, title, label)
            .help("one less than there are backends is enough");
    }
}

/// All attempts together have to fit into the time of the most patient route.
fn tries(upstream: &Upstream, route: &Route, sink: &mut Reporter<'_>) {
    let (most, time) = (route.timeout, time_of(route, sink));
    let (at, connect) = (&upstream.origin.path, upstream.settings.timeouts.connect);
    let (connect_at, attempts_at) = (at.key("timeouts").key("connect"), at.key("retries").key("attempts"));
    let needed = connect * (u32::from(upstream.settings.retries.attempts) + 1);
    let is_written = sink.source.is_written(&connect_at) || sink.source.is_written(&attempts_at);
    // One attempt which alone does not fit is an error of its own.
    if !upstream.settings.retries.on.contains(&RetryOn::ConnectFailure)
        || needed <= most
        || connect > most
        || !is_written
    {
        return;
    }
    let here = if sink.source.is_written(&attempts_at) { attempts_at } else { connect_at };
    let title = "the last attempt comes too late";
    let attempts = upstream.settings.retries.attempts + 1;
    let label = format!("{attempts} attempts of {connect:?} to connect need {needed:?}");
    sink.lint_at(Lint::TRIES_BEYOND_TIMEOUT, &here, title, label)
        .help(format!("no route leaves this upstream more than {most:?}"))
        .label(time, "the most time of any route");
}

/// A backend that takes twice its share in one upstream was hardly meant to be weaker in another.
fn unequal_weights(model: &Model, sink: &mut Reporter<'_>) {
    let mut first: BTreeMap<&backend::Place, (u16, &ConfigPath, &str)> = BTreeMap::new();
    for upstream in &model.upstreams {
        for backend in &upstream.backends {
            let BackendUrl::Literal(url) = &backend.url else { continue };
            let weight = backend.settings.weight;
            let seen = *first.entry(&url.place).or_insert((weight, &backend.origin.path, &upstream.name));
            if seen.0 == weight {
                continue;
            }
            let other = sink.source.value_span(seen.1);
            let shown = match &url.place {
                backend::Place::Tcp { host, port } => format!("{host}:{port}"),
                backend::Place::Unix(_) => url.text.clone(),
            };
            let title = format!("backend {} has different weights", quoted(&shown));
            let label = format!("{weight} in {}", quoted(&upstream.name));
            sink.lint_at(Lint::UNEQUAL_WEIGHTS, &backend.origin.path, title, label)
                .label(other, format!("{} in {}", seen.0, quoted(seen.2)));
        }
    }
}

fn late_defaults(model: &Model, sink: &mut Reporter<'_>) {
    let listen = model
        .listeners
        .iter()
        .flat_map(|listener| &listener.address)
        .chain(model.admin.iter().flat_map(|admin| &admin.listen));
    let told = listen.chain([&model.server.log_level]);
    let told = told.map(|told| (&told.value, told.origin.path.clone()));
    let backends = model.upstreams.iter().flat_map(|upstream| &upstream.backends);
    let backends = backends.filter_map(|backend| match &backend.url {
        BackendUrl::Late(late) => Some((late, backend.origin.path.clone())),
        BackendUrl::Literal(_) => None,
    });
    let late: Vec<(&Late, ConfigPath)> = told.chain(backends).collect();
    for (late, at) in late {
        for piece in &late.pieces {
            let Piece::Env { name, default: Some(default) } = piece else { continue };
            let title = format!("${{env:{name}}} has a default in the config");
            let label = format!("a gateway that was not told starts with {}", quoted(default));
            sink.lint_at(Lint::LITERAL_DEFAULT_IN_ENV, &at, title, label);
        }
    }
}
