//! The registry of lints: what is not wrong, but may not be what somebody wants. Each has a name, a level which
//! `lints:` can change, and a code. A route or an upstream can be let off, with a reason.

mod levels;

use crate::codes::{self, Code};
pub use crate::language::lints::Level;
pub(crate) use levels::Levels;
use serde::Deserialize;

impl Lint {
    /// The lint of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lint| lint.name() == name)
    }
}

macro_rules! registry {
    ($($(#[$doc:meta])* $lint:ident $key:ident $name:literal $level:ident $code:ident;)*) => {
        /// A lint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Lint {
            $($(#[$doc])* $lint,)*
        }

        impl Lint {
            /// All lints, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$lint),*];

            /// As it is written in the config.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$lint => $name,)*
                }
            }

            /// Its level unless `lints` says otherwise.
            pub fn default_level(self) -> Level {
                match self {
                    $(Self::$lint => Level::$level,)*
                }
            }

            /// The source of its page in the reference.
            #[cfg(feature = "cli")]
            pub(crate) fn page(self) -> &'static str {
                match self {
                    $(Self::$lint => include_str!(concat!("reference/lints/", $name, ".md")),)*
                }
            }

            /// The code of its diagnostics.
            pub fn code(self) -> &'static Code {
                match self {
                    $(Self::$lint => &codes::$code,)*
                }
            }
        }

        /// `lints: {route-without-auth: deny, route-without-test: warn}`; the levels are `allow`, `warn`, `deny`.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct Lints {
            $($(#[$doc])* #[doc = concat!(" Default: `", stringify!($level), "`, in lower case. Example: `deny`.")]
            #[serde(rename = $name)]
            #[cfg_attr(feature = "cli", schemars(extend("enum" = ["allow", "warn", "deny"])))]
            pub $key: Option<String>,)*
        }

        impl Lints {
            /// What was written, by lint.
            pub(crate) fn written(&self) -> impl Iterator<Item = (Lint, &str)> {
                [$((Lint::$lint, self.$key.as_deref())),*]
                    .into_iter()
                    .filter_map(|(lint, level)| Some((lint, level?)))
            }
        }
    };
}

registry! {
    /// A route which no entry of `tests` gets to.
    RouteWithoutTest route_without_test "route-without-test" Allow ROUTE_WITHOUT_TEST;
    /// A route that forwards without `auth`.
    RouteWithoutAuth route_without_auth "route-without-auth" Allow ROUTE_WITHOUT_AUTH;
    /// A route that forwards without `rate_limit`.
    RouteWithoutRateLimit route_without_rate_limit "route-without-rate-limit" Allow ROUTE_WITHOUT_RATE_LIMIT;
    /// A route that serves every host.
    RouteWithoutHost route_without_host "route-without-host" Allow ROUTE_WITHOUT_HOST;
    /// A route that forwards with the timeout of last resort: neither it nor `server` has one of its own.
    TimeoutMissing timeout_missing "timeout-missing" Allow TIMEOUT_MISSING;
    /// An upstream without probes.
    HealthCheckOff health_check_off "health-check-off" Allow HEALTH_CHECK_OFF;
    /// An upstream with only one backend that can take traffic.
    SingleBackend single_backend "single-backend" Allow SINGLE_BACKEND;
    /// A late value with a default: a gateway that was not told starts all the same.
    LiteralDefaultInEnv literal_default_in_env "literal-default-in-env" Allow LITERAL_DEFAULT_IN_ENV;
    /// A drain that is shorter than the longest request may take.
    DrainTooShort drain_too_short "drain-too-short" Allow DRAIN_TOO_SHORT;
    /// A route some of whose requests the gateway answers itself (`/{page}` and `/health`).
    BuiltInOverlap built_in_overlap "built-in-overlap" Allow BUILT_IN_OVERLAP;
    /// Text that is a wildcard elsewhere and only text here: `/api/*`, `/users/:id`, `/c/.+`, `rewrite: /$1`, a header
    /// value `*`.
    ForeignWildcard foreign_wildcard "foreign-wildcard" Deny FOREIGN_WILDCARD;
    /// Exact routes for a path with and without its trailing slash that do not lead to the same place.
    TrailingSlashTwins trailing_slash_twins "trailing-slash-twins" Warn TRAILING_SLASH_TWINS;
    /// Attempts which the time of no route has room for.
    TriesBeyondTimeout tries_beyond_timeout "tries-beyond-timeout" Warn TRIES_BEYOND_TIMEOUT;
    /// More retries than there are other backends.
    RetriesBeyondBackends retries_beyond_backends "retries-beyond-backends" Warn RETRIES_BEYOND_BACKENDS;
    /// Retries that were asked for and can never be made.
    IdleRetries idle_retries "idle-retries" Warn IDLE_RETRIES;
    /// Idle connections kept for longer than backends keep theirs.
    KeepaliveTooLong keepalive_too_long "keepalive-too-long" Warn KEEPALIVE_TOO_LONG;
    /// A circuit breaker which one good answer keeps closed.
    BreakerHardlyTrips breaker_hardly_trips "breaker-hardly-trips" Warn BREAKER_HARDLY_TRIPS;
    /// A backend with different weights in different upstreams.
    UnequalWeights unequal_weights "unequal-weights" Warn UNEQUAL_WEIGHTS;
    /// A top-level middleware which every route has switched off or replaced.
    UnusedMiddleware unused_middleware "unused-middleware" Warn UNUSED_MIDDLEWARE;
    /// A plain `no`, `yes`, `on`, `off` where text is meant: older YAML readers take it for a boolean.
    YamlWord yaml_word "yaml-word" Warn YAML_WORD;
    /// An `allow` that lets nothing off.
    UnusedAllow unused_allow "unused-allow" Warn UNUSED_ALLOW;
    /// A network in `trusted_proxies` that is larger than any private one: every client may say who it is.
    TrustEveryone trust_everyone "trust-everyone" Warn TRUST_EVERYONE;
    /// A network in `trusted_proxies` that lies in another one of the list.
    OverlappingNetworks overlapping_networks "overlapping-networks" Warn OVERLAPPING_NETWORKS;
}

#[cfg(test)]
mod tests {
    use super::Lint;

    #[test]
    fn lints_are_in_the_order_of_their_codes_and_named_like_them() {
        assert!(Lint::ALL.windows(2).all(|pair| pair[0].code().id < pair[1].code().id));
        for lint in Lint::ALL {
            assert!(
                lint.code().id.starts_with("CG05") && lint.code().explanation.contains(lint.name()),
                "{lint:?}"
            );
        }
    }
}
