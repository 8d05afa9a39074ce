//! What was written: a serde mirror of `gateway.yml`, key for key, with no behaviour.
//!
//! The doc comments of this module, and those of `language` and `middleware`, are the language reference. Nothing is resolved here: a duration is still
//! its text, an upstream is still a name. Every field is optional, so that one mistake never hides the rest
//! of the file; the stage after it decides what has to be there and what the defaults are.

mod backend;
#[cfg(feature = "cli")]
mod schema;
mod value;

pub use crate::language::route::WrittenRoute;
pub use crate::language::server::{WrittenAdmin, WrittenObservability, WrittenServer};
pub use crate::language::test::WrittenTest;
pub use crate::language::upstream::WrittenUpstream;
pub use backend::Backend;
pub(crate) use value::LENIENT;
pub use value::{Duration, Lenient, Limit, List, Map, Percent, Rate, Size, Strings, Switch, Unread, Workers};

pub use crate::lint::Lints;
pub use crate::middleware::Middleware;
use serde::Deserialize;

/// A whole `gateway.yml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// Listeners, limits and timeouts towards clients. Left out: every default below.
    /// Example: `{listen: 0.0.0.0:8080}`.
    pub server: Lenient<WrittenServer>,
    /// A separate listener for `/health`, `/livez`, `/readyz` and `/metrics`. Left out: they are answered on
    /// `server.listen`, on any host, ahead of all middleware, and no route may have these paths.
    /// Example: `{listen: 127.0.0.1:9090}`.
    pub admin: Lenient<WrittenAdmin>,
    /// Every upstream without a `health_check` of its own is asked with a GET of `/` that expects 200, and this is everybody's
    /// `health_check.interval` unless they have one. Default: `5s`, and no GET.
    /// Example: `10s`.
    pub health_check_interval: Lenient<Duration>,
    /// Named groups of backends, for routes to refer to; one that no route uses is an error.
    /// Example: `{users: {backends: [http://localhost:9001]}}`.
    pub upstreams: Lenient<Map<WrittenUpstream>>,
    /// Middleware for every route; a route's own `middleware` is laid over it.
    /// Example: `{request_id: {}, access_log: {}}`.
    pub middleware: Lenient<Middleware>,
    /// The routes, required: at least one. File order never decides which one takes a request.
    /// Example: `[{path: /, upstream: users}]`.
    pub routes: Lenient<List<WrittenRoute>>,
    /// Requests and what must become of them; a build asserts them all.
    /// Example: `[{request: GET /users, expect: {upstream: users}}]`.
    pub tests: Lenient<List<WrittenTest>>,
    /// Bounds on metrics.
    /// Example: `{max_series: 5000}`.
    pub observability: Lenient<WrittenObservability>,
    /// Levels of lints.
    /// Example: `{route-without-host: allow}`.
    pub lints: Lenient<Lints>,
    /// Files which add to this one, each a path or a pattern (`routes/*.yml`) from the directory of this file. They
    /// may include others; each file is read once. What two of them say is said twice, which is an error. One that
    /// finds no file is an error, too.
    /// Example: `[routes/*.yml]`.
    // The reader of files takes it out: here it is for the schema and the reference.
    pub include: Lenient<Strings>,
}
