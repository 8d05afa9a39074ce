//! Upstreams: an array of backends and a static around it.

use super::{Balance, Late, Name};
use crate::source::FileLine;
use std::time::Duration;

/// An upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The static of the upstream.
    pub name: Name,
    /// The static of its backends.
    pub backends_name: Name,
    /// The line it was written on.
    pub line: FileLine,
    /// What logs and metrics call it.
    pub label: String,
    /// How a backend is chosen.
    pub balance: Balance,
    /// Primaries first, each group in file order.
    pub backends: Vec<Backend>,
    /// How many are primaries.
    pub primaries: usize,
    /// The order of the primaries.
    pub primary_turns: Turns,
    /// The order of the backups.
    pub backup_turns: Turns,
    /// Active checks.
    pub health_check: Option<HealthCheck>,
    /// Timeouts.
    pub timeouts: UpstreamTimeouts,
    /// Kept connections.
    pub keepalive: Keepalive,
    /// Retries.
    pub retries: Retries,
    /// Whether backends see the client's `Host`, not their own.
    pub preserve_host: bool,
}

/// Whose turn it is, as indices into a group of backends; empty if they simply alternate.
pub type Turns = Vec<u16>;

/// One backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The line it was written on.
    pub line: FileLine,
    /// Its number among all backends of the gateway.
    pub slot: usize,
    /// Its weight, in lowest terms.
    pub weight: u16,
    /// Where it is.
    pub url: Late,
}

/// The facade's `HealthCheck`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HealthCheck {
    pub probe: Probe,
    pub interval: Duration,
    pub timeout: Duration,
    pub healthy_after: u16,
    pub unhealthy_after: u16,
}

/// The facade's `Probe`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Probe {
    Connect,
    Http { path: String, expect: Vec<u16> },
}

/// The facade's `UpstreamTimeouts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct UpstreamTimeouts {
    pub connect: Duration,
    pub response: Duration,
}

/// The facade's `Keepalive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Keepalive {
    pub idle: Duration,
    pub max_idle: u32,
}

/// The facade's `Retries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Retries {
    pub attempts: u8,
    pub connect_failure: bool,
    pub stale_connection: bool,
    pub reset: bool,
    pub budget_basis_points: u16,
}
