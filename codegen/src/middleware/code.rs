//! What the config half of a middleware has to say of the code it becomes: a runtime layer and the constant expression
//! of its policy. With it, a middleware is complete in its own file; nothing else in the compiler knows it by name.
//! Whatever it names is in its runtime file, which is called as it is: `Limit::new` of `rate_limit` is
//! `castgate::middleware::rate_limit::Limit::new`.

use super::fields::{Claim, Touch};
use super::layer::Configured;
use crate::diagnostic::Reporter;
use crate::model::{Cidr, HeaderName, RequestText, Sharing};
use crate::plan::Value;
use crate::source::{ConfigPath, FileLine};
use crate::yaml::Tree;
use std::net::IpAddr;

/// What cannot be so, at which keys, and what to do.
pub(crate) struct Contradiction {
    /// Where it is wrong, and what that contradicts, if it is another key.
    pub(crate) keys: (&'static str, Option<&'static str>),
    pub(crate) title: &'static str,
    pub(crate) label: &'static str,
    pub(crate) help: &'static str,
}

/// A resolved middleware that can become code. What has to do with places of its keys is asked of each of its
/// [`parts`](super::Use::parts), all else of the whole.
pub(crate) trait Lower: Written {
    /// The policy's constant expression, of the type `Code::policy`.
    fn policy(&self, site: &Site<'_>) -> Value;

    /// What it becomes, if that is not the same for all of its kind.
    fn code(&self, of_kind: Code) -> Code {
        of_kind
    }

    /// The sections that it is made of, if it is not one itself.
    fn sections(&self) -> Option<Entries<'_>> {
        None
    }

    /// The feature of the library that it needs; of a section with several schemes that of the one which is written.
    fn feature(&self) -> Option<&'static str> {
        None
    }

    /// What it does, the same for all that do the same; an empty map if it does nothing.
    #[cfg(feature = "cli")]
    fn meaning(&self) -> Tree {
        self.written().canonical()
    }

    /// The bytes that it takes at start and keeps.
    fn memory(&self) -> u64 {
        0
    }

    /// The fields which nobody else may use.
    fn claims(&self) -> Vec<Claim<'_>> {
        Vec::new()
    }

    /// What it does to fields that somebody else may claim.
    fn touches(&self) -> Vec<Touch<'_>> {
        Vec::new()
    }

    /// Whether a request may have another value of this field behind it.
    fn changes(&self, _field: &HeaderName) -> bool {
        false
    }

    /// Its values of the request, and the keys that lead to each.
    fn values(&self) -> Vec<(Vec<&str>, &RequestText)> {
        Vec::new()
    }

    /// The keys that lead to what it tells clients apart by, if any client may choose that anew with each request.
    fn told_apart_by_choice(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// Whether it refuses every request of this client, with the only [`Refusal`](super::Refusal) that it has.
    fn refuses(&self, _client: IpAddr) -> bool {
        false
    }

    /// Whether it refuses everyone who has no address: whoever comes by a Unix socket, if nobody says who it is.
    fn refuses_strangers(&self) -> bool {
        false
    }

    /// The field of a request without which it lets nobody in, and the keys that lead to it.
    fn asks_for(&self) -> Option<(&HeaderName, &'static [&'static str])> {
        None
    }

    /// Lists of networks, by their keys; in none of them should one network lie in another.
    fn networks(&self) -> Vec<(&'static str, &[Cidr])> {
        Vec::new()
    }

    /// What goes wrong without a sound if all clients come through a proxy that is not trusted, so that they have its address.
    fn if_all_come_from_a_proxy(&self) -> Option<&'static str> {
        None
    }

    /// What pages of other origins may do, if it says so.
    fn shares(&self) -> Option<Sharing> {
        None
    }

    /// Keys that are right each by itself, and cannot both be.
    fn contradictions(&self) -> Vec<Contradiction> {
        Vec::new()
    }

    /// Reports what is right, but hardly meant; `at` is its section.
    fn lint(&self, _at: &ConfigPath, _sink: &mut Reporter<'_>) {}
}

/// The sections of a middleware of which there may be several.
pub(crate) enum Entries<'m> {
    /// Written without a list, and perhaps laid over another.
    One(&'m dyn Lower),
    /// Written as a list, which replaces what it would be laid over.
    List(Vec<&'m dyn Lower>),
}

/// What can be written out.
pub(crate) trait Written {
    /// With every default.
    fn written(&self) -> Tree;
}

impl<S: Configured> Written for S {
    fn written(&self) -> Tree {
        self.tree()
    }
}

/// The runtime's side of a middleware.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    /// The generic layer type; it has `const fn new(&'static Policy, inner: S)`.
    pub(crate) layer: &'static str,
    /// The type of its policy.
    pub(crate) policy: &'static str,
    /// What the policy's statics are named after.
    pub(crate) stem: &'static str,
    /// What state the policy has.
    pub(crate) state: State,
}

/// What state a policy has, which decides what may share a static.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// None: equal policies share a static.
    None,
    /// What it reads at start, and then never changes: one static for each policy.
    Constant,
    /// What requests change: one static for each policy.
    Policy,
    /// One for each pair of policy and upstream.
    Upstream,
}

/// Where a policy is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a> {
    /// The line the policy was written on.
    pub(crate) line: &'a FileLine,
    /// The name of the route's upstream; empty if it has none.
    pub(crate) upstream: &'a str,
    /// The policy's number among all policies: of its `Slot`, if each worker has something of it for itself.
    #[cfg_attr(not(test), expect(dead_code, reason = "no middleware has that yet"))]
    pub(crate) number: usize,
}
