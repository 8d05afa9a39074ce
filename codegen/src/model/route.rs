//! Routes: a condition, a middleware set, a target.

use super::{
    HeaderName, Id, Listeners, Methods, MiddlewareSet, Origin, RequestText, Respond, Scope, Upstream,
};
use crate::language::{self, route::WrittenRedirect, route::WrittenRoute};
use crate::pattern::{HostPattern, Hosts, PathPattern};
use crate::source::ConfigPath;
use castgate_contract::redirect::Parts;
use castgate_contract::template::Prefix;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

/// One route.
#[derive(Debug, Clone)]
pub struct Route {
    /// Unique, for logs and metrics.
    pub name: String,
    /// Where it was written.
    pub origin: Origin,
    /// On which listeners it is reached.
    pub listeners: Listeners,
    /// Which hosts it serves.
    pub hosts: Hosts,
    /// Which paths.
    pub path: PathPattern,
    /// Which methods; not empty.
    pub methods: Methods,
    /// Bytes that the body of a request may have; the server's default is already in place.
    pub body_limit: Option<u64>,
    /// All must hold. Sorted by name; names are unique.
    pub headers: Vec<HeaderPredicate>,
    /// All must hold. Sorted by name; names are unique.
    pub query: Vec<QueryPredicate>,
    /// From the end of a request to the head of its response; the server's default is already in place.
    pub timeout: Duration,
    /// A pause in a response.
    pub idle: Duration,
    /// What a connection may switch to, lower-case and sorted; the server's default is already in place. Nothing unless the target is
    /// [`Target::Forward`].
    pub upgrades: Vec<String>,
    /// What wraps the target. Never a circuit breaker unless the target is [`Target::Forward`].
    pub middleware: MiddlewareSet,
    /// What answers.
    pub target: Target,
    /// All of its keys as they were read; what others decide too, or were wrong to be read alone, is above.
    pub settings: language::route::Route,
}

impl Route {
    /// Whether it stands in `routes`. The others are what a listener does that sends everybody elsewhere.
    pub fn is_written(&self) -> bool {
        self.origin.scope != Scope::TopLevel
    }

    /// Where it forwards to, if it does.
    pub fn forward(&self) -> Option<&Forward> {
        match &self.target {
            Target::Forward(forward) => Some(forward),
            Target::Redirect(_) | Target::Respond(_) => None,
        }
    }

    /// What its target makes of a request: the text of a rewrite, or of a redirect; and the keys that lead to it.
    pub(crate) fn template(&self) -> Option<(ConfigPath, &RequestText)> {
        let at = &self.origin.path;
        match &self.target {
            Target::Forward(Forward { path: PathChange::Rewrite(text), .. }) => {
                Some((at.key(WrittenRoute::rewrite), text))
            }
            Target::Redirect(Redirect { leads: Leads::To(text), .. }) => {
                Some((at.key(WrittenRoute::redirect).key(WrittenRedirect::to), text))
            }
            Target::Forward(_) | Target::Redirect(_) | Target::Respond(_) => None,
        }
    }

    /// What it asks of header fields, and then of query parameters: the key of the config, the name, the value.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        let headers =
            self.headers.iter().map(|of| (WrittenRoute::headers, of.name.as_str(), of.value.as_str()));
        let query = self.query.iter().map(|of| (WrittenRoute::query, of.name.as_str(), of.value.as_str()));
        headers.chain(query)
    }

    /// The order in which routes take a request to this host: `Less` goes first.
    ///
    /// Host, path, whether methods are named, number of headers, number of query parameters, whether listeners are
    /// named; the Kubernetes Gateway API's order with path parameters put in. Routes which are `Equal` and can match the same request
    /// are an error, so the order of the file never decides.
    pub fn precedence_on(&self, other: &Self, host: &str) -> Ordering {
        // One that does not serve it has its place by its first host.
        let hosts = [self, other].map(|route| route.hosts.matching(host).or(route.hosts.first()));
        let order = hosts[0].zip(hosts[1]).map_or(Ordering::Equal, |(one, other)| one.precedence(other));
        order.then_with(|| self.precedence_within(other))
    }

    /// The order in which they are listed.
    pub fn precedence(&self, other: &Self) -> Ordering {
        self.hosts.precedence(&other.hosts).then_with(|| self.precedence_within(other))
    }

    /// The order in which routes of one host pattern take a request.
    pub(crate) fn precedence_within(&self, other: &Self) -> Ordering {
        let more_first = |a: usize, b: usize| b.cmp(&a);
        self.path
            .precedence(&other.path)
            .then_with(|| self.methods.is_all().cmp(&other.methods.is_all()))
            .then_with(|| more_first(self.headers.len(), other.headers.len()))
            .then_with(|| more_first(self.query.len(), other.query.len()))
            .then_with(|| self.listeners.is_all().cmp(&other.listeners.is_all()))
    }
}

/// Host patterns that have the same routes, and the numbers of these: what decides for one of the patterns decides for all.
pub(crate) fn by_hosts(routes: &[Route]) -> Vec<(Vec<&HostPattern>, Vec<usize>)> {
    let mut numbers: BTreeMap<&HostPattern, Vec<usize>> = BTreeMap::new();
    for (number, route) in routes.iter().enumerate() {
        route.hosts.iter().for_each(|pattern| numbers.entry(pattern).or_default().push(number));
    }
    let mut groups: Vec<(Vec<&HostPattern>, Vec<usize>)> = Vec::new();
    let mut places: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    for (pattern, numbers) in numbers {
        let place = *places.entry(numbers.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((patterns, _)) => patterns.push(pattern),
            None => groups.push((vec![pattern], numbers)),
        }
    }
    groups
}

/// A header field must be there with exactly this value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeaderPredicate {
    /// The field.
    pub name: HeaderName,
    /// Compared byte by byte.
    pub value: String,
}

/// The first query parameter of this name must have exactly this value. Both are percent-decoded text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueryPredicate {
    /// The parameter.
    pub name: String,
    /// Compared byte by byte.
    pub value: String,
}

/// What answers a route's requests.
#[derive(Debug, Clone)]
pub enum Target {
    /// An upstream.
    Forward(Forward),
    /// A redirect.
    Redirect(Redirect),
    /// A fixed response.
    Respond(Respond),
}

/// Forward to an upstream.
#[derive(Debug, Clone)]
pub struct Forward {
    /// Which.
    pub upstream: Id<Upstream>,
    /// What the backend sees as the path; the query is kept.
    pub path: PathChange,
}

/// What happens to the path on its way to a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathChange {
    /// Nothing.
    Keep,
    /// It begins with something else.
    Prefix(PrefixChange),
    /// Built anew; it starts with `/` or is the path itself, and may have a query.
    Rewrite(RequestText),
}

/// Another beginning of a path. Each text is empty, or starts with `/` and does not end with one; they are not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixChange {
    /// What the route's path begins with, and is taken off.
    pub taken: String,
    /// What stands in its place.
    pub put: String,
}

impl PrefixChange {
    /// As it is done.
    pub fn edit(&self) -> Prefix<String> {
        Prefix { taken: self.taken.matches('/').count(), put: self.put.clone() }
    }
}

/// A redirect; the request's query is kept.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// Where it leads.
    pub leads: Leads,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To an absolute URL, or a path that starts with `/` or is the path itself.
    To(RequestText),
    /// To what the client asked, but for these parts.
    Parts(Parts<String>),
}
