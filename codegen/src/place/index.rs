//! Where everything was written.

use super::{ConfigPath, Span};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// A line of one of the files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileLine {
    /// The file's path, as diagnostics show it.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
}

impl fmt::Display for FileLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Where a value and, in a map, its key were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The key; the value itself for a list's entries.
    pub key: Span,
    /// The value.
    pub value: Span,
    /// All that an edit replaces: of a block scalar its `|` or `>` too, but not the line break behind it.
    pub whole: Span,
    /// The text of a block scalar that ends with a line break, as it does after a `|` or a `>`, without that.
    pub before_break: Option<Box<str>>,
    /// Line of the key in its file, from 1.
    pub line: u32,
}

impl Place {
    /// A value, or as yet only its key.
    pub(crate) fn of(key: &Span, value: &Span, line: u32) -> Self {
        Self { key: key.clone(), value: value.clone(), whole: value.clone(), before_break: None, line }
    }
}

/// Every config path and its place. Its order means nothing: each path is there once, and none depends on another.
#[derive(Debug, Clone, Default)]
pub struct SpanIndex {
    places: HashMap<ConfigPath, Place>,
}

impl SpanIndex {
    /// Notes a place; the first one of a path stays.
    pub fn insert(&mut self, path: ConfigPath, place: Place) {
        self.places.entry(path).or_insert(place);
    }

    /// Notes a place, in place of what was known of this path.
    pub fn replace(&mut self, path: ConfigPath, place: Place) {
        self.places.insert(path, place);
    }

    /// Takes in another index, whose paths may have changed; the first place of a path stays.
    pub(crate) fn extend(&mut self, other: Self, mut renamed: impl FnMut(&ConfigPath) -> Option<ConfigPath>) {
        for (path, place) in other.places {
            if let Some(path) = renamed(&path) {
                self.insert(path, place);
            }
        }
    }

    /// Forgets the paths for which this holds.
    pub(crate) fn forget(&mut self, mut is_gone: impl FnMut(&ConfigPath) -> bool) {
        self.places.retain(|path, _| !is_gone(path));
    }

    /// Where the value at this path was written, if it was.
    pub fn get(&self, path: &ConfigPath) -> Option<&Place> {
        self.places.get(path)
    }
}
