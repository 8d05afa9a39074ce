//! `routes:`, which requests go where.

use super::{
    Allow, Backend, Duration, Limit, List, Map, Middleware, Strings, WrittenRedirect, WrittenRespond,
};
use serde::Deserialize;

/// One route: a condition (`host`, `path`, `match`, `methods`, `headers`, `query`) and exactly one target
/// (`upstream`, `backends`, `redirect` or `respond`).
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// The route's name in logs and metrics, unique in the file. Without one it is the path pattern (`/users`) and, as far
    /// as other routes without a name have the same, its host, its methods, ` exact`, its headers and its query in front
    /// and behind (`GET a.com/users exact +x-canary=1 ?v=2`). Comments and the order of the file do not change it; another
    /// route with the same path may. Default: its path pattern, made unique.
    /// Example: `users`.
    pub name: Option<String>,
    /// `api.example.com`, or `*.example.com` for one or more labels in front. Default: any host.
    /// Example: `"*.example.com"`.
    pub host: Option<String>,
    /// The path pattern, required: segments are literal, `{name}`, `{name:uint}`, `{name:uuid}`, or a last `{*rest}`.
    /// Example: `"/users/{id:uint}"`.
    pub path: Option<String>,
    /// Whether the path is a prefix of whole segments (`/api` takes `/api` and `/api/x`, never `/apis`) or exact.
    /// Default: `prefix`.
    /// Example: `exact`.
    #[serde(rename = "match")]
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["prefix", "exact"])))]
    pub match_kind: Option<String>,
    /// GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH: one or a list, exactly these (GET does not imply HEAD).
    /// Default: every method.
    /// Example: `[GET, HEAD]`.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::Methods"))]
    pub methods: Option<Strings>,
    /// Header fields which all must have exactly these values. Of a field in several lines, the first counts.
    /// Example: `{x-canary: "1"}`.
    pub headers: Option<Map<String>>,
    /// Query parameters which all must have exactly these values, decoded; of a repeated one the first counts.
    /// Example: `{version: "2"}`.
    pub query: Option<Map<String>>,
    /// Forward to this upstream.
    /// Example: `users`.
    pub upstream: Option<String>,
    /// Forward to these backends: an upstream written in place, with all defaults, named after the route.
    /// Example: `[http://localhost:9001]`.
    pub backends: Option<List<Backend>>,
    /// Only with `backends`: `round-robin`, `random` or `least-connections`. Default: `round-robin`.
    /// Example: `random`.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::OneOf<crate::model::Strategy>"))]
    pub strategy: Option<String>,
    /// Answer with a redirect.
    /// Example: `{to: /new}`.
    pub redirect: Option<WrittenRedirect>,
    /// Answer with a fixed response.
    /// Example: `{status: 200, content_type: text/plain, body: fine}`.
    pub respond: Option<WrittenRespond>,
    /// Literal, whole segments taken off the front of the forwarded path. Not together with `rewrite`.
    /// Example: `/api/v1`.
    pub strip_prefix: Option<String>,
    /// The forwarded path, from the pattern's parameters: `/v2/{id}/{*rest}`. Not together with `strip_prefix`.
    /// Example: `"/v2/{id}/{*rest}"`.
    pub rewrite: Option<String>,
    /// What becomes of a path with `;` (or `%3B`) in a segment, as `/cars;color=red/2012`: `refuse` answers 400, `keep` forwards
    /// it as it came. Segments are compared without their parameters in either case. Default: `refuse`.
    /// Example: `keep`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["refuse", "keep"])))]
    pub path_parameters: Option<String>,
    /// From the end of the request to the head of the response, all attempts together: then 504. While a request's body
    /// moves it starts anew. Only on routes that forward. Default: `server.timeouts.request`, or `total` if that is less.
    /// Example: `5s`.
    pub timeout: Option<Duration>,
    /// A pause in the response: for so long a backend may send nothing after the head, or after any part of the body. A
    /// response that goes on may take as long as it likes. Only on routes that forward. Default: `5m`, or `total` if that is
    /// less.
    /// Example: `1m`.
    pub idle: Option<Duration>,
    /// The whole exchange, from the request's head to the end of the response, or `off`: then 504, or the end of the
    /// connection if the head has been sent. Not below `timeout` and `idle`. Only on routes that forward. Default: `off`.
    /// Example: `10m`.
    pub total: Option<Limit<Duration>>,
    /// Laid over the top-level `middleware`, field by field; `name: off` takes one away.
    /// Example: `{auth: off, rate_limit: {rate: 5/s}}`.
    pub middleware: Option<Middleware>,
    /// Lints which this route is let off, each with a reason.
    /// Example: `[{lint: route-without-auth, reason: public by design}]`.
    pub allow: Option<List<Allow>>,
}
