//! The registry of middleware: its order IS the order of execution, outermost first.
//!
//! To add one: a file of its name in `middleware/` (section as written, policy as resolved, the step from one to the
//! other, and what the policy is in Rust), its `mod` and a line in the registry below. All else here follows from that line.

mod access_log;
mod auth;
mod circuit_breaker;
mod code;
mod cors;
mod edits;
mod error_pages;
mod facts;
mod fields;
mod ip_filter;
mod layer;
mod rate_limit;
mod request_headers;
mod request_id;
mod response_headers;
mod several;

pub(crate) use facts::{Column, Facts, Family, Missed, Per, Prose, Refusal, Registered};
pub(crate) use fields::{Claim, Does, Held, Said, Touch, written_after};
pub(crate) use layer::{Configured, Placed};

use crate::ast::{Lenient, Switch};
use crate::language::{KeyMeta, SectionMeta, Shape, Without};
use crate::model::{Id, Origin, Scope};
use crate::resolve::cx::Cx;
use crate::source::{ConfigPath, FileLine, Source};
#[cfg(test)]
pub(crate) use code::Written;
pub(crate) use code::{Code, Contradiction, Entries, Lower, Site, State};
use serde::Deserialize;
pub use several::Several;

/// A resolved middleware, and the place where it was written, which is what its state belongs to.
#[derive(Debug, Clone)]
pub struct Policy<P> {
    /// The top-level entry, or the route's own.
    pub origin: Origin,
    /// What it does.
    pub settings: P,
}

macro_rules! registry {
    ($($name:ident: $settings:ident;)*) => {
        $(pub use $name::*;)*

        /// `middleware:`, at the top level or of a route.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Middleware {
            $(
                #[doc = concat!("`", stringify!($name), ":`")]
                pub(crate) $name: Lenient<Switch<<$settings as Configured>::Written>>,
            )*
        }

        impl Middleware {
            /// The middleware that is switched on here.
            pub(crate) fn switched_on(&self) -> impl Iterator<Item = &'static Entry> {
                let is_on = [$(matches!(self.$name.get(), Some(Switch::On(_)))),*];
                REGISTRY.iter().zip(is_on).filter(|(_, is_on)| *is_on).map(|(entry, _)| entry)
            }
        }

        /// What there is to know of the section.
        pub(crate) const SECTION: &SectionMeta = &SectionMeta {
            written: "Middleware",
            about: &["`middleware:`, at the top level or of a route."],
            keys: &[$(
                KeyMeta {
                    name: stringify!($name),
                    doc: &[<$settings as Registered>::FACTS.about],
                    shape: || Shape::or_off(<$settings as Configured>::shape()),
                    codes: <$settings as Configured>::codes,
                    without: || Without::Nothing,
                    example: <$settings as Registered>::FACTS.example,
                },
            )*],
        };

        /// Every policy of the file, one table a kind, in the order in which they were written.
        #[derive(Debug, Clone, Default)]
        pub struct Policies {
            $(
                #[doc = concat!("Of `", stringify!($name), "`.")]
                pub $name: Vec<Policy<$settings>>,
            )*
        }

        /// The policies of a route; fields are in the order of execution. Sets of the same shape (the same
        /// fields filled in) can share one stack type.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct MiddlewareSet {
            $(
                #[doc = concat!("Its `", stringify!($name), "`.")]
                pub $name: Option<Id<Policy<$settings>>>,
            )*
        }

        impl Layer<'_> {
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
            /// Every policy, whether a route has it or not.
            pub(crate) fn all(&self) -> impl Iterator<Item = Use<'_>> {
                let mut all = Vec::new();
                $(all.extend((0..self.$name.len()).map(|id| Use::of(stringify!($name), Id::new(id), &self.$name)));)*
                all.into_iter()
            }
        }

        impl MiddlewareSet {
            /// The names of its middleware, outermost first.
            pub fn names(&self) -> Vec<&'static str> {
                let names: [Option<&str>; NAMES.len()] = [$(self.$name.map(|_| stringify!($name)),)*];
                names.into_iter().flatten().collect()
            }

            /// Without the middleware that is not so.
            pub(crate) fn only(self, is_so: fn(&Facts) -> bool) -> Self {
                Self { $($name: self.$name.filter(|_| is_so(&<$settings as Registered>::FACTS)),)* }
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

        /// All middleware, in the order of execution.
        pub(crate) static REGISTRY: &[Entry] = &[
            $(Entry::of::<$settings>(stringify!($name)),)*
        ];

        impl Policies {
            /// What a policy of this kind lets pass that another one, of another config, did not.
            #[cfg(feature = "cli")]
            pub(crate) fn looser(&self, kind: &str, id: usize, (old, old_id): (&Self, usize)) -> Option<String> {
                $(if kind == stringify!($name) {
                    return self.$name.get(id)?.settings.looser(&old.$name.get(old_id)?.settings);
                })*
                None
            }
        }
    };
}

/// The top-level middleware, for routes to be laid over it.
pub(crate) struct Layer<'a> {
    written: Option<&'a Middleware>,
    set: MiddlewareSet,
}

impl<'a> Layer<'a> {
    /// Resolves the top-level map, which is laid over nothing.
    pub(crate) fn top(cx: &mut Cx<'_>, written: Option<&'a Middleware>, policies: &mut Policies) -> Self {
        let nothing = Self { written: None, set: MiddlewareSet::default() };
        let set = nothing.for_route(cx, written, &ConfigPath::root(), Scope::TopLevel, policies);
        Self { written, set }
    }

    /// What requests get that match no route.
    pub(crate) fn for_unmatched(&self) -> MiddlewareSet {
        self.set.only(|facts| facts.sees_unmatched)
    }
}

impl Policies {
    /// The policies of the top-level map, in the order of execution.
    pub(crate) fn top_level(&self) -> impl Iterator<Item = Use<'_>> {
        self.all().filter(|policy| policy.origin.scope == Scope::TopLevel)
    }
}

/// A line of the registry.
pub(crate) struct Entry {
    /// As it is written in the config, and as its files are called.
    pub(crate) name: &'static str,
    /// What others know of it.
    pub(crate) facts: &'static Facts,
}

impl Entry {
    const fn of<P: Registered>(name: &'static str) -> Self {
        Self { name, facts: &P::FACTS }
    }
}

/// The middleware of this name.
#[cfg(feature = "cli")]
pub(crate) fn named(name: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.name == name)
}

/// A policy that a route uses.
pub(crate) struct Use<'m> {
    /// The middleware's name in the registry.
    pub(crate) kind: &'static str,
    /// What is true of all of its kind.
    pub(crate) facts: &'static Facts,
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
    fn of<P: Registered>(kind: &'static str, id: Id<Policy<P>>, table: &'m [Policy<P>]) -> Self {
        // An id without a policy would be a guard that is left out: better no build than that.
        let Policy { origin, settings } = &table[id.index()];
        Self { kind, facts: &P::FACTS, id: id.index(), line: &origin.line, origin, settings }
    }

    /// What its runtime file has for it.
    pub(crate) fn code(&self) -> Code {
        self.settings.code(self.facts.code)
    }

    /// The sections that it is made of: one, or those of a list, in the order of the file.
    pub(crate) fn parts(&self) -> Vec<Part<'m>> {
        let own = &self.origin.path;
        let laid_over = |settings| {
            let base = ConfigPath::root().key("middleware").key(self.kind);
            vec![Part { own: own.clone(), base: Some(base), settings }]
        };
        match self.settings.sections() {
            None => laid_over(self.settings),
            Some(Entries::One(settings)) => laid_over(settings),
            Some(Entries::List(list)) => {
                let part = |(index, settings)| Part { own: own.index(index), base: None, settings };
                list.into_iter().enumerate().map(part).collect()
            }
        }
    }
}

/// A section of a policy, and where it was written.
pub(crate) struct Part<'m> {
    /// The section itself.
    pub(crate) own: ConfigPath,
    /// What it is laid over, written or not.
    base: Option<ConfigPath>,
    /// What it comes to.
    pub(crate) settings: &'m dyn Lower,
}

impl Part<'_> {
    /// Where what these keys lead to was written: what a route does not say itself it has from the top level.
    pub(crate) fn written(&self, keys: &[&str], source: &Source) -> ConfigPath {
        let is_written =
            |section: &ConfigPath| keys.first().is_some_and(|first| source.is_written(&section.key(first)));
        let base = self.base.as_ref().filter(|base| !is_written(&self.own) && is_written(base));
        keys.iter().fold(base.unwrap_or(&self.own).clone(), |at, key| at.key(key))
    }

    /// Where any of it may have been written, the nearest first.
    pub(crate) fn places(&self) -> Vec<ConfigPath> {
        [&self.own].into_iter().chain(&self.base).cloned().collect()
    }
}

registry! {
    request_id: RequestId;
    access_log: AccessLog;
    response_headers: ResponseHeaders;
    error_pages: ErrorPages;
    ip_filter: IpFilter;
    cors: Cors;
    rate_limit: RateLimits;
    auth: Auth;
    circuit_breaker: CircuitBreaker;
    request_headers: RequestHeaders;
}
