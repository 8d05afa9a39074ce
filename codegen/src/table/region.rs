//! Regions of the space of requests: all that a route matches, or several routes at once.

use super::Tail;
use crate::model::{Methods, Route};
use crate::pattern::{HostPattern, Label, MatchKind, ParamKind, Segment};
use std::collections::BTreeMap;

/// Requests of these hosts, paths and methods, which have these fields and whatever else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region<'m> {
    pub(crate) host: &'m HostPattern,
    pub(crate) steps: Vec<Step>,
    pub(crate) end: End,
    /// Not empty.
    pub(crate) methods: Methods,
    pub(crate) headers: BTreeMap<&'m str, &'m str>,
    pub(crate) query: BTreeMap<&'m str, &'m str>,
}

/// A segment of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// This text; empty for the slash at the end.
    Literal(String),
    /// Any text of this kind.
    Free(ParamKind),
}

/// What follows the segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing.
    Here,
    /// Anything.
    Anywhere,
    /// A slash, and whatever is behind it.
    Below,
}

impl<'m> Region<'m> {
    /// What this route matches: a region for each of its hosts.
    pub(crate) fn all_of(route: &'m Route) -> impl Iterator<Item = Self> {
        route.hosts.iter().map(|host| Self::of(route, host))
    }

    /// What this route matches on one of its hosts.
    pub(crate) fn of(route: &'m Route, host: &'m HostPattern) -> Self {
        let mut steps = Vec::with_capacity(route.path.segments.len());
        let mut end = if route.path.kind == MatchKind::Exact { End::Here } else { End::Anywhere };
        for segment in &route.path.segments {
            match segment {
                Segment::Literal(text) => steps.push(Step::Literal(text.clone())),
                Segment::Param { kind, .. } => steps.push(Step::Free(*kind)),
                Segment::Rest { .. } => end = End::Below,
            }
        }
        let headers = route.headers.iter().map(|wanted| (wanted.name.as_str(), wanted.value.as_str()));
        let query = route.query.iter().map(|wanted| (wanted.name.as_str(), wanted.value.as_str()));
        Self { host, steps, end, methods: route.methods, headers: headers.collect(), query: query.collect() }
    }

    /// Exactly this path, on any host, with any method.
    pub(crate) fn of_path(path: &str) -> Self {
        let segments = path.strip_prefix('/').unwrap_or(path).split('/');
        Self {
            host: &HostPattern::Any,
            steps: segments.map(|text| Step::Literal(text.to_owned())).collect(),
            end: End::Here,
            methods: Methods::ALL,
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
        }
    }

    /// All requests.
    #[cfg(feature = "cli")]
    pub(crate) fn of_any() -> Self {
        Self { steps: Vec::new(), end: End::Anywhere, ..Self::of_path("/") }
    }

    /// What is in both, if anything is.
    #[cfg(feature = "cli")]
    pub(crate) fn meet(&self, other: &Self) -> Option<Self> {
        let methods = self.methods.intersection(other.methods);
        let host = narrower(self.host, other.host)?;
        let (longer, shorter) =
            if self.steps.len() >= other.steps.len() { (self, other) } else { (other, self) };
        let end = match (longer.steps.get(shorter.steps.len()), shorter.end) {
            (Some(_), End::Here) => return None,
            (Some(_), _) => longer.end,
            (None, end) => end.meet(longer.end)?,
        };
        let mut steps = Vec::with_capacity(longer.steps.len());
        for (place, step) in longer.steps.iter().enumerate() {
            steps.push(match shorter.steps.get(place) {
                Some(other) => step.meet(other)?,
                None => step.clone(),
            });
        }
        let (headers, query) = (union(&self.headers, &other.headers)?, union(&self.query, &other.query)?);
        (methods != Methods::NONE).then_some(Self { host, steps, end, methods, headers, query })
    }

    /// What may follow the segments, where no pattern has more than `longest` segments: longer tails are all alike.
    pub(crate) fn tails(&self, longest: usize) -> impl Iterator<Item = Tail> + use<> {
        let most = match self.end {
            End::Here => 0,
            End::Anywhere | End::Below => longest.saturating_sub(self.steps.len()) + 1,
        };
        let (end, is_root) = (self.end, self.steps.is_empty());
        (0..=most).flat_map(|fresh| [false, true].map(|has_slash| Tail { fresh, has_slash })).filter(
            move |tail| match (tail.fresh, tail.has_slash) {
                (0, false) => end != End::Below,
                // The root has no other slash than its own.
                (0, true) => end == End::Below || end == End::Anywhere && !is_root,
                _ => true,
            },
        )
    }

    /// The methods that can be named, and then, if it has them, one that cannot.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &'static str> + use<> {
        let unnamed = self.methods.intersects(Methods::of(UNNAMED)).then_some(UNNAMED);
        self.methods.named().chain(unnamed)
    }
}

/// A method no route can name.
pub(crate) const UNNAMED: &str = "PROPFIND";

/// A method that gets to no route at all.
#[cfg(feature = "cli")]
pub(crate) const UNANSWERED: &str = "TRACE";

impl Step {
    pub(crate) fn meet(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Literal(a), Self::Literal(b)) => (a == b).then(|| self.clone()),
            (Self::Literal(text), Self::Free(kind)) | (Self::Free(kind), Self::Literal(text)) => {
                kind.accepts(text).then(|| Self::Literal(text.clone()))
            }
            (Self::Free(a), Self::Free(b)) => a.meet(*b).map(Self::Free),
        }
    }
}

impl ParamKind {
    /// What is of both kinds.
    pub(crate) fn meet(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, kind) | (kind, Self::Any) => Some(kind),
            _ => (self == other).then_some(self),
        }
    }
}

#[cfg(feature = "cli")]
impl End {
    fn meet(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Here, Self::Below) | (Self::Below, Self::Here) => None,
            (Self::Here, _) | (_, Self::Here) => Some(Self::Here),
            (Self::Below, _) | (_, Self::Below) => Some(Self::Below),
            (Self::Anywhere, Self::Anywhere) => Some(Self::Anywhere),
        }
    }
}

/// Of two patterns that have hosts in common, one has all that the other has.
pub(crate) fn narrower<'m>(a: &'m HostPattern, b: &'m HostPattern) -> Option<&'m HostPattern> {
    let has_all = |wide: &HostPattern, narrow: &HostPattern| match (wide, narrow) {
        (HostPattern::Any, _) => true,
        (_, HostPattern::Any) => false,
        (wide, HostPattern::Exact(name)) => wide.matches(name),
        (HostPattern::Exact(_), _) | (HostPattern::Labelled(_), HostPattern::Wildcard(_)) => false,
        (HostPattern::Labelled(wide), HostPattern::Labelled(narrow)) => wide == narrow,
        (HostPattern::Wildcard(suffix), HostPattern::Labelled(Label { suffix: name, .. })) => {
            suffix == name || wide.matches(name)
        }
        (HostPattern::Wildcard(suffix), HostPattern::Wildcard(name)) => suffix == name || wide.matches(name),
    };
    if has_all(a, b) { Some(b) } else { has_all(b, a).then_some(a) }
}

/// `None` if they contradict each other.
pub(crate) fn union<'m>(
    a: &BTreeMap<&'m str, &'m str>,
    b: &BTreeMap<&'m str, &'m str>,
) -> Option<BTreeMap<&'m str, &'m str>> {
    let mut union = a.clone();
    for (name, value) in b {
        if *union.entry(name).or_insert(value) != *value {
            return None;
        }
    }
    Some(union)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_hosts_the_narrower_is_in_both() {
        let parsed = ["a.com", "*.com", "*.a.com", "b.a.com", "{t}.a.com", "{t}.com"];
        let parsed = parsed.map(|text| HostPattern::parse(text).unwrap());
        let [exact, wide, narrow, below, label, above] = &parsed;
        assert_eq!(narrower(wide, narrow), Some(narrow));
        assert_eq!(narrower(below, wide), Some(below));
        assert_eq!(narrower(exact, narrow), None);
        assert_eq!(narrower(exact, &HostPattern::Any), Some(exact));
        assert_eq!(narrower(exact, below), None);
        for (wide, narrow) in [(narrow, label), (wide, label), (wide, above), (label, below), (above, exact)]
        {
            assert_eq!(narrower(wide, narrow), Some(narrow));
            assert_eq!(narrower(narrow, wide), Some(narrow));
        }
        for (one, other) in [(label, exact), (label, above), (above, narrow), (above, below)] {
            assert_eq!(narrower(one, other), None);
        }
    }

    #[test]
    fn tails_are_tried_until_they_are_alike() {
        let tails = |end| {
            let region = Region { end, ..Region::of_path("/a") };
            region.tails(2).map(|tail| (tail.fresh, tail.has_slash)).collect::<Vec<_>>()
        };
        assert_eq!(tails(End::Here), [(0, false)]);
        let below = [(0, true), (1, false), (1, true), (2, false), (2, true)];
        assert_eq!(tails(End::Below), below);
        assert_eq!(tails(End::Anywhere)[0], (0, false));
        assert_eq!(tails(End::Anywhere)[1..], below);
    }
}
