//! The catalogue of diagnostics: a code is stable, can be looked up with `castgate explain`, and is never reused.
//!
//! CG00 the file, CG01 its YAML and its shape, CG02 values and names, CG03 routes, CG04 budgets, CG05 lints, CG06 tests.

/// A kind of diagnostic.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// `CG0203`
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// A paragraph: what is wrong, why it is not simply accepted, what to do.
    pub explanation: &'static str,
    /// What it can point at.
    pub about: About,
}

/// What a diagnostic can point at. One about a key which is not written points at the section around it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The file as a whole, or its YAML.
    File,
    /// Any key.
    AnyKey,
    /// What the kind of a key's value makes possible, what middleware declares for its own, and besides that these keys, as the
    /// reference names them: without the names of upstreams and places in lists.
    Keys(&'static [&'static str]),
}

impl Code {
    /// Whether it is only looked for when there is no error: a lint, or a test.
    pub(crate) fn is_of_the_whole(&self) -> bool {
        self.id.starts_with("CG05") || self.id.starts_with("CG06")
    }
}

/// The code of this id, in either case.
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
}

macro_rules! catalogue {
    ($($name:ident = $id:literal, $title:literal, $explanation:literal, $about:expr;)*) => {
        $(
            #[doc = concat!($id, ": ", $title, ".")]
            pub static $name: Code = Code { id: $id, title: $title, explanation: $explanation, about: $about };
        )*

        /// All codes, in order.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

use About::{AnyKey, File, Keys};

catalogue! {
    UNREADABLE_FILE = "CG0001", "the config cannot be read",
        "The file does not exist, is not a file, or may not be read. The path is relative to the working directory of `castgate`, or to the crate whose build script compiles it (GATEWAY_CONFIG names another file).",
        File;
    FILE_TOO_LARGE = "CG0002", "the config is too large",
        "A config is at most 4 MiB, and 500,000 keys and values, far more than ten thousand routes need. The limit keeps a wrong file from stalling a build.",
        File;
    NOT_UTF8 = "CG0003", "the config is not UTF-8",
        "YAML is read as UTF-8. Convert the file; a byte-order mark is allowed.",
        File;
    EMPTY_FILE = "CG0004", "the config is empty",
        "A gateway needs at least one route. The smallest config is a `routes` list with one `path` and one target.",
        File;
    INCLUDE = "CG0005", "an include that finds nothing",
        "`include` names files, or patterns of them, from the directory of the file that it is in. One that matches nothing is most likely misspelt, or the files are not where this build looks, and what they would have added (an organisation's lints, say) would be missing without a word. A config has at most 1000 files, and is at most 4 MiB in all.",
        Keys(&["include"]);

    YAML_SYNTAX = "CG0101", "YAML syntax error",
        "The text is not YAML. Nothing after the first syntax error can be trusted, so mend it first; earlier problems are reported too.",
        File;
    TAB = "CG0102", "tab where YAML wants spaces",
        "YAML forbids tabs for indentation. Set your editor to spaces.",
        File;
    DUPLICATE_KEY = "CG0103", "duplicate key",
        "A map has each key once, and so has a list of words each word. Other readers silently let the last one win, so that half of what you wrote has no effect. The same goes for a file and those that it includes: they add to each other, and neither wins. What is to replace something goes in a layer: `GATEWAY_CONFIG=base.yml:prod.yml`.",
        AnyKey;
    UNKNOWN_KEY = "CG0104", "unknown key",
        "No key of this name exists at this place. Unknown keys are never ignored: a misspelt limit would be no limit.",
        Keys(&[]);
    WRONG_TYPE = "CG0105", "wrong type",
        "The value has another type than the key needs. YAML decides by looks: 1 is a number, true a boolean, \"1\" a string. In YAML 1.2 `yes`, `no`, `on`, `off` are strings.",
        AnyKey;
    NO_VALUE = "CG0106", "key without a value",
        "A key with nothing after it is null in YAML. It is not clear whether the default or nothing is meant, so say it: `{}` is a section with all its defaults, `off` switches a middleware off, and a key you leave out has its default.",
        AnyKey;
    ANCHOR = "CG0107", "anchors and aliases are not supported",
        "`&name` and `*name` make the meaning of a line depend on another line, and let a small file expand to an enormous one. Share through `upstreams` and the top-level `middleware` instead. A value that merely starts with `*` or `&`, such as a wildcard host, has to be in quotes.",
        AnyKey;
    MERGE_KEY = "CG0108", "merge keys are not supported",
        "`<<` is an extension of YAML 1.1 which YAML 1.2 dropped, and readers disagree about it. Top-level `middleware` is inherited by every route, field by field; upstreams are shared by name.",
        AnyKey;
    SEVERAL_DOCUMENTS = "CG0109", "more than one YAML document",
        "A config is one document. What follows a second `---` would be ignored by many readers.",
        File;
    TAG = "CG0110", "YAML tags are not supported",
        "`!tag` changes how a value is read. Quotes make a string; nothing else is needed.",
        AnyKey;
    KEY_NOT_TEXT = "CG0111", "a key must be text",
        "A list or a map cannot be a key here. If a value starts with `{` or `[`, put it in quotes.",
        AnyKey;
    NOT_SUPPORTED = "CG0112", "not supported by this version",
        "The key belongs to the language, but this version does not act on it. It is refused rather than ignored: a gateway without the TLS it was told to have would be worse than none.",
        Keys(&[]);
    YAML_TRAP = "CG0113", "meant for YAML 1.1",
        "YAML 1.1 read `no`, `off` and their like as booleans, a leading zero as octal, `1_000` as a number and `1:30` as 90. YAML 1.2 (2009), which castgate reads, does not; many tools still do. A value that means one thing here and another there is refused, with what it may have been meant to be.",
        Keys(&["server.workers"]);

    MISSING_KEY = "CG0201", "missing key",
        "The section cannot work without this key, and no default would be safe to guess.",
        Keys(&["tests.expect"]);
    MISSING_UNIT = "CG0202", "missing unit",
        "Units are written: `5s`, `10MiB`, `100/s`, `20%`. Programs disagree whether a bare 30 is seconds or milliseconds.",
        Keys(&[]);
    UNKNOWN_UPSTREAM = "CG0203", "unknown upstream",
        "A route's `upstream` names an entry of the top-level `upstreams` map.",
        Keys(&["routes.upstream", "tests.expect.upstream"]);
    IMPOSSIBLE_VALUE = "CG0204", "impossible value",
        "The value has the right type, but is out of range or cannot be read as what the key needs.",
        Keys(&["server.listen", "admin.listen", "upstreams.allow.reason", "upstreams.health_check.path", "upstreams.health_check.expect", "routes.methods", "routes.query", "routes.respond.body", "routes.respond.content_type"]);
    UNKNOWN_WORD = "CG0205", "unknown value",
        "The key accepts only certain words.",
        Keys(&["upstreams.allow.lint"]);
    BAD_NAME = "CG0206", "unsuitable name",
        "Names of routes and upstreams appear in logs and as metric labels: they are not empty, at most 200 characters, printable, and without quotes, backslashes, control characters and characters that nobody sees (of no width).",
        Keys(&["upstreams", "routes.name"]);
    DUPLICATE_NAME = "CG0207", "duplicate name",
        "Names of routes are unique, and so are names of upstreams (an upstream written in place has its route's name): metrics and logs could not tell two apart.",
        Keys(&["routes.name", "routes.backends"]);
    EMPTY_UPSTREAM = "CG0208", "upstream without backends",
        "Requests for it could only fail. It needs at least one backend.",
        Keys(&["upstreams.backends", "routes.backends"]);
    UNUSED_UPSTREAM = "CG0209", "unused upstream",
        "No route refers to it: most likely a route is missing or names another. Its health checks would run for nothing.",
        Keys(&["upstreams"]);
    DUPLICATE_BACKEND = "CG0210", "duplicate backend",
        "The same address twice in one upstream would be probed twice and count twice. Use `weight` to give a backend more traffic.",
        Keys(&["upstreams.backends", "routes.backends"]);
    BACKEND_URL = "CG0211", "unsuitable backend URL",
        "A backend is `http://host[:port]`: no path (see `rewrite`), no query, no user and password.",
        Keys(&["upstreams.backends", "upstreams.backends.url", "routes.backends"]);
    BACKEND_TLS = "CG0212", "TLS to backends is not in this version",
        "Only `http://` backends can be reached. Terminate TLS beside the backend, or keep the hop on a private network.",
        Keys(&["upstreams.backends", "upstreams.backends.url", "routes.backends"]);
    BAD_ADDRESS = "CG0213", "unsuitable address",
        "A listener is an IP address and a port: `0.0.0.0:8080`, `127.0.0.1:9090`, `[::]:8080`.",
        Keys(&["server.listen", "admin.listen"]);
    BAD_LATE_VALUE = "CG0214", "malformed late value",
        "Late values are `${env:NAME}`, `${env:NAME:-default}` and `${file:/absolute/path}`; they may stand within other text, but not within each other: a default is plain text, and only a variable has one. Write `$${` for a literal `${`, here and in every other text that is not a name or a pattern.",
        Keys(&["server.listen", "admin.listen", "upstreams.backends", "upstreams.backends.url", "routes.backends", "routes.respond.headers"]);
    LATE_VALUE_HERE = "CG0215", "late value where the build needs to know",
        "Structure is never late: routes, names, patterns and limits are compiled in. Late values may be used for listen addresses, backend URLs, API keys, header values and the log level.",
        Keys(&["include", "routes.host", "routes.path", "routes.name", "routes.headers", "routes.query", "routes.upstream", "routes.strip_prefix", "routes.rewrite", "routes.redirect.to", "routes.respond.body", "routes.respond.content_type", "tests.request", "tests.headers", "upstreams.health_check.path"]);
    LITERAL_SECRET = "CG0216", "secret in the config",
        "The config is compiled into the binary, and usually sits in version control. Secrets come at start, from `${env:NAME}` or `${file:/run/secrets/name}`.",
        Keys(&[]);
    HEADER_NAME = "CG0217", "unsuitable header name",
        "A header field's name is a token: ASCII letters, digits and !#$%&'*+-.^_`|~. Case does not count.",
        Keys(&["routes.headers", "routes.respond.headers", "tests.headers"]);
    HEADER_VALUE = "CG0218", "unsuitable text for a header",
        "A header field's value is printable ASCII (a line break would begin another field) without spaces at its ends.",
        Keys(&["routes.headers", "routes.respond.headers", "routes.respond.content_type", "tests.headers"]);
    WEIGHTS = "CG0219", "unsuitable weights",
        "Weights are 0 to 1000, not all 0, and after division by their greatest common divisor sum to at most 4096 in each group: the schedule is laid out at build.",
        Keys(&["upstreams.backends", "routes.backends"]);
    MANAGED_HEADER = "CG0220", "header managed by the gateway",
        "Fields about the connection and the framing of messages (Connection, Content-Length, Host, ..) are the gateway's own to write for each hop: changing them opens the door to request smuggling, and what is known by them is not what is forwarded. For Host there are a route's `host` and the upstream's `host_header`. An id and an API key need a field that says nothing else: one that the gateway writes or takes out cannot be Content-Type or Cookie.",
        Keys(&["routes.headers", "tests.headers", "routes.respond.headers"]);
    BAD_NETWORK = "CG0221", "unsuitable network",
        "A network is CIDR: `10.0.0.0/8`, `fd00::/8`, or a single address. No bit beyond the prefix may be set.",
        Keys(&["server.trusted_proxies"]);
    BAD_REQUEST_LINE = "CG0222", "unsuitable request line",
        "A test's request is a method in capitals and a target: `GET http://host/path?query`, or `GET /path` for a host which no route names. The gateway would answer anything else with 400, ahead of all routes.",
        Keys(&["tests.request"]);
    UNKNOWN_ROUTE = "CG0223", "unknown route",
        "A test's `route` is the name of a route. A route without a `name` is called after its path; `castgate routes` shows the names.",
        Keys(&["routes.name", "tests.expect.route"]);

    BAD_PATH = "CG0301", "unsuitable path pattern",
        "A path pattern starts with `/`; its segments are literal text in RFC 3986's canonical form, `{name}`, `{name:uint}`, `{name:uuid}`, or a last `{*rest}`. Requests are normalised before matching, so a pattern in another form could never match.",
        Keys(&["routes.path"]);
    BAD_HOST = "CG0302", "unsuitable host pattern",
        "A host is a name without port and trailing dot (`api.example.com`), or `*.` and a name for one or more labels in front.",
        Keys(&["routes.host"]);
    UNKNOWN_METHOD = "CG0303", "unknown method",
        "The methods are GET, HEAD, POST, PUT, DELETE, OPTIONS and PATCH, in capitals. Leave `methods` out for every method. TRACE and CONNECT are never forwarded.",
        Keys(&["routes.methods"]);
    ROUTE_TARGET = "CG0304", "a route has exactly one target",
        "A route forwards (`upstream`, or `backends` in place), or has a `redirect`, or has a `respond`.",
        Keys(&["routes", "routes.upstream", "routes.backends", "routes.redirect"]);
    KEY_DOES_NOT_APPLY = "CG0305", "key does not apply here",
        "The key would have no effect together with the route's other keys, so it is most likely a mistake.",
        Keys(&["routes.strategy", "routes.strip_prefix", "routes.rewrite", "routes.timeout", "routes.idle", "routes.total"]);
    STRIP_PREFIX = "CG0306", "unsuitable strip_prefix",
        "`strip_prefix` is literal, whole segments with which the route's path begins: then it is known at build that every request has it.",
        Keys(&["routes.strip_prefix"]);
    BAD_TEMPLATE = "CG0307", "unsuitable template",
        "`rewrite` and `redirect.to` are paths (the latter also URLs) in which `{name}` and `{*rest}` stand for what the route's path took.",
        Keys(&["routes.rewrite", "routes.redirect.to"]);
    AMBIGUOUS_ROUTES = "CG0308", "ambiguous routes",
        "Two routes match the same request with the same precedence. The order of the file never decides, so make one more specific: a longer or more literal path, methods, one more header or query parameter.",
        Keys(&["routes.path"]);
    UNREACHABLE_ROUTE = "CG0309", "unreachable route",
        "Other routes go first and together take every request which this one could match: methods add up, `{x}` takes every segment, and `/a/{x}` as a prefix takes all that `/a/{*rest}` would. This is proved over all requests, not tried on some. Gateways that accept such a route leave whoever wrote it to find out from the logs. Remove the route, or make it more specific than those which the report points at.",
        Keys(&["routes.path"]);
    BUILT_IN_SHADOWED = "CG0310", "route shadowed by a built-in path",
        "/health, /livez, /readyz and /metrics are answered by the gateway itself, ahead of all routes. Give them a listener of their own with `admin: {listen: ..}`, or choose another path.",
        Keys(&["routes.path"]);
    REDIRECT_LOOP = "CG0311", "redirect that never ends",
        "Following the redirect as a client would, through this same route table, leads from redirect to redirect: clients give up after about twenty. A prefix matches all that is below it, so `/old` also takes `/old/new`; `match: exact` keeps a route from taking its own target. Redirects to other ports and to https:// are not followed, because another listener may answer there.",
        Keys(&["routes.redirect.to"]);

    TIMEOUT_ORDER = "CG0401", "timeouts contradict each other",
        "A part takes longer than the whole: the larger one could never be reached. A probe has to end before the next is due.",
        Keys(&["upstreams.health_check.timeout", "upstreams.timeouts.connect", "upstreams.timeouts.response", "routes.timeout", "routes.idle"]);

    SERIES_BUDGET = "CG0402", "too many series of metrics",
        "All label values are known at build, so the worst case is: each route with each of its methods and every status. `observability.max_series` is the number your metrics store can bear. Name `methods` on routes, merge routes, or raise the bound; `castgate report` shows where the series come from.",
        Keys(&["observability.max_series"]);

    ROUTE_WITHOUT_TEST = "CG0501", "route without a test",
        "`route-without-test` asks for an entry of `tests` that gets to each route. A route nobody tests can lose its requests to another one without anybody noticing. The test has to expect something, not necessarily the route.",
        Keys(&["routes"]);
    ROUTE_WITHOUT_AUTH = "CG0502", "route without auth",
        "`route-without-auth` asks every route that forwards to have `auth`, its own or the top level's. Routes that are public by design say so: `allow: [{lint: route-without-auth, reason: \"public by design\"}]`.",
        Keys(&["routes"]);
    ROUTE_WITHOUT_RATE_LIMIT = "CG0503", "route without a rate limit",
        "`route-without-rate-limit` asks every route that forwards to have `rate_limit`, its own or the top level's.",
        Keys(&["routes"]);
    ROUTE_WITHOUT_HOST = "CG0504", "route for every host",
        "`route-without-host` asks every route to name its host. Without one it also serves requests for names that merely point at this address.",
        Keys(&["routes"]);
    TIMEOUT_MISSING = "CG0505", "route without a timeout",
        "`timeout-missing` asks for a timeout that somebody chose: the route's `timeout`, or `server.timeouts.request`. The default of 60 seconds until the head of a response is a last resort.",
        Keys(&["routes"]);
    HEALTH_CHECK_OFF = "CG0506", "upstream without probes",
        "`health-check-off` finds upstreams with `health_check: off`: a backend that is down keeps getting its share of the requests, and each of them fails or is retried.",
        Keys(&["upstreams.health_check"]);
    SINGLE_BACKEND = "CG0507", "upstream with a single backend",
        "`single-backend` finds upstreams with one backend that can take traffic: nothing takes its place while it is down or restarted.",
        Keys(&["upstreams.backends", "routes.backends"]);
    LITERAL_DEFAULT_IN_ENV = "CG0508", "default for a value from the environment",
        "`literal-default-in-env` finds `${env:NAME:-default}`. With a default, a gateway whose environment lacks the variable starts all the same, with an address that may belong to another stage.",
        Keys(&["server.listen", "admin.listen", "server.log_level", "upstreams.backends", "routes.backends"]);
    DRAIN_TOO_SHORT = "CG0509", "drain shorter than a request",
        "`drain-too-short` compares `server.drain.grace` with the longest timeout of a route that forwards. A request that still waits for its response, in time, may be cut off when the gateway stops; so may a response that takes longer.",
        Keys(&["server.drain.grace"]);
    BUILT_IN_OVERLAP = "CG0510", "route overlaps the built-in paths",
        "`built-in-overlap` finds routes such as `/{page}`, which match /health, /livez, /readyz and /metrics but never get them: the gateway answers these itself unless `admin` has a listener of its own.",
        Keys(&["routes.path"]);
    FOREIGN_WILDCARD = "CG0511", "wildcard of another gateway",
        "`foreign-wildcard` finds `*`, `:name` and regular expressions (`.+`, `(..)`, a `$` at the end) in paths, `$1` in templates, and `*` as the value of a header or a parameter. Elsewhere they match anything; here they are text, and the route would match hardly any request. A prefix matches all that is below it, `{name}` one segment, `{*name}` the rest. The lint can be switched off for paths that really hold a star.",
        Keys(&["routes.path", "routes.headers", "routes.query", "routes.rewrite", "routes.redirect.to"]);
    TRAILING_SLASH_TWINS = "CG0512", "routes that differ by a slash",
        "`trailing-slash-twins` finds exact routes for `/a` and `/a/` that lead to different places. Clients, caches and people add and drop the slash; let one of the routes redirect to the other.",
        Keys(&["routes.path"]);
    TRIES_BEYOND_TIMEOUT = "CG0513", "attempts that come too late",
        "`tries-beyond-timeout` multiplies the upstream's connect timeout by the number of attempts. If no route leaves it that much time, the last attempt can be cut off before it could succeed: shorten `timeouts.connect`, or allow fewer `retries.attempts`.",
        Keys(&["upstreams.retries.attempts", "upstreams.timeouts.connect"]);
    RETRIES_BEYOND_BACKENDS = "CG0514", "more retries than other backends",
        "`retries-beyond-backends` finds more retries than there are other backends to try. A request would go again to one that has just failed it.",
        Keys(&["upstreams.retries.attempts"]);
    IDLE_RETRIES = "CG0515", "retries that are never made",
        "`idle-retries` finds `retries` whose `on` is empty or whose `budget` is 0: nothing would ever be tried again. `attempts: 0` says so plainly.",
        Keys(&["upstreams.retries.on", "upstreams.retries.budget"]);
    KEEPALIVE_TOO_LONG = "CG0516", "idle connections kept for too long",
        "`keepalive-too-long` finds `keepalive.idle` above 60 seconds. Backends close idle connections after a time of their own (Node 5 s, Apache 5 s, nginx 75 s). If the gateway keeps them for longer, a request now and then meets a connection that is just being closed; only some of these can be sent again. Keep it below the backend's.",
        Keys(&["upstreams.keepalive.idle"]);
    BREAKER_HARDLY_TRIPS = "CG0517", "circuit breaker that hardly ever opens",
        "`breaker-hardly-trips` finds a `failure_ratio` of 100%: a single good answer in the window keeps the breaker closed, however many fail.",
        Keys(&[]);
    UNEQUAL_WEIGHTS = "CG0518", "backend with different weights",
        "`unequal-weights` finds one backend with different weights in different upstreams. Weights describe the machine more often than the traffic, so one of them was most likely forgotten.",
        Keys(&["upstreams.backends", "routes.backends"]);
    UNUSED_MIDDLEWARE = "CG0519", "unused middleware",
        "`unused-middleware` finds top-level middleware that no route has: all have switched it off, or have no use for it. It is not compiled in.",
        Keys(&[]);
    YAML_WORD = "CG0520", "word that YAML 1.1 reads as a boolean",
        "`yaml-word` finds a plain `no`, `yes`, `on`, `off`, `y` or `n` where text is meant. castgate reads YAML 1.2, where these are text; many tools (Helm, PyYAML, Go's yaml.v2) still read them as booleans and would write `false` back. Quotes make it clear to all.",
        Keys(&["routes.headers", "routes.query"]);
    UNUSED_ALLOW = "CG0521", "unused allow",
        "`unused-allow` finds an `allow` for a lint that finds nothing there: what it excused is gone.",
        Keys(&["upstreams.allow.lint"]);
    TRUST_EVERYONE = "CG0522", "trusted network that is most of the Internet",
        "`trust-everyone` finds networks in `trusted_proxies` that are larger than any private one. Whoever connects from there is believed in what X-Forwarded-For says, so every client chooses the address that is logged and whose limits it gets.",
        Keys(&["server.trusted_proxies"]);
    OVERLAPPING_NETWORKS = "CG0523", "network within another",
        "`overlapping-networks` finds networks in `trusted_proxies` that lie in another one of the list. They add nothing.",
        Keys(&["server.trusted_proxies"]);

    TEST_FAILS = "CG0601", "a test fails",
        "Every entry of `tests` is a request and what must become of it. The build walks the compiled route table with the request and compares: the route, the upstream, the path a backend sees, and where no backend decides it, the status and the target of a redirect. Either the routes are not what the test's author meant, or the test is out of date; `castgate explain` with the request line shows all routes that were looked at.",
        Keys(&["tests.expect.route", "tests.expect.upstream", "tests.expect.forward_path", "tests.expect.status", "tests.expect.redirect_to"]);
    TEST_FAILS_OUTSIDE = "CG0602", "a test fails against the running gateway",
        "`castgate test --against URL` sends every entry of `tests` to a running gateway. `status` and `redirect_to` are compared with the response; for `route` and `upstream` their counters in /metrics must have risen. The build has proved the same tests, so either the running gateway is another than you think, or something in front of it changes requests (a proxy that rewrites Host or path, for one), or the counters are read from another process than the one that answers: ask one instance, not a load balancer.",
        Keys(&["tests.expect.route", "tests.expect.upstream", "tests.expect.status", "tests.expect.redirect_to"]);
    OTHER_CONFIG = "CG0603", "the running gateway was cast from another config",
        "The SHA-256 of the file and `config_sha256` in the running gateway's `gateway_build_info` differ. A single byte is enough, a comment too. Either the deployment has not happened yet, or the file is not the one that was built. With `--any-config` the tests are sent all the same.",
        File;
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(super::ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn codes_are_found_in_either_case() {
        assert_eq!(super::find("cg0203").map(|code| code.title), Some("unknown upstream"));
    }
}
