//! Which requests a condition matches, and which of two goes first: the documented rules, word for word.

use super::gateway::{Condition, LABEL, LISTENERS, Segment};
use super::oracle::{PATHS, RESTS, Rest};
use std::cmp::Ordering;
use std::collections::BTreeMap;

impl Condition {
    /// The same for each of its hosts.
    pub(super) fn by_host(&self) -> Vec<Self> {
        let hosts = if self.hosts.is_empty() { vec![None] } else { self.hosts.iter().map(Some).collect() };
        hosts
            .into_iter()
            .map(|host| Self { hosts: host.into_iter().copied().collect(), ..self.clone() })
            .collect()
    }

    fn has_host(&self, host: &str) -> bool {
        let front = |suffix: &str| host.strip_suffix(suffix).filter(|front| !front.is_empty());
        let has = |pattern: &&str| match pattern.strip_prefix('*') {
            // `.com`, with something before it.
            Some(suffix) => front(suffix).is_some(),
            None => match pattern.strip_prefix("{t}") {
                Some(suffix) => front(suffix).is_some_and(|label| !label.contains('.')),
                None => *pattern == host,
            },
        };
        self.hosts.is_empty() || self.hosts.iter().any(has)
    }

    /// Whether it matches this request; the query is one of the fields.
    pub(crate) fn has(&self, method: &str, host: &str, path: &str, fields: &BTreeMap<&str, &str>) -> bool {
        self.has_host(host)
            && self.has_path(path)
            && (self.methods.is_empty() || self.methods.contains(&method))
            && self.fields.iter().all(|(name, value)| fields.get(name) == Some(value))
    }

    pub(super) fn has_path(&self, path: &str) -> bool {
        let segments: Vec<&str> = path[1..].split('/').collect();
        for (place, wanted) in self.path.iter().enumerate() {
            let text = segments.get(place).copied();
            let fits = match (wanted, text) {
                (_, None) => false,
                (Segment::Literal(literal), Some(text)) => *literal == text,
                (Segment::Uint, Some(text)) => {
                    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
                }
                (Segment::Uuid, Some(text)) => text.len() == 36,
                (Segment::Any, Some(text)) => !text.is_empty(),
                (Segment::Rest, Some(_)) => true,
            };
            if !fits {
                return false;
            }
        }
        !self.is_exact || segments.len() == self.path.len()
    }

    pub(crate) fn is_on(&self, listener: &str) -> bool {
        self.listeners.is_empty() || self.listeners.contains(&listener)
    }

    pub(super) fn has_rest(&self, rest: &Rest) -> bool {
        self.has_host(rest.host)
            && (self.methods.is_empty() || self.methods.contains(&rest.method))
            && self.fields.iter().all(|(name, value)| rest.fields.get(name) == Some(value))
    }

    /// Of two that have one host at most: `Less` goes first.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        let host = |of: &Self| match of.hosts.first() {
            None => (3, 0),
            Some(host) if host.starts_with('*') => (2, usize::MAX - host.len()),
            Some(host) if host.starts_with('{') => (1, 0),
            Some(_) => (0, 0),
        };
        let segment = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Uint | Segment::Uuid => 1,
            Segment::Any => 2,
            Segment::Rest => 3,
        };
        let count = |of: &Self, is_header: bool| {
            of.fields.keys().filter(|name| name.starts_with("x-") == is_header).count()
        };
        let pairs = self.path.iter().zip(&other.path);
        let path = pairs.map(|(a, b)| segment(a).cmp(&segment(b))).find(|order| order.is_ne());
        host(self)
            .cmp(&host(other))
            .then(path.unwrap_or(Ordering::Equal))
            .then(other.path.len().cmp(&self.path.len()))
            .then(other.is_exact.cmp(&self.is_exact))
            .then(self.methods.is_empty().cmp(&other.methods.is_empty()))
            .then(count(other, true).cmp(&count(self, true)))
            .then(count(other, false).cmp(&count(self, false)))
            .then(self.listeners.is_empty().cmp(&other.listeners.is_empty()))
    }

    /// Whether some request matches both, and neither goes first, whoever else does.
    pub(crate) fn ties(&self, other: &Self) -> bool {
        let tie = |one: &Self, other: &Self| {
            one.precedence(other).is_eq()
                && LISTENERS.iter().any(|(name, _)| one.is_on(name) && other.is_on(name))
                && PATHS.iter().any(|path| one.has_path(path) && other.has_path(path))
                && RESTS.iter().any(|rest| one.has_rest(rest) && other.has_rest(rest))
        };
        self.by_host().iter().any(|one| other.by_host().iter().any(|other| tie(one, other)))
    }
}
