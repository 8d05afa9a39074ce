//! Sections of `server:`.

use super::kind::{Address, AsWritten, ByHand, Everybody, Level, ListOf, Nested, Number, NumberLimit};
use super::kind::{
    Flag, OneOrList, PathAtStart, Protocols, Proxy, Refused, SectionList, SizeLimit, SizeOf, Span, Threads,
    TimeLimit, Timeout, Versions, Word,
};
use super::route::Redirect;
use super::{Shape, Without, section, words};
use crate::ast::Map;
use crate::model::{Late, Placed, TrustedProxy, Workers};
use castgate_contract::level;
use std::collections::BTreeSet;
use std::time::Duration;

/// Where a gateway listens that is not told.
const LISTEN: &str = "0.0.0.0:8080";

const KIB: u64 = 1024;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

words! {
    /// Whether the gateway names itself.
    Via, "word" {
        /// It does.
        On = "on" => "Via::On";
        /// It does not.
        Off = "off" => "Via::Off";
    }
}

words! {
    /// A version of HTTP.
    HttpVersion, "protocol" {
        /// HTTP/2.
        Http2 = "h2";
        /// HTTP/1.1, and 1.0.
        Http1 = "http/1.1";
    }
}

impl HttpVersion {
    /// All that this version knows.
    pub(crate) const BOTH: [Self; 2] = [Self::Http2, Self::Http1];
}

section! {
    /// `server:`; every key has a default, and so has the section.
    Server / WrittenServer => "Settings" {
        /// IP address and port, or `unix:/run/gateway.sock`; one or a list. `[::]:8080` is IPv6 and nothing else, so `0.0.0.0:8080` can stand beside it. May be a late value (`${env:LISTEN:-0.0.0.0:8080}`).
        listen: Vec<Placed> = OneOrList<Address>(Address, "nothing to listen on") as _,
        placed |cx, at| vec![cx.placed(at, Late::of(LISTEN))], said Without::value(LISTEN, ""),
        example "[\"0.0.0.0:8080\", \"[::]:8080\"]";
        /// Listeners by their names, in place of `listen`: each has a table of the routes that name it, and of those that name none.
        listeners: ByHand<Map<WrittenListener>> = AsWritten(|| Shape::map(Shape::Section(ListenerSection::META))) as _, optional "",
        example "{public: {address: [\"0.0.0.0:8443\", \"[::]:8443\"]}, internal: {address: 127.0.0.1:8081}}";
        /// Threads that serve requests: `auto` (one for each core) or 1 to 1024.
        workers: Workers = Threads, default Workers::Auto, example "4";
        /// Level of the operational log on stderr; `RUST_LOG` goes before it. May be a late value (`${env:LOG_LEVEL:-info}`).
        log_level: Placed = Level,
        placed |cx, at| cx.placed(at, Late::of(level::DEFAULT)), said Without::value(level::DEFAULT, ""), example "warn";
        /// Networks (`10.0.0.0/8`) or single addresses of peers whose `X-Forwarded-For` is believed, and `unix` for whoever connects to a
        /// Unix socket; see "What backends get".
        trusted_proxies: Vec<TrustedProxy> = ListOf<Proxy>(Proxy), default Vec::new(), said "none",
        example "[10.0.0.0/8, 192.0.2.1]";
        /// Whether backends are told of the gateway with `Via: 1.1 castgate` (RFC 9110, section 7.6.3). An nginx that sees the field
        /// does not compress, unless its `gzip_proxied` says so: `off`. What others have said of themselves passes in either case.
        /// With it, a request that has come through here more than ten times is refused (508).
        via: Via = Word, default Via::On, example "off";
        /// What connections may switch to on routes that forward and have no `upgrades` of their own.
        upgrades: Vec<String> = Protocols as _, default vec!["websocket".to_owned()], said "`[websocket]`", example "off";
        /// What a client may send.
        limits: Limits = Nested, defaults, example "{body: 50MiB}";
        /// How long a client may take.
        timeouts: ServerTimeouts = Nested, defaults, example "{request: 30s}";
        /// What a client of HTTP/2 may do, beside what `limits` says of every request; only where a listener's `protocols` have `h2`.
        http2: Http2 = Nested, defaults, example "{streams: 200}";
        /// How the gateway stops.
        drain: Drain = Nested, defaults, example "{delay: 5s, grace: 20s}";
        /// Not here: TLS is a listener's, `listeners: {public: {address: 0.0.0.0:8443, tls: ..}}`.
        tls: () = Refused("TLS is a listener's: `listeners: {public: {address: 0.0.0.0:8443, tls: ..}}`") as _, optional "", example "";
    }
}

section! {
    /// A listener of `server.listeners`
    ListenerSection / WrittenListener {
        /// Address and port or `unix:/path`, one or a list, required; as `server.listen`. No two listeners have the same.
        address: Vec<Placed> = OneOrList<Address>(Address, "nothing to listen on"),
        required "for example `address: 0.0.0.0:8080`", example "[\"0.0.0.0:8443\", \"[::]:8443\"]";
        /// Every request here is answered with a redirect, and no route is reached: `https` keeps host, path and query, and leads to
        /// port 443; or what a route's `redirect` may say, `{scheme: https, port: 8443}`. In logs and metrics it is the route
        /// `redirect @plain`, of a listener `plain`.
        redirect: Redirect = Everybody, optional "", example "https";
        /// Who says whose connection it is before the first byte of HTTP, by the PROXY protocol; see "The PROXY protocol" in the manual.
        proxy_protocol: ProxyProtocol = Nested, optional "", example "{from: [10.0.0.0/8]}";
        /// The versions of HTTP that are spoken here: `h2`, `http/1.1`, or both in either order. Without TLS a client of HTTP/2 begins with it
        /// (prior knowledge), and its first bytes tell which it is; nobody can upgrade to it.
        protocols: BTreeSet<HttpVersion> = Versions, default BTreeSet::from([HttpVersion::Http1]), example "[h2, http/1.1]";
        /// Speak TLS here: HTTPS, and nothing else; see "TLS" in the manual. Without it the listener speaks plain HTTP.
        tls: Tls = Nested, optional "",
        example "{certificates: [{certificate: /run/tls/tls.crt, key: /run/tls/tls.key}]}";
    }
}

words! {
    /// The oldest version of TLS that is spoken.
    TlsVersion, "version of TLS" {
        /// 1.2 and 1.3.
        Tls12 = "1.2" => "TlsVersion::Tls12";
        /// 1.3 alone.
        Tls13 = "1.3" => "TlsVersion::Tls13";
    }
}

words! {
    /// Who is let in by the name that he asks for.
    Sni, "word" {
        /// Everybody.
        Any = "any" => "Sni::Any";
        /// Who asks for a name that a certificate has.
        Strict = "strict" => "Sni::Strict";
    }
}

section! {
    /// `tls:` of a listener
    Tls / WrittenTls => "TlsSettings" {
        /// At least one. A client gets the one that has the name it asks for (SNI), of several the first whose kind of key it knows, and the
        /// first of the list if none has. A request for a host that none of them has is refused (421).
        certificates: Vec<Certificate> = SectionList("no certificate is here"),
        required "for example `certificates: [{certificate: /run/tls/tls.crt, key: /run/tls/tls.key}]`",
        example "[{certificate: /run/tls/tls.crt, key: /run/tls/tls.key}]";
        /// The oldest version that is spoken.
        min_version: TlsVersion = Word, default TlsVersion::Tls12, example "\"1.3\"";
        /// Ask clients for certificates of their own.
        client_certificates: ClientCertificates = Nested as _, optional "", example "{ca: /run/tls/clients.pem}";
        /// `strict` refuses connections that ask for a name which no certificate has, or for none; `any` gives them the first certificate.
        sni: Sni = Word, default Sni::Any, example "strict";
    }
}

section! {
    /// A certificate of `tls.certificates`
    Certificate / WrittenCertificate => "Certificate" {
        /// The path of a PEM file: the certificate, and behind it those between it and the root. Read at start, at SIGHUP, and when it
        /// changes. Late values may be in it (`${env:TLS_CERT}`).
        certificate: Placed = PathAtStart, required "for example `certificate: /run/tls/tls.crt`", example "/run/tls/tls.crt";
        /// The path of its key, PEM too: RSA, ECDSA or Ed25519, not encrypted.
        key: Placed = PathAtStart, required "for example `key: /run/tls/tls.key`", example "/run/tls/tls.key";
    }
}

section! {
    /// `client_certificates:` of a listener's TLS
    ClientCertificates / WrittenClientCertificates => "ClientCertificates" {
        /// The path of a PEM file with the certificates of those who may have signed a client's. Read as `certificate` is.
        ca: Placed = PathAtStart, required "for example `ca: /run/tls/clients.pem`", example "/run/tls/clients.pem";
        /// Whether a client without a certificate is refused. One with a certificate that is not good is, in either case.
        required: bool = Flag, default true, example "false";
    }
}

section! {
    /// `proxy_protocol:` of a listener, versions 1 and 2
    ProxyProtocol / WrittenProxyProtocol => "ProxyProtocol" {
        /// Networks or single addresses of the proxies that speak it, one or a list, and `unix` for whoever connects to a Unix socket;
        /// required. From there every connection has to begin with it, and from nowhere else any may. The address that it names is the
        /// peer's for everything, `trusted_proxies` included.
        from: Vec<TrustedProxy> = OneOrList<Proxy>(Proxy, "nobody speaks the PROXY protocol"),
        required "for example `from: [10.0.0.0/8]`", example "[10.0.0.0/8, unix]";
    }
}

section! {
    /// `server.limits:`
    Limits / WrittenLimits => "Limits" {
        /// Request line and header fields together, `1KiB` to `16MiB`; beyond it 431.
        header_bytes: u64 = SizeOf(KIB, 16 * KIB * KIB, "must be 1KiB to 16MiB"),
        default 32 * KIB, example "16KiB";
        /// Number of header fields of a request, 1 to 10000; beyond it 431.
        headers: u32 = Number(1, 10_000), default 100, example "50";
        /// Path and query, not above `header_bytes`, and at most 65534 bytes, which is the longest target that can be read; beyond it 414.
        uri: u64 = SizeOf(1, 65_534, "must be 1B to 65534B"),
        default 8 * KIB, or (8 * KIB).min(header_bytes) => ", or `header_bytes` if that is less", example "4KiB";
        /// The request body, or `off`; beyond it 413. A route may have a limit of its own.
        body: Option<u64> = SizeLimit, default Some(10 * KIB * KIB), example "50MiB";
        /// Client connections open at one time, 1 to 10000000, for the whole process; for a further one the longest idle
        /// one is closed, or it waits in the kernel's queue.
        connections: u32 = Number(1, 10_000_000), default 10_000, example "20000";
        /// Those of one client address, of IPv6 of a network of 64 bits, 1 to 10000000 or `off`; a further one is closed at once.
        /// `trusted_proxies` and Unix sockets have the connections of many clients, and are not counted.
        connections_per_client: Option<u32> = NumberLimit(1, 10_000_000), default Some(1000), example "200";
    }
}

section! {
    /// `server.http2:`, for each connection
    Http2 / WrittenHttp2 => "Http2" {
        /// Requests that are answered at a time, 1 to 10000.
        streams: u32 = Number(1, 10_000), default 100, example "200";
        /// What a client may send of a request's body before it is taken, `1KiB` to `16MiB`; for all streams together there is as much as for
        /// `streams` of them, and at most 2GiB, so that one which nobody reads stops no other.
        stream_window: u64 = SizeOf(KIB, 16 * KIB * KIB, "must be 1KiB to 16MiB"), default 64 * KIB, example "256KiB";
        /// What waits of a response for a client that takes nothing, `1KiB` to `16MiB`, for each stream.
        send_buffer: u64 = SizeOf(KIB, 16 * KIB * KIB, "must be 1KiB to 16MiB"), default 64 * KIB, example "128KiB";
        /// The largest frame that a client may send, `16KiB` to 16777215 bytes.
        frame: u64 = SizeOf(16 * KIB, 16 * KIB * KIB - 1, "must be 16KiB to 16777215B"), default 16 * KIB, example "32KiB";
        /// The table by which a client compresses its fields (HPACK), at most `64KiB`.
        header_table: u64 = SizeOf(0, 64 * KIB, "must be at most 64KiB"), default 4 * KIB, example "8KiB";
        /// Requests that a client may give up, or break off by mistakes, beyond as many as end well, 1 to 1000000; then the connection
        /// is closed (`ENHANCE_YOUR_CALM`).
        resets: u32 = Number(1, 1_000_000), default 256, example "1000";
        /// Requests that a client may give up before they have been looked at, 1 to 10000; then the connection is closed.
        early_resets: u32 = Number(1, 10_000), default 20, example "50";
        /// Frames that bring nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, and empty ones), which a client may send in 10 seconds
        /// beyond four for each frame of fields or data that goes either way, 10 to 10000000; then the connection is closed.
        idle_frames: u32 = Number(10, 10_000_000), default 10_000, example "2000";
    }
}

section! {
    /// `server.timeouts:`
    ServerTimeouts / WrittenServerTimeouts => "Timeouts" {
        /// From a connection to the end of what precedes HTTP on it, a listener's `proxy_protocol` and the handshake of its `tls`; then it
        /// is closed.
        handshake: Duration = Timeout, default seconds(10), example "5s";
        /// From the first byte of a request to the end of its head; then 408 and the end of the connection.
        header_read: Duration = Timeout, default seconds(10), example "5s";
        /// A pause in a request's body: for so long a client may send nothing of it while the backend could take more; then 408.
        body: Duration = Timeout, default seconds(30), example "10s";
        /// A client that takes nothing of its response for so long is given up, and its connection closed. What it takes shows in
        /// steps, as its system makes room, of up to 256 KiB with the usual buffers: a client that reads steadily, and faster than that
        /// in this time, is never cut.
        write: Duration = Timeout, default seconds(30), example "10s";
        /// An idle keep-alive connection is closed after this.
        idle: Duration = Timeout, default seconds(75), example "30s";
        /// The greatest age of a connection, or `off`: one that is older is closed behind the next response. It is up to a tenth less,
        /// another for each, so that clients which came together do not come back together.
        connection: Option<Duration> = TimeLimit, default Some(seconds(3600)), example "10m";
        /// From the end of a request to the head of its response, for routes without a `timeout`.
        request: Duration = Timeout as _, default seconds(60), example "30s";
    }
}

section! {
    /// `server.drain:`, what SIGTERM sets off: not ready, still accepting for `delay`, then finishing requests for `grace`.
    Drain / WrittenDrain => "Drain" {
        /// After SIGTERM: how long connections are still accepted while `/readyz` says 503; may be `0s`.
        delay: Duration = Span, default Duration::ZERO, example "5s";
        /// After that: how long requests in flight may still take; may be `0s`.
        grace: Duration = Span, default seconds(25), example "20s";
    }
}

section! {
    /// `admin: {listen: 127.0.0.1:9090}`
    Admin / WrittenAdmin => "Settings" {
        /// Address and port or `unix:/path`, one or a list; required, and not one of `server.listen`. May be a late value (`${env:ADMIN_LISTEN}`).
        listen: Vec<Placed> = OneOrList<Address>(Address, "nothing to listen on") as admin,
        required "for example `listen: 127.0.0.1:9090`", example "127.0.0.1:9090";
    }
}

section! {
    /// `observability: {max_series: 5000}`
    Observability / WrittenObservability {
        /// How many series `/metrics` may have in the worst case; the build fails if there can be more.
        max_series: u64 = Number(0, u64::MAX), optional "any number", example "5000";
    }
}
