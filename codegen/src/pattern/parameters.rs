//! What a route's texts may use of a request by a name of the config: parameters of its path, and the label of its host.

use super::{HostPattern, Hosts, PathPattern, PatternError, Segment};
use std::ops::Range;

/// The parameters of a route's path and hosts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameters<'p> {
    pub(crate) path: &'p PathPattern,
    pub(crate) hosts: &'p [HostPattern],
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// A segment of the path, by its number.
    Segment(u8),
    /// All segments from this number on.
    Rest(u8),
    /// The label in front of the host.
    Label,
}

impl<'p> Parameters<'p> {
    /// Of a route.
    pub(crate) fn of(path: &'p PathPattern, hosts: &'p Hosts) -> Self {
        Self { path, hosts }
    }

    /// All names, each once.
    pub(crate) fn names(self) -> Vec<&'p str> {
        let labels = self.hosts.iter().filter_map(HostPattern::label);
        let mut names: Vec<&str> =
            self.path.segments.iter().filter_map(Segment::name).chain(labels).collect();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }

    /// What this name, without braces and star, stands for; `None` if nothing has it.
    ///
    /// A label is there for all requests of the route or for none: what would be missing for some is an error.
    pub(crate) fn find(self, name: &str, range: &Range<usize>) -> Result<Option<Parameter>, PatternError> {
        let index = self.path.param(name).and_then(|index| Some((index, u8::try_from(index).ok()?)));
        if let Some((index, number)) = index {
            let is_rest = matches!(self.path.segments.get(index), Some(Segment::Rest { .. }));
            return Ok(Some(if is_rest { Parameter::Rest(number) } else { Parameter::Segment(number) }));
        }
        let has = |pattern: &&HostPattern| pattern.label() == Some(name);
        if !self.hosts.iter().any(|pattern| has(&pattern)) {
            return Ok(None);
        }
        match self.hosts.iter().find(|pattern| !has(pattern)) {
            None => Ok(Some(Parameter::Label)),
            Some(without) => {
                let message = format!("the route's host `{without}` has no label `{name}`");
                Err(PatternError::new(range.clone(), message).help(
                    "what is used has to be there for every request; give that host a route of its own",
                ))
            }
        }
    }

    /// What is said of a name that nothing has.
    pub(crate) fn known(self) -> String {
        let known = self.names();
        let of = if self.hosts.iter().any(|pattern| pattern.label().is_some()) {
            "path and host have"
        } else {
            "path has"
        };
        match known.as_slice() {
            [] => "the route's path has no parameters".to_owned(),
            known => format!("the route's {of} `{}`", known.join("`, `")),
        }
    }
}
