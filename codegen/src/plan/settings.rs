//! Everything of a gateway that is not a route.

use super::{Late, Name};
use crate::source::FileLine;
use std::time::Duration;

/// The facade's `Settings`, but for what other parts of the plan imply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The addresses of the gateway.
    pub listen: Vec<Listen>,
    /// The addresses of the built-in endpoints, if they have their own.
    pub admin: Vec<Listen>,
    /// The number of workers; `None`: one for each core.
    pub workers: Option<usize>,
    /// Peers whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// The level of the operational log.
    pub log_level: LogLevel,
    /// Limits.
    pub limits: Limits,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Draining.
    pub drain: Drain,
    /// Policies that are circuit breakers.
    pub breakers: Vec<Name>,
    /// Policies with late values or with something to set up; the backends come before them.
    pub bindings: Vec<Name>,
}

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The line it was written on.
    pub line: FileLine,
    /// `host:port`.
    pub address: Late,
}

/// How much is said on stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel {
    /// The line it was written on.
    pub line: FileLine,
    /// The name of the level.
    pub level: Late,
}

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cidr {
    /// IPv4.
    V4([u8; 4], u8),
    /// IPv6.
    V6([u16; 8], u8),
}

/// The facade's `Limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Limits {
    pub header_bytes: u64,
    pub headers: u32,
    pub uri: u64,
    pub body: u64,
    pub connections: u32,
}

/// The facade's `Timeouts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Timeouts {
    pub header_read: Duration,
    pub body: Duration,
    pub write: Duration,
    pub idle: Duration,
}

/// The facade's `Drain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Drain {
    pub delay: Duration,
    pub grace: Duration,
}
