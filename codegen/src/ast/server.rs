//! `server:`, what faces the clients.

use super::{Duration, List, Size, Strings, Unread, Workers};
use serde::Deserialize;

/// `server:`; every key has a default, and so has the section.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// IP address and port; one or a list. `[::]:8080` is IPv6 and nothing else, so `0.0.0.0:8080` can stand beside it. May be a late value (`${env:LISTEN:-0.0.0.0:8080}`).
    /// Default: `0.0.0.0:8080`.
    /// Example: `["0.0.0.0:8080", "[::]:8080"]`.
    pub listen: Option<Strings>,
    /// Threads that serve requests: `auto` (one for each core) or 1 to 1024. Default: `auto`.
    /// Example: `4`.
    pub workers: Option<Workers>,
    /// Level of the operational log on stderr; `RUST_LOG` goes before it. May be a late value (`${env:LOG_LEVEL:-info}`).
    /// Default: `info`.
    /// Example: `warn`.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::LogLevel"))]
    pub log_level: Option<String>,
    /// Networks (`10.0.0.0/8`) or single addresses of peers whose `X-Forwarded-For` is believed; see "What backends get".
    /// Default: none.
    /// Example: `[10.0.0.0/8, 192.0.2.1]`.
    pub trusted_proxies: Option<List<String>>,
    /// What a client may send.
    /// Example: `{body: 50MiB}`.
    pub limits: Option<Limits>,
    /// How long a client may take.
    /// Example: `{request: 30s}`.
    pub timeouts: Option<ServerTimeouts>,
    /// How the gateway stops.
    /// Example: `{delay: 5s, grace: 20s}`.
    pub drain: Option<Drain>,
    /// Not supported by this version.
    pub tls: Unread,
}

/// `server.limits:`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Request line and header fields together, `1KiB` to `16MiB`; beyond it 431. Default: `32KiB`.
    /// Example: `16KiB`.
    pub header_bytes: Option<Size>,
    /// Number of header fields of a request, 1 to 10000; beyond it 431. Default: 100.
    /// Example: `50`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 10_000)))]
    pub headers: Option<u64>,
    /// Path and query, not above `header_bytes`; beyond it 414. Default: `8KiB`, or `header_bytes` if that is less.
    /// Example: `4KiB`.
    pub uri: Option<Size>,
    /// The request body; beyond it 413. Default: `10MiB`.
    /// Example: `50MiB`.
    pub body: Option<Size>,
    /// Client connections open at one time, 1 to 10000000, for the whole process; for a further one the longest idle
    /// one is closed, or it waits in the kernel's queue.
    /// Default: 10000.
    /// Example: `20000`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 10_000_000)))]
    pub connections: Option<u64>,
}

/// `server.timeouts:`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ServerTimeouts {
    /// From the first byte of a request to the end of its head; then 408 and the end of the connection. Default: `10s`.
    /// Example: `5s`.
    pub header_read: Option<Duration>,
    /// A pause in a request's body: for so long a client may send nothing of it while the backend could take more; then 408.
    /// Default: `30s`.
    /// Example: `10s`.
    pub body: Option<Duration>,
    /// A client that takes nothing of its response for so long is given up, and its connection closed. What it takes shows in
    /// steps of up to 64 KiB: a client that reads steadily, and faster than that in this time, is never cut. Default: `30s`.
    /// Example: `10s`.
    pub write: Option<Duration>,
    /// An idle keep-alive connection is closed after this. Default: `75s`.
    /// Example: `30s`.
    pub idle: Option<Duration>,
    /// From the end of a request to the head of its response, for routes without a `timeout`. Default: `60s`.
    /// Example: `30s`.
    pub request: Option<Duration>,
}

/// `server.drain:`, what SIGTERM sets off: not ready, still accepting for `delay`, then finishing requests for `grace`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Drain {
    /// After SIGTERM: how long connections are still accepted while `/readyz` says 503; may be `0s`. Default: `0s`.
    /// Example: `5s`.
    pub delay: Option<Duration>,
    /// After that: how long requests in flight may still take; may be `0s`. Default: `25s`.
    /// Example: `20s`.
    pub grace: Option<Duration>,
}
