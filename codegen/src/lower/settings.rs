//! Listeners, limits and timeouts: mostly the same numbers in the runtime's units.

use super::late::late;
use crate::{model, plan};
use std::net::IpAddr;

/// The settings, with these statics in their lists.
pub(super) fn settings(
    model: &model::Model,
    breakers: Vec<plan::Name>,
    bindings: Vec<plan::Name>,
) -> plan::Settings {
    let server = &model.server;
    plan::Settings {
        listen: server.listen.iter().map(listen).collect(),
        admin: model.admin.iter().flat_map(|admin| &admin.listen).map(listen).collect(),
        workers: match server.workers {
            model::Workers::Auto => None,
            model::Workers::Count(count) => Some(usize::from(count.get())),
        },
        trusted_proxies: server.trusted_proxies.iter().map(cidr).collect(),
        log_level: plan::LogLevel {
            line: server.log_level.origin.line.clone(),
            level: late(&server.log_level.level),
        },
        limits: plan::Limits {
            header_bytes: server.limits.header_bytes,
            headers: server.limits.headers,
            uri: server.limits.uri,
            body: server.limits.body,
            connections: server.limits.connections,
        },
        // `timeouts.request` is in the routes already.
        timeouts: plan::Timeouts {
            header_read: server.timeouts.header_read,
            body: server.timeouts.body,
            write: server.timeouts.write,
            idle: server.timeouts.idle,
        },
        drain: plan::Drain { delay: server.drain.delay, grace: server.drain.grace },
        breakers,
        bindings,
    }
}

fn listen(listen: &model::Listen) -> plan::Listen {
    plan::Listen { line: listen.origin.line.clone(), address: late(&listen.address) }
}

fn cidr(cidr: &model::Cidr) -> plan::Cidr {
    match cidr.address {
        IpAddr::V4(address) => plan::Cidr::V4(address.octets(), cidr.prefix),
        IpAddr::V6(address) => plan::Cidr::V6(address.segments(), cidr.prefix),
    }
}
