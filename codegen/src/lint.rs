//! The registry of lints: what is not wrong, but may not be what somebody wants. Each is a code, with a level which
//! `lints:` can change. A route or an upstream can be let off, with a reason.

mod levels;

use crate::codes::{self, Code};
pub(crate) use levels::Levels;
use serde::de::{Deserialize, Deserializer, Error};
use std::collections::BTreeMap;

/// What a lint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Allow,
    /// Warns.
    Warn,
    /// Stops the build.
    Deny,
}

/// A lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    code: &'static Code,
    name: &'static str,
    level: Level,
}

impl Lint {
    /// The lint of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lint| lint.name == name)
    }

    /// The code of its diagnostics.
    pub fn code(self) -> &'static Code {
        self.code
    }

    /// As it is written in the config: its code's name there, in lower case and with hyphens.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Its level unless `lints` says otherwise.
    pub fn default_level(self) -> Level {
        self.level
    }
}

/// `ROUTE_WITHOUT_TEST` is `route-without-test`; of ASCII, which identifiers are.
const fn kebab<const LENGTH: usize>(name: &str) -> [u8; LENGTH] {
    let (mut out, mut at) = ([0; LENGTH], 0);
    while at < LENGTH {
        let byte = name.as_bytes()[at];
        out[at] = if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
        at += 1;
    }
    out
}

macro_rules! lints {
    ($($(#[doc = $doc:literal])* $code:ident $level:ident;)*) => {
        impl Lint {
            $(
                $(#[doc = $doc])*
                pub const $code: Self = Self {
                    code: &codes::$code,
                    name: match str::from_utf8(&kebab::<{ stringify!($code).len() }>(stringify!($code))) {
                        Ok(name) => name,
                        Err(_) => stringify!($code),
                    },
                    level: Level::$level,
                };
            )*

            /// All lints, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            const NAMES: &[&str] = &[$(Self::$code.name),*];
        }
    };
}

/// All lints: their codes, levels and meanings, for a macro that makes something of them.
macro_rules! registry {
    ($made:ident) => {
        $made! {
            /// A route which no entry of `tests` gets to.
            ROUTE_WITHOUT_TEST Allow;
            /// A route that forwards without `auth`.
            ROUTE_WITHOUT_AUTH Allow;
            /// A route that forwards without `rate_limit`.
            ROUTE_WITHOUT_RATE_LIMIT Allow;
            /// A route that serves every host.
            ROUTE_WITHOUT_HOST Allow;
            /// A route that forwards with the timeout of last resort: neither it nor `server` has one of its own.
            TIMEOUT_MISSING Allow;
            /// An upstream without probes.
            HEALTH_CHECK_OFF Allow;
            /// An upstream with only one backend that can take traffic.
            SINGLE_BACKEND Allow;
            /// A late value with a default: a gateway that was not told starts all the same.
            LITERAL_DEFAULT_IN_ENV Allow;
            /// A drain that is shorter than the longest request may take.
            DRAIN_TOO_SHORT Allow;
            /// A route some of whose requests the gateway answers itself (`/{page}` and `/health`).
            BUILT_IN_OVERLAP Allow;
            /// Text that is a wildcard elsewhere and only text here: `/api/*`, `/users/:id`, `/c/.+`, `rewrite: /$1`, a header
            /// value `*`.
            FOREIGN_WILDCARD Deny;
            /// Exact routes for a path with and without its trailing slash that do not lead to the same place.
            TRAILING_SLASH_TWINS Warn;
            /// Attempts which the time of no route has room for.
            TRIES_BEYOND_TIMEOUT Warn;
            /// More retries than there are other backends.
            RETRIES_BEYOND_BACKENDS Warn;
            /// Retries that were asked for and can never be made.
            IDLE_RETRIES Warn;
            /// Idle connections kept for longer than backends keep theirs.
            KEEPALIVE_TOO_LONG Warn;
            /// A circuit breaker which one good answer keeps closed.
            BREAKER_HARDLY_TRIPS Warn;
            /// A backend with different weights in different upstreams.
            UNEQUAL_WEIGHTS Warn;
            /// A top-level middleware which every route has switched off or replaced.
            UNUSED_MIDDLEWARE Warn;
            /// A plain `no`, `yes`, `on`, `off` where text is meant: older YAML readers take it for a boolean.
            YAML_WORD Warn;
            /// An `allow` that lets nothing off.
            UNUSED_ALLOW Warn;
            /// A network in `trusted_proxies`, or in a `proxy_protocol`, that is larger than any private one: every client may say who it is.
            TRUST_EVERYONE Warn;
            /// A network in `trusted_proxies`, in a `proxy_protocol`, or in a list of `ip_filter`, that lies in another one of the list.
            OVERLAPPING_NETWORKS Warn;
            /// A network of an `ip_filter` that changes nothing, or one that lets everybody or nobody in.
            IDLE_NETWORKS Warn;
            /// An `ip_filter` that a proxy in front of the gateway opens, and no word on whether there is one.
            FILTER_WITHOUT_PROXIES Warn;
            /// A listener on which no route is reached.
            LISTENER_WITHOUT_ROUTE Warn;
            /// A `rate_limit` in front of `auth` whose key is a field, a parameter or a cookie alone: whoever guesses keys writes another one
            /// with each guess.
            LIMIT_BY_CHOICE Warn;
            /// A limit in a list of `rate_limit` that another one of the list makes useless.
            IDLE_LIMIT Warn;
            /// An `ip_filter` on a Unix socket whose clients have no address: `trusted_proxies` has no `unix`.
            FILTER_OF_SOCKET Warn;
            /// An origin of a `cors` with credentials that comes by plain HTTP: whoever is on the way acts for its users.
            PLAIN_ORIGIN Warn;
            /// The origin `null` in a `cors`: any page can have it.
            NULL_ORIGIN Warn;
            /// A `cors` whose `headers` lack the field that `auth` asks every request for.
            UNSENDABLE_KEY Warn;
            /// A route that names GET and not HEAD, where no other takes that.
            GET_WITHOUT_HEAD Warn;
            /// A route with `encoded_slashes: keep` by which what another one guards gets to the same upstream without.
            SLASH_AROUND_GUARD Warn;
            /// A guarded path with capitals, or with a twin in another case, of which other spellings get to the same upstream without.
            GUARD_OF_ONE_CASE Warn;
        }
    };
}

registry!(lints);
pub(crate) use registry;

/// `lints: {route-without-auth: deny, route-without-test: warn}`; the levels are `allow`, `warn`, `deny`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Lints(BTreeMap<Lint, Option<String>>);

impl Lints {
    /// What was written, by lint.
    pub(crate) fn written(&self) -> impl Iterator<Item = (Lint, &str)> {
        self.0.iter().filter_map(|(lint, level)| Some((*lint, level.as_deref()?)))
    }
}

impl<'de> Deserialize<'de> for Lint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| D::Error::unknown_field(&name, Self::NAMES))
    }
}

#[cfg(test)]
mod tests {
    use super::Lint;

    #[test]
    fn lints_are_in_the_order_of_their_codes_and_named_like_them() {
        assert_eq!(Lint::ROUTE_WITHOUT_TEST.name(), "route-without-test");
        assert!(Lint::ALL.windows(2).all(|pair| pair[0].code().id < pair[1].code().id));
        for lint in Lint::ALL {
            let code = lint.code();
            assert!(code.id.starts_with("CG05") && code.explanation().contains(lint.name()), "{code:?}");
        }
    }
}
