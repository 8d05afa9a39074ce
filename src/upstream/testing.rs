//! What tests of upstreams are made of.

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::Duration;

use http::HeaderName;
use http::uri::PathAndQuery;

use super::{
    Backend, BalancerContext, Cluster, HealthCheck, HostHeader, Keepalive, Probe, Resolve, UpstreamTimeouts,
};
use crate::fields::Fields;
use crate::late::Origin;
use crate::retries::{Retries, RetryCause};

/// A request as balancers see it.
pub(super) struct Asked {
    pub(super) client_ip: IpAddr,
    pub(super) target: PathAndQuery,
    pub(super) fields: Fields,
    pub(super) random: RefCell<fastrand::Rng>,
}

impl Asked {
    pub(super) fn new() -> Self {
        Self {
            client_ip: IpAddr::from([127, 0, 0, 1]),
            target: PathAndQuery::from_static("/"),
            fields: Fields::default(),
            random: RefCell::new(fastrand::Rng::with_seed(7)),
        }
    }
}

impl BalancerContext for Asked {
    fn client_ip(&self) -> Option<IpAddr> {
        Some(self.client_ip)
    }

    fn first(&self, name: &HeaderName) -> Option<&[u8]> {
        self.fields.get(name)
    }

    fn target(&self) -> &PathAndQuery {
        &self.target
    }

    fn random(&self) -> u32 {
        self.random.borrow_mut().u32(..)
    }
}

/// Backends that are connected to every second, and usable until they are not.
pub(super) fn cluster(backends: &'static [Backend], resolve: Option<Resolve>) -> Cluster {
    let second = Duration::from_secs(1);
    Cluster {
        origin: Origin::at("gateway.yml", 1),
        id: 0,
        name: "users",
        backends,
        primaries: backends.len(),
        primary_turns: &[],
        backup_turns: &[],
        health_check: Some(HealthCheck {
            probe: Probe::Connect,
            port: None,
            interval: second,
            timeout: second,
            healthy_after: 1,
            unhealthy_after: 1,
            proxy_protocol: None,
        }),
        timeouts: UpstreamTimeouts { connect: second, response: second },
        keepalive: Keepalive { idle: second, max_idle: 1, max_age: None },
        retries: Retries { attempts: 1, on: &RetryCause::ALL, budget_basis_points: 0 },
        proxy_protocol: None,
        host_header: HostHeader::Preserve,
        panic_basis_points: 0,
        resolve,
    }
}
