//! What a config says of everything that is no route, as values: listeners, limits, timeouts, what there is of upstreams and policies.

use std::time::Duration;

use crate::address::TrustedProxy;
use crate::door::Door;
use crate::introduction::Via;
use crate::late::{Late, Origin};
use crate::policy::Policy;
use crate::upstream::Cluster;

/// The version of castgate that a gateway was made with.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where a gateway came from.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The config's file name, as messages give it.
    pub file: &'static str,
    /// SHA-256 of the config, in lower-case hexadecimal.
    pub config_sha256: &'static str,
}

/// Addresses with a route table.
#[derive(Clone, Copy, Debug)]
pub struct Listener {
    /// Its name in the config; empty if it has none.
    pub name: &'static str,
    /// Where it listens.
    pub listen: &'static [Listen],
    /// What a connection goes through before it is HTTP.
    pub door: Option<&'static dyn Door>,
    /// What is spoken there.
    pub protocols: Protocols,
}

/// `protocols` of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/1.1, and 1.0.
    Http1,
    /// HTTP/2, and nothing else.
    Http2,
    /// Both: a client's first bytes say which.
    Both,
}

impl Protocols {
    /// Whether HTTP/1.1 is one of them.
    pub(crate) const fn have_http1(self) -> bool {
        matches!(self, Self::Http1 | Self::Both)
    }

    /// Whether HTTP/2 is one of them.
    #[cfg(feature = "http2")]
    pub(crate) const fn have_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Both)
    }
}

/// `server.http2`: what a client of HTTP/2 may do. A head is limited as all are, by `limits`.
#[derive(Clone, Copy, Debug)]
pub struct Http2 {
    /// Requests of one connection at a time.
    pub streams: u32,
    /// Bytes of a request's body that a client may send before somebody takes them; a connection has that for each of its streams.
    pub stream_window: u32,
    /// Bytes of a response that wait for a client's socket.
    pub send_buffer: usize,
    /// Bytes of a frame.
    pub frame: u32,
    /// Bytes of a connection's table of fields.
    pub header_table: u32,
    /// Requests of a connection that its client may give up, or break, beyond those that end well.
    pub resets: u32,
    /// Requests that it may give up before they are looked at.
    pub early_resets: u32,
    /// Frames that bring nothing, in ten seconds, beyond four for each that does.
    pub idle_frames: u32,
}

/// An address to listen on.
#[derive(Clone, Copy, Debug)]
pub struct Listen {
    /// Where it was written.
    pub origin: Origin,
    /// `host:port`.
    pub address: Late,
}

/// `server.log_level`.
#[derive(Clone, Copy, Debug)]
pub struct LogLevel {
    /// Where it was written.
    pub origin: Origin,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: Late,
}

/// `server.limits`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request head; more is 431.
    pub header_bytes: usize,
    /// Fields of a request head; more is 431.
    pub headers: usize,
    /// Bytes of a request target; more is 414.
    pub uri: usize,
    /// Bytes of a request body, of requests that get to no route and for what the gateway answers itself; more is 413.
    pub body: Option<u64>,
    /// Client connections of the whole process; for a further one the longest idle one is closed, or it waits in the
    /// kernel's queue.
    pub connections: usize,
    /// Connections of one client address of them; a further one is closed at once.
    pub connections_per_client: Option<u32>,
}

/// `server.timeouts`.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For what a listener's door has to hear, from the connection on.
    pub handshake: Duration,
    /// For a whole request head, from its first byte.
    pub header_read: Duration,
    /// For a pause in a request body, from the client's last byte of it.
    pub body: Duration,
    /// For a client that takes nothing of its response, from the last byte that it took.
    pub write: Duration,
    /// For a connection without a request.
    pub idle: Duration,
    /// For a connection as a whole: beyond it, it ends with the next response.
    pub connection: Option<Duration>,
}

/// `server.drain`.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// How long connections are still accepted after `/readyz` has turned 503.
    pub delay: Duration,
    /// How long in-flight requests may take after that.
    pub grace: Duration,
}

/// Everything of a gateway that is not a route.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Where it came from.
    pub identity: Identity,
    /// The normalised config, for `gateway config`. Nothing reads it while the gateway runs.
    pub normal_config: &'static str,
    /// Where clients come in.
    pub listeners: &'static [Listener],
    /// The addresses of `/health`, `/livez`, `/readyz`, `/metrics`; if there are none, they are answered on every
    /// listener.
    pub admin: &'static [Listen],
    /// The number of workers; if `None`, one for each core.
    pub workers: Option<usize>,
    /// Peers whose `X-Forwarded-*` are believed.
    pub trusted_proxies: &'static [TrustedProxy],
    /// Whether the gateway names itself to backends.
    pub via: Via,
    /// The level of the operational log, where `RUST_LOG` does not set it.
    pub log_level: LogLevel,
    /// Limits.
    pub limits: Limits,
    /// HTTP/2.
    pub http2: Http2,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Draining.
    pub drain: Drain,
    /// The upstreams, in the order of their ids.
    pub upstreams: &'static [&'static Cluster],
    /// What is set up for middleware, in the order of its first use.
    pub policies: &'static [&'static dyn Policy],
}

impl Timeouts {
    /// As long for each, and none for the connection.
    pub(crate) const fn of(each: Duration) -> Self {
        Self { handshake: each, header_read: each, body: each, write: each, idle: each, connection: None }
    }
}

impl Settings {
    /// Of a gateway that has nothing and allows nothing: what stands in for a config, and what tests begin with.
    pub(crate) const EMPTY: Self = Self {
        identity: Identity { file: "gateway.yml", config_sha256: "" },
        normal_config: "",
        listeners: &[],
        admin: &[],
        workers: None,
        trusted_proxies: &[],
        via: Via::On,
        log_level: LogLevel { origin: Origin::at("gateway.yml", 1), level: Late::new(&[]) },
        limits: Limits {
            header_bytes: 0,
            headers: 0,
            uri: 0,
            body: None,
            connections: 0,
            connections_per_client: None,
        },
        http2: Http2 {
            streams: 0,
            stream_window: 0,
            send_buffer: 0,
            frame: 0,
            header_table: 0,
            resets: 0,
            early_resets: 0,
            idle_frames: 0,
        },
        timeouts: Timeouts::of(Duration::ZERO),
        drain: Drain { delay: Duration::ZERO, grace: Duration::ZERO },
        upstreams: &[],
        policies: &[],
    };
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("identity", &self.identity).finish_non_exhaustive()
    }
}
