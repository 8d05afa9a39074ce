//! The hosts that routes name, to be asked about one without looking at every route.

use crate::model::Route;
use crate::pattern::{HostPattern, Label};
use std::collections::{BTreeMap, BTreeSet};

/// By the end of the host that each of them asks for.
pub(super) struct NamedHosts<'m>(BTreeMap<&'m str, BTreeSet<&'m HostPattern>>);

impl<'m> NamedHosts<'m> {
    /// Those of all routes, but for those that take any.
    pub(super) fn of(routes: &'m [Route]) -> Self {
        let mut named = BTreeMap::<_, BTreeSet<_>>::new();
        for pattern in routes.iter().flat_map(|route| route.hosts.iter()) {
            let end = match pattern {
                HostPattern::Exact(end)
                | HostPattern::Wildcard(end)
                | HostPattern::Labelled(Label { suffix: end, .. }) => end.as_str(),
                HostPattern::Any => continue,
            };
            named.entry(end).or_default().insert(pattern);
        }
        Self(named)
    }

    /// Whether a route names this host.
    pub(super) fn have(&self, host: &str) -> bool {
        let ends = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
        let named =
            |end: &str| self.0.get(end).is_some_and(|of| of.iter().any(|pattern| pattern.matches(host)));
        std::iter::once(host).chain(ends).any(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_by_itself_or_by_its_end() {
        let patterns =
            ["a.com", "*.b.com", "{x}.c.com", "127.0.0.1"].map(|text| HostPattern::parse(text).unwrap());
        let mut named = NamedHosts(BTreeMap::new());
        for (end, pattern) in ["a.com", "b.com", "c.com", "127.0.0.1"].into_iter().zip(&patterns) {
            named.0.entry(end).or_default().insert(pattern);
        }
        for host in ["a.com", "x.b.com", "x.y.b.com", "x.c.com", "127.0.0.1"] {
            assert!(named.have(host), "{host}");
        }
        for host in ["", "com", "x.a.com", "b.com", "c.com", "x.y.c.com", "xa.com", "0.0.1"] {
            assert!(!named.have(host), "{host}");
        }
    }
}
