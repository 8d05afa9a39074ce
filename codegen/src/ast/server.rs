//! `server:`, what faces the clients.

use super::{Duration, List, Size, Strings, Unread, Workers};
use serde::Deserialize;

/// `server:`; every key has a default, and so has the section.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port, one or a list. May be a late value (`${env:LISTEN:-0.0.0.0:8080}`). Default: `0.0.0.0:8080`.
    pub listen: Option<Strings>,
    /// `auto` (one a core) or a number from 1 to 1024. Default: `auto`.
    pub workers: Option<Workers>,
    /// Level of the gateway's own operational log on stderr: `error`, `warn`, `info`, `debug` or `trace`.
    /// May be a late value (`${env:LOG_LEVEL:-info}`). Default: `info`.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::LogLevel"))]
    pub log_level: Option<String>,
    /// Networks (CIDR, or single addresses) whose `X-Forwarded-For` and `Forwarded` are believed. Default: none.
    pub trusted_proxies: Option<List<String>>,
    /// What a client may send.
    pub limits: Option<Limits>,
    /// How long a client may take.
    pub timeouts: Option<ServerTimeouts>,
    /// How the gateway stops.
    pub drain: Option<Drain>,
    /// Not supported by this version.
    pub tls: Unread,
}

/// `server.limits:`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Request line and header fields together. Default: `32KiB`.
    pub header_bytes: Option<Size>,
    /// Number of header fields of a request. Default: 100.
    pub headers: Option<u64>,
    /// The request target. Default: `8KiB`.
    pub uri: Option<Size>,
    /// The request body. Default: `10MiB`.
    pub body: Option<Size>,
    /// Client connections open at one time. Default: 10000.
    pub connections: Option<u64>,
}

/// `server.timeouts:`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ServerTimeouts {
    /// From the first byte of a request to the end of its head. Default: `10s`.
    pub header_read: Option<Duration>,
    /// An idle keep-alive connection is closed after this. Default: `75s`.
    pub idle: Option<Duration>,
    /// A whole exchange, from the request's head to the end of its response; a route's `timeout` takes its
    /// place. Default: `60s`.
    pub request: Option<Duration>,
}

/// `server.drain:`, what SIGTERM sets off: not ready, still accepting for `delay`, then finishing requests for `grace`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Drain {
    /// How long connections are still accepted after readiness went off. Default: `0s`.
    pub delay: Option<Duration>,
    /// How long requests in flight may still take. Default: `25s`.
    pub grace: Option<Duration>,
}
