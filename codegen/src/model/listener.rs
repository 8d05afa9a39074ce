//! Where clients come in, and which routes they find there.

use super::{HttpVersion, Model, Origin, Placed, ProxyProtocol, Redirect, Tls};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// One or several addresses with a route table.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Unique; `None`: that of `server.listen`, the only one.
    pub name: Option<String>,
    /// Where it was written.
    pub origin: Origin,
    /// Empty only if none of them was right.
    pub address: Vec<Placed>,
    /// Who says whose connection it is.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// What is spoken there; at least one.
    pub protocols: BTreeSet<HttpVersion>,
    /// How it speaks TLS.
    pub tls: Option<Tls>,
    /// Where it sends everybody; then the one route it has is that of [`Listener::redirect_name`].
    pub redirect: Option<Redirect>,
}

impl Listener {
    /// Whether HTTP/2 is spoken there.
    pub(crate) fn speaks_http2(&self) -> bool {
        self.protocols.contains(&HttpVersion::Http2)
    }

    /// Whether HTTP/1.1 is.
    pub(crate) fn speaks_http1(&self) -> bool {
        self.protocols.contains(&HttpVersion::Http1)
    }

    /// What the route is called that sends everybody elsewhere. No route without a name of its own is called so: theirs
    /// have a `/`, and listeners have none.
    pub(crate) fn redirect_name(&self) -> String {
        format!("redirect @{}", self.name.as_deref().unwrap_or_default())
    }
}

/// On which listeners a route is reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listeners {
    /// On all there are that send nobody elsewhere.
    All,
    /// On those of these names; at least one.
    Named(BTreeSet<String>),
}

impl Listeners {
    /// Whether no listener is named.
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// Whether it is among them.
    pub fn has(&self, listener: &Listener) -> bool {
        match (self, &listener.name) {
            (Self::All, _) => listener.redirect.is_none(),
            (Self::Named(names), Some(name)) => names.contains(name),
            (Self::Named(_), None) => false,
        }
    }

    /// Whether a listener is among both.
    pub fn meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Named(some), Self::Named(others)) => !some.is_disjoint(others),
            (Self::All, _) | (_, Self::All) => true,
        }
    }

    /// The names, if there are any.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::All => None,
            Self::Named(names) => Some(names),
        };
        names.into_iter().flatten().map(String::as_str)
    }
}

/// `public, internal`, or `*`.
impl fmt::Display for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        f.write_str(&if self.is_all() { "*".to_owned() } else { names.join(", ") })
    }
}

/// Listeners that have the same routes, and the gateway as it is there.
#[derive(Debug, Clone)]
pub struct Site<'m> {
    /// At least one.
    pub listeners: Vec<&'m Listener>,
    /// Their routes, by their numbers in the whole gateway.
    pub routes: Vec<usize>,
    /// The gateway without the routes and tests of other listeners.
    pub model: Cow<'m, Model>,
}

impl Site<'_> {
    /// `public, internal`; empty if its listener has no name.
    pub fn names(&self) -> String {
        let names: Vec<&str> =
            self.listeners.iter().filter_map(|listener| listener.name.as_deref()).collect();
        names.join(", ")
    }
}

impl Model {
    /// The first listener that speaks HTTP/2.
    pub(crate) fn http2(&self) -> Option<&Listener> {
        self.listeners.iter().find(|listener| listener.speaks_http2())
    }

    /// The gateway, once for all listeners that have the same routes, in the order of the first of them.
    pub fn sites<'m>(&'m self) -> Vec<Site<'m>> {
        let mut found: Vec<(Vec<&'m Listener>, Vec<usize>)> = Vec::new();
        for listener in &self.listeners {
            let numbers = (0..).zip(&self.routes).filter(|(_, route)| route.listeners.has(listener));
            let numbers: Vec<usize> = numbers.map(|(number, _)| number).collect();
            match found.iter_mut().find(|(_, others)| *others == numbers) {
                Some((listeners, _)) => listeners.push(listener),
                None => found.push((vec![listener], numbers)),
            }
        }
        if let [(_, routes)] = found.as_slice()
            && routes.len() == self.routes.len()
        {
            let listeners = self.listeners.iter().collect();
            return vec![Site { listeners, routes: routes.clone(), model: Cow::Borrowed(self) }];
        }
        let site = |(listeners, routes): (Vec<&'m Listener>, Vec<usize>)| {
            let model = Cow::Owned(self.seen_at(&listeners, &routes));
            Site { listeners, routes, model }
        };
        found.into_iter().map(site).collect()
    }

    fn seen_at(&self, listeners: &[&Listener], routes: &[usize]) -> Self {
        let is_here = |name: &Option<String>| {
            listeners.iter().any(|listener| match name {
                None => listener.redirect.is_none(),
                name => listener.name == *name,
            })
        };
        Self {
            listeners: listeners.iter().copied().cloned().collect(),
            routes: routes.iter().filter_map(|number| self.routes.get(*number)).cloned().collect(),
            tests: self.tests.iter().filter(|test| is_here(&test.listener)).cloned().collect(),
            ..self.clone()
        }
    }
}
