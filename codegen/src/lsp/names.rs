//! Names of upstreams, routes and listeners: where each is given, and where it is used.

use super::document::Document;
use super::project::Project;
use super::scan::{Step, keys, unquoted};
use crate::source::Span;

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Upstream,
    Route,
    Listener,
}

/// A name, where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// With quotes, if there are any.
    pub(super) span: Span,
    /// Whether it is given here, and not used.
    pub(super) is_given: bool,
}

/// All names of a text.
pub(super) fn of(document: &Document) -> impl Iterator<Item = Name> {
    document.outline.entries.iter().filter_map(|entry| {
        let (kind, is_given, span) = match keys(&entry.path).as_slice() {
            ["upstreams", _] => (Kind::Upstream, true, &entry.key),
            ["routes", "", "name"] => (Kind::Route, true, &entry.value),
            ["routes", "", "upstream"] | ["tests", "", "expect", "upstream"] => {
                (Kind::Upstream, false, &entry.value)
            }
            ["tests", "", "expect", "route"] => (Kind::Route, false, &entry.value),
            ["server", "listeners", _] => (Kind::Listener, true, &entry.key),
            ["routes", "", "listener"] | ["routes", "", "listener", ""] | ["tests", "", "listener"] => {
                (Kind::Listener, false, &entry.value)
            }
            _ => return None,
        };
        let span = span.clone()?;
        let text = unquoted(document.text.get(span.clone())?);
        Some(Name { kind, text, span, is_given })
    })
}

/// Those of a kind that are given in a text.
pub(super) fn given(document: &Document, kind: Kind) -> impl Iterator<Item = Name> {
    of(document).filter(move |name| name.is_given && name.kind == kind)
}

/// The name at a byte.
pub(super) fn at(document: &Document, byte: usize) -> Option<Name> {
    of(document).find(|name| (name.span.start..=name.span.end).contains(&byte))
}

/// Whether this is what an upstream is called: that of a route is, if it has one that is written in place.
pub(super) fn is_upstream(document: &Document, name: &Name) -> bool {
    let entries = &document.outline.entries;
    let route = entries.iter().find(|entry| entry.value.as_ref() == Some(&name.span));
    name.kind == Kind::Upstream
        || route.and_then(|entry| entry.path.get(..2)).is_some_and(|route| {
            let is_backends =
                |path: &[Step]| path.strip_prefix(route).is_some_and(|rest| keys(rest) == ["backends"]);
            entries.iter().any(|entry| is_backends(&entry.path))
        })
}

/// Every place of the same name, in all files of the config. An upstream written in place has its route's name.
pub(super) fn places<'p>(project: &'p Project, name: &Name) -> Vec<(&'p Document, Name)> {
    let all =
        || project.files().iter().flat_map(|file| of(&file.document).map(|name| (&file.document, name)));
    let is_given =
        |kind: Kind| all().any(|(_, other)| other.is_given && other.kind == kind && other.text == name.text);
    let kinds = match name.kind {
        Kind::Listener => vec![Kind::Listener],
        Kind::Upstream if is_given(Kind::Upstream) => vec![Kind::Upstream],
        Kind::Route if is_given(Kind::Upstream) => vec![Kind::Route],
        _ => vec![Kind::Upstream, Kind::Route],
    };
    all().filter(|(_, other)| other.text == name.text && kinds.contains(&other.kind)).collect()
}
