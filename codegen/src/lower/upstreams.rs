//! Upstreams: primaries before backups, a slot for each backend, whose turn it is.

use super::late::{late, literal};
use super::names::Names;
use super::turns::turns;
use crate::{model, plan};

/// All upstreams, in the order of their ids.
pub(super) fn upstreams(upstreams: &[model::Upstream], names: &mut Names) -> Vec<plan::Upstream> {
    let mut slot = 0;
    upstreams.iter().map(|upstream| lower(upstream, &mut slot, names)).collect()
}

fn lower(upstream: &model::Upstream, slot: &mut usize, names: &mut Names) -> plan::Upstream {
    let name = names.after(&upstream.name, "UPSTREAM");
    let backends_name = names.part(&name, "BACKENDS");
    let (backups, primaries): (Vec<_>, Vec<_>) = upstream.backends.iter().partition(|backend| backend.backup);
    let shares = |group: &[&model::Backend]| group.iter().map(|backend| backend.share).collect::<Vec<_>>();
    let retries = &upstream.retries;
    plan::Upstream {
        name,
        backends_name,
        line: upstream.origin.line.clone(),
        label: upstream.name.clone(),
        balance: balance(upstream.strategy),
        primaries: primaries.len(),
        primary_turns: turns(&shares(&primaries)),
        backup_turns: turns(&shares(&backups)),
        backends: primaries.into_iter().chain(backups).map(|one| backend(one, slot)).collect(),
        health_check: upstream.health_check.as_ref().map(health_check),
        timeouts: plan::UpstreamTimeouts {
            connect: upstream.timeouts.connect,
            response: upstream.timeouts.response,
        },
        keepalive: plan::Keepalive { idle: upstream.keepalive.idle, max_idle: upstream.keepalive.max_idle },
        retries: plan::Retries {
            attempts: retries.attempts,
            connect_failure: retries.on_connect_failure,
            stale_connection: retries.on_stale_connection,
            reset: retries.on_reset,
            budget_basis_points: retries.budget.basis_points,
        },
        preserve_host: upstream.host_header == model::HostHeader::Preserve,
    }
}

fn backend(backend: &model::Backend, slot: &mut usize) -> plan::Backend {
    let url = match &backend.url {
        model::BackendUrl::Literal { text, .. } => literal(text),
        model::BackendUrl::Late(url) => late(url),
    };
    *slot += 1;
    plan::Backend { line: backend.origin.line.clone(), slot: *slot - 1, weight: backend.share, url }
}

fn health_check(check: &model::HealthCheck) -> plan::HealthCheck {
    plan::HealthCheck {
        probe: match &check.probe {
            model::Probe::Connect => plan::Probe::Connect,
            model::Probe::Http { path, expect } => {
                plan::Probe::Http { path: path.clone(), expect: expect.clone() }
            }
        },
        interval: check.interval,
        timeout: check.timeout,
        healthy_after: check.healthy_after,
        unhealthy_after: check.unhealthy_after,
    }
}

fn balance(strategy: model::Strategy) -> plan::Balance {
    match strategy {
        model::Strategy::RoundRobin => plan::Balance::RoundRobin,
        model::Strategy::Random => plan::Balance::RandomChoice,
        model::Strategy::LeastConnections => plan::Balance::LeastConnections,
    }
}
