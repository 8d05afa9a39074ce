//! What the values of `server:` come to.

use super::{Late, Origin, Scope};
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use castgate_contract::level;
use castgate_contract::network::Network;
use std::net::IpAddr;
use std::num::NonZeroU16;

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listen {
    /// A literal parses as a [`std::net::SocketAddr`].
    pub address: Late,
    /// Where it was written.
    pub origin: Origin,
}

/// How much is said on stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Listen {
    /// Where a gateway listens that is not told.
    pub(crate) const DEFAULT: &str = "0.0.0.0:8080";

    /// For a key that is not written.
    pub(crate) fn by_default(cx: &Cx<'_>, at: &ConfigPath) -> Self {
        Self { address: Late::of(Self::DEFAULT), origin: cx.origin(at, Scope::TopLevel) }
    }
}

impl LogLevel {
    /// What a gateway says that is not told.
    pub(crate) const DEFAULT: &str = level::DEFAULT;

    /// For a key that is not written.
    pub(crate) fn by_default(cx: &Cx<'_>, at: &ConfigPath) -> Self {
        Self { level: Late::of(Self::DEFAULT), origin: cx.origin(at, Scope::TopLevel) }
    }
}
