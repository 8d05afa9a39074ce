//! What the values of `server:` come to.

use super::{Late, Origin};
use castgate_contract::network::Network;
use std::net::IpAddr;
use std::num::NonZeroU16;

/// What the process is told, perhaps at start: an address to listen on, or how much to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// A literal is right: a [`std::net::SocketAddr`], or one of [`level::LEVELS`](castgate_contract::level::LEVELS).
    pub value: Late,
    /// Where it was written, or would be.
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

/// Whose word on the client is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustedProxy {
    /// Peers of this network.
    Network(Cidr),
    /// Whoever connects to a socket of this machine.
    Unix,
}

impl TrustedProxy {
    /// The network, if it is one.
    pub fn network(self) -> Option<Cidr> {
        match self {
            Self::Network(network) => Some(network),
            Self::Unix => None,
        }
    }
}

/// A network. Bits beyond `prefix` are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    /// The network's address.
    pub address: IpAddr,
    /// Number of leading bits that count: at most 32 or 128.
    pub prefix: u8,
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Cidr {
    /// As the runtime compares addresses with it.
    pub(crate) fn network(&self) -> Network {
        Network::of(self.address, self.prefix)
    }
}
