//! Sections and words of `routes:`.

use super::kind::{
    AsWritten, Body, ByHand, FieldOfAnswer, Fields, Header, HostAlone, HostSet, MediaType, MethodSet, Name,
    Nested, Number, OfResponse, OneOrList,
};
use super::kind::{
    OneOfNumbers, PathRewrite, Plain, Protocols, Query, RequestValue, Rewrite, SizeLimit, TimeLimit, Timeout,
    Verbatim, Word,
};
use super::lints::{WrittenAllow, allow};
use super::upstream::{Strategy, backend};
use super::{Shape, Without, section, words};
use crate::ast::{Backend, List};
use crate::field::Use;
use crate::middleware::{self, Middleware};
use crate::model::{HeaderName, HeaderPredicate, Methods, QueryPredicate, RequestText};
use crate::pattern::Hosts;
use castgate_contract::path::Disputed;
use castgate_contract::redirect::Scheme;
use std::time::Duration;

words! {
    /// Whether a pattern must match the whole path.
    MatchKind, "match" {
        /// The path begins with these segments.
        Prefix = "prefix";
        /// The path has these segments and no more.
        Exact = "exact";
    }
}

words! {
    /// What becomes of a path with something in it that two programs read differently.
    OfDisputed, "word" {
        /// 400.
        Refuse = "refuse";
        /// It goes on as it came.
        Keep = "keep";
    }
}

words! {
    /// What becomes of the places that a backend names in its responses.
    OfLocation, "word" {
        /// They go on as they came.
        Keep = "keep";
        /// They become what the client asks for.
        Restore = "restore";
    }
}

/// What is disputed of a path, and the key by which a route lets it through.
#[derive(Debug)]
pub struct DisputedKey {
    pub(crate) key: &'static str,
    pub(crate) of: Disputed,
    /// What it is called in reports.
    pub(crate) what: &'static str,
    written: fn(&Route) -> OfDisputed,
}

pub(crate) const DISPUTED: [DisputedKey; 2] = [
    DisputedKey {
        key: WrittenRoute::path_parameters,
        of: Disputed::PARAMETERS,
        what: "path parameters (`;`)",
        written: |route| route.path_parameters,
    },
    DisputedKey {
        key: WrittenRoute::encoded_slashes,
        of: Disputed::SLASHES,
        what: "encoded slashes (`%2F`, `%5C`)",
        written: |route| route.encoded_slashes,
    },
];

impl Route {
    /// What has an effect only on a route that forwards.
    pub(crate) const OF_FORWARDING: [&'static str; 9] = [
        WrittenRoute::strategy,
        WrittenRoute::strip_prefix,
        WrittenRoute::add_prefix,
        WrittenRoute::rewrite,
        WrittenRoute::response,
        WrittenRoute::upgrades,
        WrittenRoute::timeout,
        WrittenRoute::idle,
        WrittenRoute::total,
    ];

    /// All that it lets through.
    pub(crate) fn keeps(&self) -> Disputed {
        let kept = DISPUTED.iter().filter(|key| (key.written)(self) == OfDisputed::Keep);
        kept.fold(Disputed::NOTHING, |all, key| all.union(key.of))
    }
}

/// Of a body, if nothing is said.
pub(crate) const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

section! {
    /// `redirect: {to: /new, status: 308}`, or the parts that are other than the client asked: `redirect: {scheme: https}`. What is
    /// not named stays as it was, the query always.
    Redirect / WrittenRedirect {
        /// A path or an absolute URL, perhaps with a query, behind which goes that of the request. May use the path's parameters and
        /// other values of the request: `/v2/{id}`, `https://login.example.com/?next={request.path}`. A request that lacks one gets 400. In
        /// the host stands what the config says: text, the label of the route's `host`, or `{request.host}` if the route names its
        /// hosts. Not together with `scheme`, `host`, `port` or `prefix`.
        to: String = Plain, optional "", example "\"https://example.com/new/{id}\"";
        /// `http` or `https`.
        scheme: Scheme = Word, optional "the scheme that the client asked, as a trusted proxy says it, or else that of the listener", example "https";
        /// A name or an address, without a port.
        host: String = HostAlone, optional "the host that the client asked, as a trusted proxy says it", example "www.example.com";
        /// 1 to 65535. That of the scheme is not written out.
        port: u16 = Number(1, 65_535), optional "that of `scheme` if one is named, or else the one that the client asked", example "8443";
        /// Literal segments in place of those that the route's path begins with: of `path: /old`, `/old/x` leads to `/new/x`. `/` takes
        /// them off.
        prefix: String = Verbatim, optional "the path stays as it was", example "/new";
        /// The status: 301, 302, 303, 307 or 308.
        status: u16 = OneOfNumbers(&[301, 302, 303, 307, 308], "this is not the status of a redirect"),
        default 308, example "301";
    }
}

section! {
    /// `rewrite: {prefix: /v2}`
    NewPrefix / WrittenNewPrefix {
        /// Required. Literal segments in place of those that the route's path begins with: of `path: /v1`, `/v1/x` is forwarded as
        /// `/v2/x`. `/` takes them off.
        prefix: String = Verbatim, required "for example `prefix: /v2`", example "/v2";
    }
}

section! {
    /// `respond: {status: 200, content_type: text/plain, body: "..."}`
    Respond / WrittenRespond {
        /// The status, 200 to 599.
        status: u16 = Number(200, 599), default 200, example "404";
        /// The media type of the body.
        content_type: String = MediaType,
        optional Without::value(CONTENT_TYPE, " if there is a body"), example "application/json";
        /// What the client gets. `{client.ip}`, `{id}` and other values of the request are escaped as the content type asks for;
        /// any other brace is text, and so is a value in two (`{{id}}`).
        body: RequestText = Body, default RequestText::default(), said "empty", example "\"no {request.path} here\"";
        /// Further response header fields. May be late values, and values of the request.
        headers: Vec<(HeaderName, RequestText)> = Fields<FieldOfAnswer>(Use::ANSWER, OfResponse(RequestValue)),
        default Vec::new(), said "", example "{Cache-Control: max-age=3600}";
    }
}

section! {
    /// A route's `limits:`
    RouteLimits / WrittenRouteLimits {
        /// The body of a request on this route, or `off`; beyond it 413.
        body: Option<u64> = SizeLimit, optional "`server.limits.body`", example "50MiB";
    }
}

section! {
    /// A route's `response:`
    RouteResponse / WrittenRouteResponse {
        /// What becomes of the places in `Location`, `Content-Location` and `Refresh`, and of the `Path` of cookies: `keep`, or with
        /// `restore` what was changed of the path is changed back, so that `/login` behind `strip_prefix: /shop` is `/shop/login` to
        /// the client, and a URL of the backend itself is one of the host that the client has asked, by `https` if either says so.
        /// What leads elsewhere stays as it is. Not together with the template of a `rewrite`, which does not say what was there.
        location: OfLocation = Word, default OfLocation::Keep, example "restore";
    }
}

section! {
    /// One route: a condition (`listener`, `host`, `path`, `match`, `methods`, `headers`, `query`) and exactly one target
    /// (`upstream`, `backends`, `redirect` or `respond`).
    Route / WrittenRoute => "RouteSettings" {
        /// The route's name in logs and metrics, unique in the file. Without one it is the path pattern (`/users`) and, as far
        /// as other routes without a name have the same, its host, its methods, ` exact`, its headers, its query and its
        /// listeners in front and behind (`GET a.com/users exact +x-canary=1 ?v=2 @public`). Comments and the order of the file do not change it; another
        /// route with the same path may.
        name: String = Name("route") as _, optional "its path pattern, made unique", example "users";
        /// The listeners on which it is reached, by their names in `server.listeners`: one or a list. Behind all other rules, a
        /// route that names a listener goes before one that names none.
        listener: Vec<String> = OneOrList<Verbatim>(Verbatim, "a route on no listener") as _,
        checked Vec::new(), said "every listener", example "public";
        /// One or a list of `api.example.com`, `*.example.com` for one or more labels in front, and `{tenant}.example.com` for exactly
        /// one (letters, digits, `-`, `_`), which `{tenant}` stands for wherever a parameter of the path can; all hosts of the route have
        /// to have it then. A route with a list is one route: one name, one limit.
        host: Hosts = HostSet as _, checked Hosts::any(), said "any host",
        example "[example.com, \"*.example.com\", \"{tenant}.example.org\"]";
        /// The path pattern, required: segments are literal, `{name}`, `{name:uint}`, `{name:uuid}`, or a last `{*rest}`.
        path: String = Plain as _, needed "`path: /` is every path", example "\"/users/{id:uint}\"";
        /// Whether the path is a prefix of whole segments (`/api` takes `/api` and `/api/x`, never `/apis`) or exact.
        match_kind "match": MatchKind = Word as _, checked MatchKind::Prefix, example "exact";
        /// GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH: one or a list, exactly these (GET does not imply HEAD).
        methods: Methods = MethodSet as _, checked Methods::ALL, said "every method", example "[GET, HEAD]";
        /// Header fields which all must have exactly these values. Of a field in several lines, the first counts.
        headers: Vec<HeaderPredicate> = Header as _, checked Vec::new(), said "", example "{x-canary: \"1\"}";
        /// Query parameters which all must have exactly these values, decoded; of a repeated one the first counts.
        query: Vec<QueryPredicate> = Query as _, checked Vec::new(), said "", example "{version: \"2\"}";
        /// Forward to this upstream.
        upstream: String = Verbatim as _, optional "", example "users";
        /// Forward to these backends: an upstream written in place, with all defaults, named after the route.
        backends: ByHand<List<Backend>> = AsWritten(|| Shape::list(backend())) as _, optional "", example "[http://localhost:9001]";
        /// Only with `backends`: how one of them is chosen.
        strategy: Strategy = Word as _, default Strategy::RoundRobin, example "random";
        /// Answer with a redirect.
        redirect: Redirect = Nested as _, optional "", example "{to: /new}";
        /// Answer with a fixed response.
        respond: Respond = Nested as _, optional "", example "{status: 200, content_type: text/plain, body: fine}";
        /// Literal, whole segments taken off the front of the forwarded path. The backend is told of them in `X-Forwarded-Prefix`. Not
        /// together with `rewrite`.
        strip_prefix: String = Verbatim as _, optional "", example "/api/v1";
        /// Literal segments in front of the forwarded path, or of what `strip_prefix` leaves of it. Not together with `rewrite`.
        add_prefix: String = Verbatim as _, optional "", example "/v2";
        /// The forwarded path, of the pattern's parameters and other values of the request, perhaps with a query, behind which goes that
        /// of the request: `/v2/{id}/{*rest}`, `/{header.X-Tenant}{request.path}`; a request that lacks one gets 400. Or its beginning
        /// alone, `{prefix: /v2}`, of which the backend is told as with `strip_prefix`. Not together with `strip_prefix` and `add_prefix`.
        rewrite: Rewrite = PathRewrite as _, optional "", example "\"/v2/{id}/{*rest}\"";
        /// What becomes of a path with `;` (or `%3B`) in a segment, as `/cars;color=red/2012`: `refuse` answers 400, `keep` forwards
        /// it as it came. Segments are compared without their parameters in either case.
        path_parameters: OfDisputed = Word as _, default OfDisputed::Refuse, example "keep";
        /// What becomes of a path with an encoded slash or backslash (`%2F`, `%5C`) in a segment, as `/packages/@scope%2Fname`:
        /// `refuse` answers 400, `keep` forwards it as it came. It is a part of its segment, which a parameter takes: never
        /// decoded, and no separator. Beside one no dots are forwarded (`..%2Fx` is 400).
        encoded_slashes: OfDisputed = Word as _, default OfDisputed::Refuse, example "keep";
        /// What becomes of what a backend answers. Only on routes that forward.
        response: RouteResponse = Nested as _, defaults, example "{location: restore}";
        /// The protocols that a client may have its connection switched to (`Upgrade`, RFC 9110, section 7.8), by their names in
        /// any case, or `off`; see "Upgrades and tunnels" in the manual. Of `websocket` the request is a GET without a body. If the backend
        /// switches (101), the connection is a tunnel; a name that is not here is taken out of a request, which is answered in
        /// HTTP/1.1. Only on routes that forward.
        upgrades: Vec<String> = Protocols as _, optional "`server.upgrades`", example "[websocket, tcp]";
        /// What a client may send on this route.
        limits: RouteLimits = Nested as _, defaults, example "{body: 50MiB}";
        /// From the end of the request to the head of the response, all attempts together: then 504. While a request's body
        /// moves it starts anew. Only on routes that forward.
        timeout: Duration = Timeout as _, optional "`server.timeouts.request`, or `total` if that is less", example "5s";
        /// A pause in the response: for so long a backend may send nothing after the head, or after any part of the body. A
        /// response that goes on may take as long as it likes. In a tunnel (`upgrades`): for so long neither side may move anything. Only
        /// on routes that forward.
        idle: Duration = Timeout as _, optional Without::value("5m", ", or `total` if that is less"), example "1m";
        /// The whole exchange, from the request's head to the end of the response, or `off`: then 504, or the end of the
        /// connection if the head has been sent. A tunnel is not cut by it. Not below `timeout` and `idle`. Only on routes that forward.
        total: Option<Duration> = TimeLimit, default None, example "10m";
        /// Laid over the top-level `middleware`, field by field; `name: off` takes one away.
        middleware: ByHand<Middleware> = AsWritten(|| Shape::Section(middleware::SECTION)) as _, optional "", example "{auth: off, rate_limit: {rate: 5/s}}";
        /// Lints which this route is let off, each with a reason.
        allow: ByHand<List<WrittenAllow>> = AsWritten(allow) as _, optional "", example "[{lint: route-without-auth, reason: public by design}]";
    }
}
