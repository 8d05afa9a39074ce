//! Listeners, limits and timeouts.

use super::{Drain, Late, Limits, Origin, ServerTimeouts};
use castgate_contract::network::Network;
use std::net::IpAddr;
use std::num::NonZeroU16;

/// What faces the clients.
#[derive(Debug, Clone)]
pub struct Server {
    /// At least one.
    pub listen: Vec<Listen>,
    /// Worker threads.
    pub workers: Workers,
    /// How much is said on stderr.
    pub log_level: LogLevel,
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// What a client may send.
    pub limits: Limits,
    /// How long a client may take.
    pub timeouts: ServerTimeouts,
    /// How the gateway stops.
    pub drain: Drain,
}

/// The listener of the built-in endpoints.
#[derive(Debug, Clone)]
pub struct Admin {
    /// At least one.
    pub listen: Vec<Listen>,
}

/// Bounds on metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observability {
    /// How many series there may be in the worst case.
    pub max_series: Option<u64>,
}

/// An address to listen on.
#[derive(Debug, Clone)]
pub struct Listen {
    /// A literal parses as a [`std::net::SocketAddr`].
    pub address: Late,
    /// Where it was written.
    pub origin: Origin,
}

/// How much is said on stderr.
#[derive(Debug, Clone)]
pub struct LogLevel {
    /// A literal is one of `error`, `warn`, `info`, `debug`, `trace`.
    pub level: Late,
    /// Where it was written.
    pub origin: Origin,
}

/// Worker threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workers {
    /// One a core.
    Auto,
    /// 1 to 1024.
    Count(NonZeroU16),
}

/// A network. Bits beyond `prefix` are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    /// The network's address.
    pub address: IpAddr,
    /// Number of leading bits that count: at most 32 or 128.
    pub prefix: u8,
}

impl Cidr {
    /// As the runtime compares addresses with it.
    pub(crate) fn network(&self) -> Network {
        Network::of(self.address, self.prefix)
    }
}
