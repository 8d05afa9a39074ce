//! The facade: the only names that generated code may use. What is not here is not part of the contract between the
//! compiler and the runtime.
//!
//! Generated code takes in all of it (`use ::castgate::codegen::*`), so a new name here is a new name there: none is
//! one of Rust's prelude, and those in capitals are in `FIXED_NAMES` of the compiler's `plan.rs`. Of middleware and
//! balancers it has the rooms as a whole (`middleware::rate_limit::RateLimit`, `balancers::RoundRobin`): a new one needs no line here.

pub use std::time::Duration;

pub use http::Method;

pub use crate::address::{Cidr, TrustedProxy};
pub use crate::app::App;
pub use crate::door::{
    Certificate, ClientCertificates, FilePath, ProxyProtocol, Sni, Tls, TlsSettings, TlsVersion,
};
pub use crate::error::Error;
pub use crate::exchange::{Context, Request, Response};
pub use crate::forward::{
    Forward, ForwardedPrefix, PathEdit, PrefixEdit, RestoreLocation, Restored, Rewrite, TemplatePiece,
};
pub use crate::introduction::Via;
pub use crate::late::{Late, Origin, Piece};
pub use crate::middleware::{self, Reject, Respond, RespondOf};
pub use crate::redirect::{Redirect, RedirectParts, Scheme, Target as RedirectTarget};
pub use crate::retries::{Retries, RetryCause};
pub use crate::route::{
    Disputed, Edge, HeaderMatch, Methods, NONE, Node, QueryMatch, Route, RouteIndex, RouteSettings, Span,
    Table,
};
pub use crate::service::Service;
pub use crate::settings::{
    Drain, Http2, Identity, Limits, Listen, Listener, LogLevel, Protocols, Settings, Timeouts,
};
pub use crate::tunnel::Tunnels;
pub use crate::uncompiled::Uncompiled;
pub use crate::upgrade::Upgrades;
pub use crate::upstream::{
    Backend, Cluster, Filled, HealthCheck, HostHeader, Keepalive, Probe, ProbeField, ProbeRequest,
    ProxyHeader, Resolve, Resolved, Slots, StatusRange, Upstream, UpstreamTimeouts, balancers,
};
pub use crate::value::{Escape, RequestPart, RequestTarget, RequestText};

/// Which optional parts the library was built with. Generated code asserts what its config needs, and says which line of Cargo.toml
/// is short of what. All that generated code names is there without them too, so that this is the only thing rustc has to say.
pub mod features {
    /// `auth: {api_keys: ..}`.
    pub const API_KEYS: bool = cfg!(feature = "api-keys");
    /// `protocols: [h2, ..]` of a listener.
    pub const HTTP2: bool = cfg!(feature = "http2");

    /// `listeners: {NAME: {tls: ..}}`.
    pub const TLS: bool = cfg!(feature = "tls");
}
