//! The catalogue of diagnostics: a code is stable, can be looked up with `castgate explain`, and is never reused. Its
//! explanation is the first paragraph of a file of its own in `reference/codes/`.
//!
//! CG00 the file, CG01 its YAML and its shape, CG02 values and names, CG03 routes, CG04 budgets, CG05 lints, CG06 tests.

/// A kind of diagnostic.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// `CG0203`
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Its file in `reference/codes/`.
    text: &'static str,
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
    /// What the kind of a key's value makes possible, what middleware declares for its own, and besides that these keys,
    /// as the reference names them: without the names of upstreams and places in lists.
    Keys(&'static [&'static str]),
}

impl Code {
    /// A paragraph: what is wrong, why it is not simply accepted, what to do.
    pub fn explanation(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }

    /// What follows on it: of a lint, its page.
    #[cfg(feature = "cli")]
    pub(crate) fn page(&self) -> &'static str {
        self.text.split_once("\n\n").map_or("", |(_, page)| page)
    }

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
    ($($name:ident = $id:literal, $title:literal, $about:expr;)*) => {
        $(
            #[doc = concat!($id, ": ", $title, ".")]
            pub static $name: Code = Code {
                id: $id,
                title: $title,
                text: include_str!(concat!("reference/codes/", $id, ".md")),
                about: $about,
            };
        )*

        /// All codes, in order.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

use About::{AnyKey, File, Keys};

catalogue! {
    UNREADABLE_FILE = "CG0001", "the config cannot be read", File;
    FILE_TOO_LARGE = "CG0002", "the config is too large", File;
    NOT_UTF8 = "CG0003", "the config is not UTF-8", File;
    EMPTY_FILE = "CG0004", "the config is empty", File;
    INCLUDE = "CG0005", "an include that finds nothing", Keys(&["include"]);
    ATTACHED_FILE = "CG0006", "unsuitable file", Keys(&[]);

    YAML_SYNTAX = "CG0101", "YAML syntax error", File;
    TAB = "CG0102", "tab where YAML wants spaces", File;
    DUPLICATE_KEY = "CG0103", "duplicate key", AnyKey;
    UNKNOWN_KEY = "CG0104", "unknown key", Keys(&[]);
    WRONG_TYPE = "CG0105", "wrong type", AnyKey;
    NO_VALUE = "CG0106", "key without a value", AnyKey;
    ANCHOR = "CG0107", "anchors and aliases are not supported", AnyKey;
    MERGE_KEY = "CG0108", "merge keys are not supported", AnyKey;
    SEVERAL_DOCUMENTS = "CG0109", "more than one YAML document", File;
    TAG = "CG0110", "YAML tags are not supported", AnyKey;
    KEY_NOT_TEXT = "CG0111", "a key must be text", AnyKey;
    NOT_SUPPORTED = "CG0112", "not supported by this version", Keys(&["server.listeners.protocols"]);
    YAML_TRAP = "CG0113", "meant for YAML 1.1", Keys(&["server.workers", "upstreams.health_check.expect"]);

    MISSING_KEY = "CG0201", "missing key", Keys(&["tests.expect", "routes.redirect", "server.listeners.redirect"]);
    MISSING_UNIT = "CG0202", "missing unit", Keys(&[]);
    UNKNOWN_UPSTREAM = "CG0203", "unknown upstream", Keys(&["routes.upstream", "tests.expect.upstream"]);
    IMPOSSIBLE_VALUE = "CG0204", "impossible value",
        Keys(&["server.listen", "server.listeners", "server.listeners.address", "server.listeners.proxy_protocol.from", "server.listeners.protocols", "server.http2.stream_window",
            "admin.listen", "routes.listener", "upstreams.allow.reason", "upstreams.health_check.path",
            "upstreams.health_check.expect", "upstreams.health_check.host", "routes.host", "routes.methods", "routes.query",
            "routes.respond.body", "routes.respond.content_type"]);
    UNKNOWN_WORD = "CG0205", "unknown value", Keys(&["upstreams.allow.lint"]);
    BAD_NAME = "CG0206", "unsuitable name", Keys(&["upstreams", "routes.name", "server.listeners"]);
    DUPLICATE_NAME = "CG0207", "duplicate name", Keys(&["routes.name", "routes.backends"]);
    EMPTY_UPSTREAM = "CG0208", "upstream without backends", Keys(&["upstreams.backends", "routes.backends"]);
    UNUSED_UPSTREAM = "CG0209", "unused upstream", Keys(&["upstreams"]);
    DUPLICATE_BACKEND = "CG0210", "duplicate backend", Keys(&["upstreams.backends", "routes.backends"]);
    BACKEND_URL = "CG0211", "unsuitable backend URL",
        Keys(&["upstreams.backends", "upstreams.backends.url", "routes.backends"]);
    BACKEND_TLS = "CG0212", "TLS to backends is not in this version",
        Keys(&["upstreams.backends", "upstreams.backends.url", "routes.backends"]);
    BAD_ADDRESS = "CG0213", "unsuitable address", Keys(&["server.listen", "server.listeners.address", "admin.listen"]);
    BAD_LATE_VALUE = "CG0214", "malformed late value",
        Keys(&["server.listen", "server.listeners.address", "admin.listen", "upstreams.backends",
            "upstreams.backends.url", "routes.backends", "upstreams.health_check.headers"]);
    LATE_VALUE_HERE = "CG0215", "late value where the build needs to know",
        Keys(&["include", "routes.listener", "routes.host", "routes.path", "routes.name", "routes.headers", "routes.query",
            "routes.upstream", "routes.strip_prefix", "routes.add_prefix", "routes.rewrite", "routes.rewrite.prefix",
            "routes.redirect.to", "routes.redirect.prefix", "routes.respond.body",
            "routes.respond.content_type", "tests.request", "tests.headers",
            "upstreams.health_check.path", "upstreams.health_check.expect", "upstreams.health_check.host"]);
    LITERAL_SECRET = "CG0216", "secret in the config", Keys(&["upstreams.health_check.headers"]);
    HEADER_NAME = "CG0217", "unsuitable header name",
        Keys(&["routes.headers", "tests.headers", "upstreams.health_check.headers"]);
    HEADER_VALUE = "CG0218", "unsuitable text for a header",
        Keys(&["routes.headers", "routes.respond.content_type", "tests.headers", "upstreams.health_check.headers"]);
    WEIGHTS = "CG0219", "unsuitable weights", Keys(&["upstreams.backends", "routes.backends"]);
    MANAGED_HEADER = "CG0220", "header managed by the gateway",
        Keys(&["routes.headers", "tests.headers", "upstreams.health_check.headers"]);
    BAD_NETWORK = "CG0221", "unsuitable network", Keys(&[]);
    BAD_REQUEST_LINE = "CG0222", "unsuitable request line", Keys(&["tests.request"]);
    UNKNOWN_ROUTE = "CG0223", "unknown route", Keys(&["routes.name", "tests.expect.route"]);
    BAD_VALUE = "CG0224", "unsuitable value of a request",
        Keys(&["routes.respond.headers", "routes.respond.body", "routes.rewrite", "routes.redirect.to"]);
    UNKNOWN_LISTENER = "CG0225", "unknown listener", Keys(&["routes.listener", "tests.listener"]);
    BAD_FILE_PATH = "CG0226", "unsuitable path of a file", Keys(&[]);
    BAD_ORIGIN = "CG0228", "unsuitable origin", Keys(&[]);

    BAD_PATH = "CG0301", "unsuitable path pattern", Keys(&["routes.path"]);
    BAD_HOST = "CG0302", "unsuitable host pattern", Keys(&["routes.host"]);
    UNKNOWN_METHOD = "CG0303", "unknown method", Keys(&["routes.methods"]);
    ROUTE_TARGET = "CG0304", "a route has exactly one target",
        Keys(&["routes", "routes.upstream", "routes.backends", "routes.redirect"]);
    KEY_DOES_NOT_APPLY = "CG0305", "key does not apply here",
        Keys(&["server.listen", "server.http2", "routes.listener", "routes.strategy", "routes.strip_prefix", "routes.add_prefix", "routes.rewrite",
            "routes.redirect.scheme", "routes.redirect.host", "routes.redirect.port", "routes.redirect.prefix",
            "routes.response", "routes.response.location", "routes.upgrades", "routes.timeout", "routes.idle",
            "routes.total", "upstreams.health_check.path", "upstreams.health_check.expect",
            "upstreams.health_check.method", "upstreams.health_check.host", "upstreams.health_check.headers",
            "upstreams.panic_threshold", "upstreams.resolve", "upstreams.health_check.port"]);
    STRIP_PREFIX = "CG0306", "unsuitable strip_prefix", Keys(&["routes.strip_prefix"]);
    BAD_TEMPLATE = "CG0307", "unsuitable template",
        Keys(&["routes.rewrite", "routes.rewrite.prefix", "routes.add_prefix", "routes.redirect.to", "routes.redirect.prefix"]);
    AMBIGUOUS_ROUTES = "CG0308", "ambiguous routes", Keys(&["routes.path"]);
    UNREACHABLE_ROUTE = "CG0309", "unreachable route", Keys(&["routes.path"]);
    BUILT_IN_SHADOWED = "CG0310", "route shadowed by a built-in path", Keys(&["routes.path"]);
    REDIRECT_LOOP = "CG0311", "redirect that never ends",
        Keys(&["routes.redirect", "routes.redirect.to", "server.listeners.redirect"]);
    AMBIGUOUS_PREFLIGHTS = "CG0312", "ambiguous preflights", Keys(&["routes.headers"]);

    TIMEOUT_ORDER = "CG0401", "timeouts contradict each other",
        Keys(&["upstreams.health_check.timeout", "upstreams.timeouts.connect", "upstreams.timeouts.response",
            "routes.timeout", "routes.idle"]);

    SERIES_BUDGET = "CG0402", "too many series of metrics", Keys(&["observability.max_series"]);

    ROUTE_WITHOUT_TEST = "CG0501", "route without a test", Keys(&["routes"]);
    ROUTE_WITHOUT_AUTH = "CG0502", "route without auth", Keys(&["routes"]);
    ROUTE_WITHOUT_RATE_LIMIT = "CG0503", "route without a rate limit", Keys(&["routes"]);
    ROUTE_WITHOUT_HOST = "CG0504", "route for every host", Keys(&["routes"]);
    TIMEOUT_MISSING = "CG0505", "route without a timeout", Keys(&["routes"]);
    HEALTH_CHECK_OFF = "CG0506", "upstream without probes", Keys(&["upstreams.health_check"]);
    SINGLE_BACKEND = "CG0507", "upstream with a single backend", Keys(&["upstreams.backends", "routes.backends"]);
    LITERAL_DEFAULT_IN_ENV = "CG0508", "default for a value from the environment",
        Keys(&["server.listen", "server.listeners.address", "admin.listen", "server.log_level", "upstreams.backends",
            "routes.backends"]);
    DRAIN_TOO_SHORT = "CG0509", "drain shorter than a request", Keys(&["server.drain.grace"]);
    BUILT_IN_OVERLAP = "CG0510", "route overlaps the built-in paths", Keys(&["routes.path"]);
    FOREIGN_WILDCARD = "CG0511", "wildcard of another gateway",
        Keys(&["routes.path", "routes.headers", "routes.query", "routes.rewrite", "routes.redirect.to",
            "routes.respond.body", "routes.respond.headers"]);
    TRAILING_SLASH_TWINS = "CG0512", "routes that differ by a slash", Keys(&["routes.path"]);
    TRIES_BEYOND_TIMEOUT = "CG0513", "attempts that come too late",
        Keys(&["upstreams.retries.attempts", "upstreams.timeouts.connect"]);
    RETRIES_BEYOND_BACKENDS = "CG0514", "more retries than other backends", Keys(&["upstreams.retries.attempts"]);
    IDLE_RETRIES = "CG0515", "retries that are never made", Keys(&["upstreams.retries.on", "upstreams.retries.budget"]);
    KEEPALIVE_TOO_LONG = "CG0516", "idle connections kept for too long", Keys(&["upstreams.keepalive.idle"]);
    BREAKER_HARDLY_TRIPS = "CG0517", "circuit breaker that hardly ever opens", Keys(&[]);
    UNEQUAL_WEIGHTS = "CG0518", "backend with different weights", Keys(&["upstreams.backends", "routes.backends"]);
    UNUSED_MIDDLEWARE = "CG0519", "unused middleware", Keys(&[]);
    YAML_WORD = "CG0520", "word that YAML 1.1 reads as a boolean", Keys(&["routes.headers", "routes.query"]);
    UNUSED_ALLOW = "CG0521", "unused allow", Keys(&["upstreams.allow.lint"]);
    TRUST_EVERYONE = "CG0522", "trusted network that is most of the Internet",
        Keys(&["server.trusted_proxies", "server.listeners.proxy_protocol.from"]);
    OVERLAPPING_NETWORKS = "CG0523", "network within another",
        Keys(&["server.trusted_proxies", "server.listeners.proxy_protocol.from"]);
    IDLE_NETWORKS = "CG0524", "network that changes nothing", Keys(&[]);
    FILTER_WITHOUT_PROXIES = "CG0525", "filter of addresses that may be a proxy's", Keys(&[]);
    LISTENER_WITHOUT_ROUTE = "CG0526", "listener without a route", Keys(&["server.listeners"]);
    LIMIT_BY_CHOICE = "CG0527", "limit by what a client chooses", Keys(&[]);
    IDLE_LIMIT = "CG0528", "limit that refuses nobody", Keys(&[]);
    FILTER_OF_SOCKET = "CG0529", "filter of addresses on a Unix socket", Keys(&[]);
    PLAIN_ORIGIN = "CG0530", "plain HTTP with credentials", Keys(&[]);
    NULL_ORIGIN = "CG0531", "origin that anybody can have", Keys(&[]);
    UNSENDABLE_KEY = "CG0532", "field that pages cannot send", Keys(&[]);
    GET_WITHOUT_HEAD = "CG0540", "GET without HEAD", Keys(&["routes.methods"]);
    SLASH_AROUND_GUARD = "CG0541", "guard that an encoded slash goes around", Keys(&["routes.encoded_slashes"]);
    GUARD_OF_ONE_CASE = "CG0542", "guard of one case of a path", Keys(&["routes.path"]);

    TEST_FAILS = "CG0601", "a test fails",
        Keys(&["tests.expect.route", "tests.expect.upstream", "tests.expect.forward_path", "tests.expect.status",
            "tests.expect.cross_origin", "tests.expect.redirect_to"]);
    TEST_FAILS_OUTSIDE = "CG0602", "a test fails against the running gateway",
        Keys(&["tests.expect.route", "tests.expect.upstream", "tests.expect.status", "tests.expect.cross_origin",
            "tests.expect.redirect_to"]);
    OTHER_CONFIG = "CG0603", "the running gateway was cast from another config", File;
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
