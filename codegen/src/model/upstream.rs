//! Upstreams and their backends.

use super::{HealthCheck, HostHeader, Keepalive, Late, Origin, Retries, Strategy, UpstreamTimeouts};

/// A group of interchangeable backends.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Unique; an upstream written in place has its route's name.
    pub name: String,
    /// Where it was written: the `upstreams` entry, or the route.
    pub origin: Origin,
    /// How a backend is chosen.
    pub strategy: Strategy,
    /// At least one; at least one has a weight above 0.
    pub backends: Vec<Backend>,
    /// How backends are checked.
    pub checks: Checks,
    /// How long a backend may take.
    pub timeouts: UpstreamTimeouts,
    /// Idle connections.
    pub keepalive: Keepalive,
    /// What is tried again.
    pub retries: Retries,
    /// The `Host` a backend sees.
    pub host_header: HostHeader,
}

/// One server of an upstream.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Where it is.
    pub url: BackendUrl,
    /// As written, 0 to 1000.
    pub weight: u16,
    /// `weight` divided by the greatest common divisor of the weights of its group (the upstream's backups, or
    /// the rest). The sum over a group is at most 4096.
    pub share: u16,
    /// Takes traffic only while no other backend is healthy.
    pub backup: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// Where a backend is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackendUrl {
    /// Known at build.
    Literal {
        /// A host name in lower case, an IPv4 address, or an IPv6 address without brackets.
        host: String,
        /// 80 if none was written.
        port: u16,
        /// As written, but for a trailing slash, in lower case: what health, logs and metrics show.
        text: String,
    },
    /// Completed, and checked in the same way, at start.
    Late(Late),
}

/// How backends are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checks {
    /// Not at all: they always count as healthy.
    Off,
    /// Whether they take a connection: what is asked where nothing is written.
    Connect(HealthCheck),
    /// By a GET.
    Get(HealthCheck),
}

impl Checks {
    /// When and how often, unless it is not at all.
    pub fn settings(&self) -> Option<&HealthCheck> {
        match self {
            Self::Off => None,
            Self::Connect(settings) | Self::Get(settings) => Some(settings),
        }
    }
}
