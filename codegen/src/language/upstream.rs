//! Sections and words of `upstreams:`.

use super::kind::{Number, Share, Timeout, WordSet};
use super::{Words, section, words};
use crate::model::Ratio;
use std::collections::BTreeSet;
use std::time::Duration;

words! {
    /// How a backend is chosen; all respect weights. Each is a balancer of the runtime.
    Strategy, "strategy" {
        /// In turn.
        RoundRobin = "round-robin" => "balancers::RoundRobin";
        /// By chance.
        Random = "random" => "balancers::RandomChoice";
        /// The one with the fewest requests in flight.
        LeastConnections = "least-connections" => "balancers::LeastConnections";
    }
}

words! {
    /// The `Host` a backend sees.
    HostHeader, "host_header" {
        /// The client's.
        Preserve = "preserve" => "HostHeader::Preserve";
        /// The backend's own host and port.
        Backend = "backend" => "HostHeader::Backend";
    }
}

words! {
    /// What is tried again.
    RetryOn, "retry condition" {
        /// No connection could be made.
        ConnectFailure = "connect-failure" => "RetryCause::ConnectFailure";
        /// A kept connection turned out to be closed before a byte of the response came.
        StaleConnection = "stale-connection" => "RetryCause::StaleConnection";
        /// A new connection was closed before a byte of the response came.
        Reset = "reset" => "RetryCause::Reset";
    }
}

section! {
    /// `upstreams.<name>.timeouts:`
    UpstreamTimeouts / WrittenUpstreamTimeouts => "UpstreamTimeouts" {
        /// For the TCP handshake, with all addresses of a name, and for its first lookup; then 504, or another backend.
        connect: Duration = Timeout, default Duration::from_secs(2), example "500ms";
        /// Of one attempt: from the end of the request to the head of the response; while a request's body moves it starts anew.
        response: Duration = Timeout, default Duration::from_secs(30), example "10s";
    }
}

section! {
    /// `keepalive:`
    Keepalive / WrittenKeepalive => "Keepalive" {
        /// An idle connection is not used after this; keep it below the backend's own.
        idle: Duration = Timeout, default Duration::from_secs(15), example "4s";
        /// Idle connections kept for each backend and worker, 0 to 65536; 0 keeps none.
        max_idle: u32 = Number(0, 65_536), default 256, example "64";
    }
}

section! {
    /// `retries:`
    Retries / WrittenRetries => "Retries" {
        /// Further attempts after the first, 0 to 10; 0 switches retries off.
        attempts: u8 = Number(0, 10), default 1, example "0";
        /// What is tried again. `connect-failure`: no connection could be made, so any request is tried with another backend.
        /// `stale-connection`: a kept connection was closed before a byte of the answer came; GET, HEAD, OPTIONS, PUT and DELETE
        /// without a body are sent again on a new one, to another backend if there is one. `reset`: a new connection was closed
        /// or reset before a byte of the answer came; the same requests are sent again, but only to another backend.
        on: BTreeSet<RetryOn> = WordSet,
        default RetryOn::ALL.iter().map(|(_, on)| *on).collect(), said "all", example "[connect-failure]";
        /// Retries may be at most this share of an upstream's requests, beside ten a second, for each worker; `0%` allows none.
        budget: Ratio = Share as budget_basis_points,
        default Ratio { basis_points: 2000 }, example "10%";
    }
}
