//! `server:`, what faces the clients.

use super::{List, Strings, Unread, Workers, WrittenDrain, WrittenLimits, WrittenServerTimeouts};
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
    pub limits: Option<WrittenLimits>,
    /// How long a client may take.
    /// Example: `{request: 30s}`.
    pub timeouts: Option<WrittenServerTimeouts>,
    /// How the gateway stops.
    /// Example: `{delay: 5s, grace: 20s}`.
    pub drain: Option<WrittenDrain>,
    /// Not supported by this version.
    pub tls: Unread,
}
