//! Upstreams and their backends.

use super::{HealthCheck, Late, Origin};
use crate::language::upstream::{self, BackendSection};
use castgate_contract::backend;

/// The `Host` that backends see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostHeader {
    /// The client's.
    Preserve,
    /// The backend's own host and port.
    Backend,
    /// This name or address, perhaps with a port; in lower case.
    Name(String),
}

/// A group of interchangeable backends.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Unique; an upstream written in place has its route's name.
    pub name: String,
    /// Where it was written: the `upstreams` entry, or the route.
    pub origin: Origin,
    /// At least one; at least one has a weight above 0.
    pub backends: Vec<Backend>,
    /// How backends are checked.
    pub checks: Checks,
    /// What its keys say of all the rest.
    pub settings: upstream::Upstream,
}

/// One server of an upstream.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Where it is.
    pub url: BackendUrl,
    /// As written.
    pub settings: BackendSection,
    /// `weight` divided by the greatest common divisor of the weights of its group (the upstream's backups, or
    /// the rest). The sum over a group is at most 4096.
    pub share: u16,
    /// How many of its addresses are backends of their own; `None` if it is one backend whatever its addresses.
    pub slots: Option<u16>,
    /// Where it was written.
    pub origin: Origin,
}

/// Where a backend is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackendUrl {
    /// Known at build.
    Literal(backend::BackendUrl),
    /// Completed, and checked in the same way, at start.
    Late(Late),
}

/// How backends are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checks {
    /// Not at all: they always count as healthy.
    Off,
    /// Whether they take a connection: `tcp: true`, or nothing is written.
    Connect(HealthCheck),
    /// By a request.
    Ask(HealthCheck),
}

impl Backend {
    /// Whether it is known to be a unix socket.
    pub fn is_socket(&self) -> bool {
        matches!(&self.url, BackendUrl::Literal(url) if url.host_and_port().is_none())
    }

    /// How many backends there can be at a time.
    pub fn most(&self) -> usize {
        self.slots.map_or(1, usize::from)
    }
}

impl Upstream {
    /// How many backends there can be at a time: those that are written, and of names with `resolve` their addresses.
    pub fn most_backends(&self) -> usize {
        self.backends.iter().map(Backend::most).sum()
    }
}

impl Checks {
    /// When and how often, unless it is not at all.
    pub fn settings(&self) -> Option<&HealthCheck> {
        match self {
            Self::Off => None,
            Self::Connect(settings) | Self::Ask(settings) => Some(settings),
        }
    }
}
