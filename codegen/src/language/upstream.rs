//! Sections and words of `upstreams:`.

use super::kind::{
    AsWritten, ByHand, FieldValue, Fields, Flag, HostAndPort, Nested, Number, SentHost, Share, Statuses,
    Target, TimeLimit, Timeout, TimeoutOf, Verbatim, Word, WordSet,
};
use super::lints::{WrittenAllow, allow};
use super::{Section, Shape, Without, Words, section, words};
use crate::ast::{Backend, List, Switch};
use crate::field::Use;
use crate::model::{HeaderName, HostHeader, Late, Ratio};
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

words! {
    /// The method of a probe.
    ProbeMethod, "method of a probe" {
        /// The head decides; the body is not waited for.
        Get = "GET" => "Method::GET";
        /// Nothing but the head.
        Head = "HEAD" => "Method::HEAD";
        /// What the backend can do.
        Options = "OPTIONS" => "Method::OPTIONS";
        /// With an empty body.
        Post = "POST" => "Method::POST";
    }
}

words! {
    /// A version of the PROXY protocol, as it is sent.
    ProxyHeader, "version of the PROXY protocol" {
        /// A line of text.
        V1 = "v1" => "ProxyHeader::V1";
        /// Bytes.
        V2 = "v2" => "ProxyHeader::V2";
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
        /// A connection ends after the exchange with which it has become as old as this, less up to a tenth by chance; `off`: it may
        /// grow as old as it likes.
        max_age: Option<Duration> = TimeLimit, default Some(Duration::from_secs(3600)), example "10m";
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
        /// Retries may be at most this share of an upstream's requests, beside ten a second, for each worker; those of `stale-connection` are not counted. `0%` allows none of any kind.
        budget: Ratio = Share as budget_basis_points,
        default Ratio { basis_points: 2000 }, example "10%";
    }
}

section! {
    /// `resolve:`
    Resolve / WrittenResolve => "Resolve" {
        /// From one lookup of a name to the next, give or take a tenth, 1s to 1h. Names are looked up by the system's resolver, which does
        /// not say how long an answer may be kept. Of all who have the same name the shortest holds for it.
        interval: Duration = TimeoutOf(1, 3600, "expected 1s to 1h"), default Duration::from_secs(10), example "30s";
        /// The most addresses of a name that are in use at the same time, 1 to 256. Of further ones the highest get no requests until another
        /// leaves, which is one line in the log and `left_out` in the metrics.
        addresses: u16 = Number(1, 256) as _, default 16, example "64";
    }
}

section! {
    /// One upstream: interchangeable backends and a way to choose among them.
    Upstream / WrittenUpstream => "Cluster" {
        /// How a backend is chosen among the healthy ones, by their weights.
        strategy: Strategy = Word as _, default Strategy::RoundRobin, example "least-connections";
        /// At least one: a URL, or a map with `url`, `weight` and `backup`.
        backends: ByHand<List<Backend>> = AsWritten(|| Shape::list(backend())) as _, optional Without::AtLeastOne, example "[http://10.0.0.1:9001, {url: \"http://10.0.0.2:9001\", weight: 2}]";
        /// Every address of a name is a backend of its own, with the weight that is written, its own checks, connections and count of requests,
        /// while the name has it: for a name that stands for many (a headless service, a DNS-based discovery). What is looked up is known
        /// at build, and so is how many addresses there can be.
        resolve: Resolve = Nested as _, optional "a name is one backend, at whichever of its addresses takes a connection first, and is looked up every `10s`", example "{interval: 10s, addresses: 16}";
        /// How backends are checked: by a request, with the defaults below, or by a connection (`tcp: true`); with `off` they always
        /// count as healthy.
        health_check: ByHand<Switch<WrittenHealthCheck>> = AsWritten(|| Shape::or_off(Shape::Section(HealthCheck::META))) as _,
        optional "a connection is made every `5s` and closed again; with `health_check_interval`, a GET", example "{path: /ready, interval: 2s}";
        /// How long a backend may take.
        timeouts: UpstreamTimeouts = Nested, defaults, example "{connect: 500ms, response: 10s}";
        /// Idle connections kept to the backends.
        keepalive: Keepalive = Nested, defaults, example "{idle: 4s}";
        /// What is tried again, and how often.
        retries: Retries = Nested, defaults, example "{attempts: 1, budget: 10%}";
        /// Every connection to a backend begins with a header of the PROXY protocol, of version 1 (`v1`) or 2 (`v2`), which says whose it is; the
        /// backends have to expect it. A connection is then used, and kept, for its one client alone; see "The PROXY protocol" in the manual.
        proxy_protocol: ProxyHeader = Word as _, optional "none is sent", example "v2";
        /// The `Host` that backends see: the client's (`preserve`), their own (`backend`; a socket's is `localhost`), or this name or address, perhaps with a
        /// port.
        host_header: HostHeader = SentHost, default HostHeader::Preserve, example "shop.internal";
        /// Below this share of usable backends health is not looked at, and all take requests: the few that are left would be
        /// overrun. Counted among the primaries, or among the backups once no primary is usable. `0%`: only usable ones ever do.
        panic_threshold: Ratio = Share as panic_basis_points,
        default Ratio { basis_points: 0 }, example "50%";
        /// Lints which this upstream is let off, each with a reason.
        allow: ByHand<List<WrittenAllow>> = AsWritten(allow) as _, optional "", example "[{lint: single-backend, reason: the ledger has one writer}]";
    }
}

/// A URL alone, or a map.
pub(crate) fn backend() -> Shape {
    Shape::AnyOf(vec![Shape::Text, Shape::Section(BackendSection::META)])
}

section! {
    /// `{url: "http://localhost:9002", weight: 2, backup: false}`
    BackendSection / WrittenBackendSection {
        /// `http://host[:port]`, without a path, or `unix:/path` of a socket, with at most 107 bytes; required. Host names are looked up again and again; see `resolve`. May be a late value.
        url: String = Verbatim, required "for example `url: \"http://localhost:9001\"`", example "http://10.0.0.2:9001";
        /// Share of the traffic, 0 to 1000; 0 takes none. After division by their common divisor the weights of a group sum to at
        /// most 4096.
        weight: u16 = Number(0, 1000), default 1, example "2";
        /// Takes traffic only while no other backend is healthy.
        backup: bool = Flag, default false, example "true";
    }
}

/// From one check to the next.
pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

/// The earliest time at which the next probe may be due.
fn due(interval: Duration) -> Duration {
    let due = (interval * 9 / 10).as_millis().max(1);
    u64::try_from(due).map_or(interval, Duration::from_millis)
}

section! {
    /// `health_check:`
    HealthCheck / WrittenHealthCheck => "HealthCheck" {
        /// Only connects, and asks for nothing; then the keys which say what is asked and answered have no meaning.
        tcp: bool = Flag as _, default false, example "true";
        /// The path of the probe, query allowed.
        path: String = Target as _, default "/".to_owned(), example "/ready";
        /// Statuses which mean healthy: single ones, classes and ranges. The head decides, not the body.
        expect: BTreeSet<u16> = Statuses as _, default BTreeSet::from([200]), example "[2xx, 401]";
        /// The method of the probe. A POST has an empty body.
        method: ProbeMethod = Word as _, default ProbeMethod::Get, example "HEAD";
        /// The `Host` of the probe, with a port or without.
        host: String = HostAndPort as _, optional "the backend's own", example "shop.example.com";
        /// The port that is probed, on every backend; a socket has none.
        port: u16 = Number(1, 65_535) as _, optional "the backend's own", example "9100";
        /// What else the probe is sent with. May be late values; credentials have to be.
        headers: Vec<(HeaderName, Late)> = Fields<FieldValue>(Use::PROBE, FieldValue) as _,
        default Vec::new(), said "", example "{Authorization: \"Bearer ${env:PROBE_TOKEN}\"}";
        /// Time from one probe to the next, give or take a tenth; of a backend that has just turned unhealthy the first ones come
        /// sooner.
        interval: Duration = Timeout, default INTERVAL, said "`health_check_interval`, else `5s`", example "2s";
        /// How long a probe may take; less than the interval.
        timeout: Duration = Timeout,
        default Duration::from_secs(2),
        or due(interval).min(Duration::from_secs(2)) => ", or nine tenths of the interval if that is less", example "500ms";
        /// Good probes in a row that make an unhealthy backend healthy, 1 to 100.
        healthy_after: u16 = Number(1, 100), default 1, example "2";
        /// Bad probes, or connections that cannot be made, in a row that make a healthy backend unhealthy, 1 to 100.
        unhealthy_after: u16 = Number(1, 100), default 1, example "3";
    }
}
