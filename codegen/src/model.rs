//! What the file means: everything resolved, nothing left to look up by name.
//!
//! Durations are durations, names are ids, defaults are filled in. What is still text is text on purpose (names
//! shown to people, bodies, late values). The order of every list is the order of the file.

mod listener;
mod request;
mod route;
mod server;
mod sharing;
mod test;
mod upstream;
mod value;

pub use listener::{Listener, Listeners, Site};
pub(crate) use request::{Document, PLAIN};
pub use request::{Part, RequestText, Source};
pub(crate) use route::by_hosts;
pub use route::{
    Forward, HeaderPredicate, Leads, PathChange, PrefixChange, QueryPredicate, Redirect, Route, Target,
};
pub use server::{Cidr, Placed, TrustedProxy, Workers};
pub use sharing::Sharing;
pub use test::Test;
pub use upstream::{Backend, BackendUrl, Checks, HostHeader, Upstream};
pub use value::{Attached, HeaderName, Id, Origin, Rate, Ratio, Scope};

pub use crate::language::route::Respond;
pub use crate::language::server::{
    Admin, Certificate, ClientCertificates, Drain, HttpVersion, Limits, Observability, ProxyProtocol, Server,
    ServerTimeouts, Sni, Tls, TlsVersion,
};
pub use crate::language::test::{CrossOrigin, Expect};
pub use crate::language::upstream::{HealthCheck, Retries, RetryOn, Strategy};
pub use crate::late::{Late, Piece};
pub use crate::middleware::{MiddlewareSet, Policies};
pub use castgate_contract::path::Disputed;

pub use castgate_contract::methods::Methods;

use crate::source::FileLine;

/// A whole gateway.
#[derive(Debug, Clone)]
pub struct Model {
    /// The config's path as the user gave it, for messages; never absolute unless they made it so.
    pub config_path: String,
    /// The files it was read from: its layers, then what they include.
    pub config_files: Vec<String>,
    /// SHA-256 of the files' bytes, one after the other, and then of what they attach, in lower-case hex.
    pub config_sha256: String,
    /// What faces the clients.
    pub server: Server,
    /// Where clients come in; at least one. Names are unique.
    pub listeners: Vec<Listener>,
    /// The listener of the built-in endpoints; `None`: they are answered on every other one.
    pub admin: Option<Admin>,
    /// Named upstreams in file order, then those written in place, in the order of their routes. Names are unique.
    pub upstreams: Vec<Upstream>,
    /// Every middleware policy there is, one table a kind. Routes that inherit a top-level policy unchanged share
    /// its id, and with it its state; a route with an entry of its own has a policy of its own.
    pub policies: Policies,
    /// The middleware of requests which match no route: of the top level's what sees those, too.
    pub unmatched: MiddlewareSet,
    /// The routes in file order; see [`Route::precedence`]. Names are unique.
    pub routes: Vec<Route>,
    /// Bounds on metrics.
    pub observability: Observability,
    /// Requests and what must become of them.
    pub tests: Vec<Test>,
}

impl Model {
    /// Where something was written, in a column of lines: `12`, or `routes/users.yml:12` if there are several files.
    pub fn line_number(&self, line: &FileLine) -> String {
        if self.config_files.len() > 1 { line.to_string() } else { line.line.to_string() }
    }

    /// Where something was written, in a text that names the config already: `line 12`, or `routes/users.yml:12` if
    /// there are several files.
    pub fn whereabouts(&self, line: &FileLine) -> String {
        if self.config_files.len() > 1 { line.to_string() } else { format!("line {}", line.line) }
    }

    /// The routes, in the order in which they take a request.
    pub fn by_precedence(&self) -> Vec<&Route> {
        let mut routes: Vec<&Route> = self.routes.iter().collect();
        routes.sort_by(|a, b| a.precedence(b));
        routes
    }

    /// The upstream of this id.
    pub fn upstream(&self, id: Id<Upstream>) -> Option<&Upstream> {
        self.upstreams.get(id.index())
    }
}
