//! The whole file.

use super::kind::{AsWritten, ByHand, Timeout};
use super::lints::LINTS;
use super::route::{Route, WrittenRoute};
use super::server::{Admin, Observability, Server, WrittenAdmin, WrittenObservability, WrittenServer};
use super::test::{Test, WrittenTest};
use super::upstream::{Upstream, WrittenUpstream};
use super::{Shape, Without, section};
use crate::ast::{List, Map, Strings};
use crate::lint::Lints;
use crate::middleware::{self, Middleware};
use std::time::Duration;

section! {
    /// A whole `gateway.yml`.
    Gateway / WrittenGateway {
        /// Listeners, limits and timeouts towards clients. Left out: every default below.
        server: ByHand<WrittenServer> = AsWritten(|| Shape::Section(Server::META)), optional "", example "{listen: 0.0.0.0:8080}";
        /// A separate listener for `/health`, `/livez`, `/readyz` and `/metrics`. Left out: they are answered on
        /// `server.listen`, on any host, ahead of all middleware, and no route may have these paths.
        admin: ByHand<WrittenAdmin> = AsWritten(|| Shape::Section(Admin::META)), optional "", example "{listen: 127.0.0.1:9090}";
        /// Every upstream without a `health_check` of its own is asked with a GET of `/` that expects 200, and this is everybody's
        /// `health_check.interval` unless they have one.
        health_check_interval: Duration = Timeout, optional Without::value("5s", ", and no GET"), example "10s";
        /// Named groups of backends, for routes to refer to; one that no route uses is an error.
        upstreams: ByHand<Map<WrittenUpstream>> = AsWritten(|| Shape::map(Shape::Section(Upstream::META))), optional "", example "{users: {backends: [http://localhost:9001]}}";
        /// Middleware for every route; a route's own `middleware` is laid over it.
        middleware: ByHand<Middleware> = AsWritten(|| Shape::Section(middleware::SECTION)), optional "", example "{request_id: {}, access_log: {}}";
        /// The routes, required: at least one. File order never decides which one takes a request.
        routes: ByHand<List<WrittenRoute>> = AsWritten(|| Shape::list(Shape::Section(Route::META))), optional Without::Required, example "[{path: /, upstream: users}]";
        /// Requests and what must become of them; a build asserts them all.
        tests: ByHand<List<WrittenTest>> = AsWritten(|| Shape::list(Shape::Section(Test::META))), optional "", example "[{request: GET /users, expect: {upstream: users}}]";
        /// Bounds on metrics.
        observability: ByHand<WrittenObservability> = AsWritten(|| Shape::Section(Observability::META)), optional "", example "{max_series: 5000}";
        /// Levels of lints.
        lints: ByHand<Lints> = AsWritten(|| Shape::Section(LINTS)), optional "", example "{route-without-host: allow}";
        /// Files which add to this one, each a path or a pattern (`routes/*.yml`) from the directory of this file. They
        /// may include others; each file is read once. What two of them say is said twice, which is an error. One that
        /// finds no file is an error, too.
        // The reader of files takes it out: here it is for what is made from the declarations.
        include: ByHand<Strings> = AsWritten(|| Shape::AnyOf(vec![Shape::Text, Shape::list(Shape::Text)])), optional "", example "[routes/*.yml]";
    }
}
