//! The registry of middleware: its order IS the order of execution, outermost first.
//!
//! To add one: a file of its name in `middleware/` (section as written, policy as resolved, the step from one to the
//! other, and what the policy is in Rust), its `mod` and a line in the registry below. All else here follows from that line.

mod access_log;
mod auth;
mod circuit_breaker;
mod code;
mod headers;
mod layer;
mod rate_limit;
mod request_id;

pub(crate) use crate::resolve::cx::At;
pub(crate) use layer::Settings;

use crate::ast::{Lenient, Switch};
use crate::model::{Id, Origin, Scope};
use crate::resolve::cx::Cx;
use crate::source::{ConfigPath, FileLine};
pub(crate) use code::{Code, Lower, Site, State};
use serde::Deserialize;

/// A resolved middleware, and the place where it was written, which is what its state belongs to.
#[derive(Debug, Clone)]
pub struct Policy<P> {
    /// The top-level entry, or the route's own.
    pub origin: Origin,
    /// What it does.
    pub settings: P,
}

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident: $section:ident => $settings:ident;)*) => {
        $(pub use $name::*;)*

        /// `middleware:`, at the top level or of a route.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct Middleware {
            $($(#[$doc])* pub $name: Lenient<Switch<$section>>,)*
        }

        /// Every policy of the file, one table a kind, in the order in which they were written.
        #[derive(Debug, Clone, Default)]
        pub struct Policies {
            $($(#[$doc])* pub $name: Vec<Policy<$settings>>,)*
        }

        impl Policies {
            /// The policies of the top-level map, in the order of execution.
            pub(crate) fn top_level(&self) -> impl Iterator<Item = Use<'_>> {
                let uses: [Option<Use<'_>>; NAMES.len()] = [$({
                    let place = self.$name.iter().position(|policy| policy.origin.scope == Scope::TopLevel);
                    place.map(|place| Use::of(stringify!($name), Id::new(place), &self.$name))
                },)*];
                uses.into_iter().flatten()
            }
        }

        /// The policies of a route; fields are in the order of execution. Sets of the same shape (the same
        /// fields filled in) can share one stack type.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct MiddlewareSet {
            $($(#[$doc])* pub $name: Option<Id<Policy<$settings>>>,)*
        }

        impl<'a> Layer<'a> {
            /// Resolves the top-level map.
            pub(crate) fn top(cx: &mut Cx<'_>, written: Option<&'a Middleware>, policies: &mut Policies) -> Self {
                let root = &ConfigPath::root();
                let set = MiddlewareSet {$(
                    $name: layer::entry(
                        cx,
                        (stringify!($name), root, Scope::TopLevel),
                        (None, None),
                        written.and_then(|written| written.$name.get()),
                        &mut policies.$name,
                    ),
                )*};
                Self { written, set }
            }

            /// Lays the map of the route at `route` over the top-level one.
            pub(crate) fn for_route(
                &self,
                cx: &mut Cx<'_>,
                own: Option<&Middleware>,
                route: &ConfigPath,
                scope: Scope,
                policies: &mut Policies,
            ) -> MiddlewareSet {
                MiddlewareSet {$(
                    $name: layer::entry(
                        cx,
                        (stringify!($name), route, scope),
                        (self.written.and_then(|written| written.$name.get()), self.set.$name),
                        own.and_then(|own| own.$name.get()),
                        &mut policies.$name,
                    ),
                )*}
            }
        }

        impl Policies {
            /// Where every policy was written, with the name of its middleware.
            pub(crate) fn origins(&self) -> Vec<(&'static str, &Origin)> {
                let mut origins = Vec::new();
                $(origins.extend(self.$name.iter().map(|policy| (stringify!($name), &policy.origin)));)*
                origins
            }
        }

        impl MiddlewareSet {
            /// The names of its middleware, outermost first.
            pub fn names(&self) -> Vec<&'static str> {
                let names: [Option<&str>; NAMES.len()] = [$(self.$name.map(|_| stringify!($name)),)*];
                names.into_iter().flatten().collect()
            }

            /// The layers of a route, outermost first.
            pub(crate) fn layers<'m>(&self, policies: &'m Policies) -> impl Iterator<Item = Use<'m>> {
                let layers: [Option<Use<'m>>; NAMES.len()] = [
                    $(self.$name.map(|id| Use::of(stringify!($name), id, &policies.$name)),)*
                ];
                layers.into_iter().flatten()
            }
        }

        /// The names of all middleware, in the order of execution.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

/// The top-level middleware, for routes to be laid over it.
pub(crate) struct Layer<'a> {
    written: Option<&'a Middleware>,
    set: MiddlewareSet,
}

impl Layer<'_> {
    /// What requests get that match no route: they, too, have an id and a log line.
    pub(crate) fn for_unmatched(&self) -> MiddlewareSet {
        let MiddlewareSet { request_id, access_log, .. } = self.set;
        MiddlewareSet { request_id, access_log, ..MiddlewareSet::default() }
    }
}

/// A policy that a route uses.
pub(crate) struct Use<'m> {
    /// The middleware's name in the registry.
    pub(crate) kind: &'static str,
    /// The policy's place in the table of its kind.
    pub(crate) id: usize,
    /// The line it was written on.
    pub(crate) line: &'m FileLine,
    /// Where it was written.
    pub(crate) origin: &'m Origin,
    /// What it does.
    pub(crate) settings: &'m dyn Lower,
}

impl<'m> Use<'m> {
    fn of<P: Lower>(kind: &'static str, id: Id<Policy<P>>, table: &'m [Policy<P>]) -> Self {
        // An id without a policy would be a guard that is left out: better no build than that.
        let Policy { origin, settings } = &table[id.index()];
        Self { kind, id: id.index(), line: &origin.line, origin, settings }
    }
}

registry! {
    /// Gives each request an id, sends it to the backend and back to the client.
    /// Example: `{header: X-Correlation-ID}`.
    request_id: RequestIdSection => RequestId;
    /// Writes a JSON line for each request.
    /// Example: `{query: true}`.
    access_log: AccessLogSection => AccessLog;
    /// Answers 429 to whoever asks too often.
    /// Example: `{rate: 100/s, burst: 200}`.
    rate_limit: RateLimitSection => RateLimit;
    /// Answers 401 to whoever does not show a key.
    /// Example: `{api_keys: {keys: "${env:API_KEYS}"}}`.
    auth: AuthSection => Auth;
    /// Answers 503 at once while an upstream fails too often.
    /// Example: `{failure_ratio: 25%}`.
    circuit_breaker: CircuitBreakerSection => CircuitBreaker;
    /// Changes header fields of requests and responses.
    /// Example: `{response: {remove: [Server]}}`.
    headers: HeadersSection => Headers;
}
