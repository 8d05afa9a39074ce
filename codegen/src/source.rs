//! The config's text, and where in it everything is.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// A range of bytes of the source.
pub type Span = Range<usize>;

/// The way to a value: `routes[2].upstream`, `upstreams."a.b".backends[0]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigPath(String);

impl ConfigPath {
    /// The whole file.
    pub fn root() -> Self {
        Self::default()
    }

    /// The value of `key` in the map at this path.
    pub fn key(&self, key: &str) -> Self {
        let is_plain =
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let mut path = String::with_capacity(self.0.len() + key.len() + 3);
        path.push_str(&self.0);
        if !path.is_empty() {
            path.push('.');
        }
        if is_plain {
            path.push_str(key);
        } else {
            path.push_str(&format!("{key:?}"));
        }
        Self(path)
    }

    /// The entry of this index in the list at this path.
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text of a config and its name.
#[derive(Debug, Clone)]
pub struct Source {
    path: String,
    text: String,
}

impl Source {
    /// A source from memory; `path` is what diagnostics show.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// What diagnostics show, as the user gave it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Where a value and, in a map, its key were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The key; the value itself for a list's entries.
    pub key: Span,
    /// The value.
    pub value: Span,
    /// 1-based line of the key.
    pub line: u32,
}

/// Every config path of the file and its place. Only looked up, never iterated: its order means nothing.
#[derive(Debug, Clone, Default)]
pub struct SpanIndex {
    places: HashMap<ConfigPath, Place>,
}

impl SpanIndex {
    /// Notes a place; the first one of a path stays.
    pub fn insert(&mut self, path: ConfigPath, place: Place) {
        self.places.entry(path).or_insert(place);
    }

    /// Where the value at this path was written, if it was.
    pub fn get(&self, path: &ConfigPath) -> Option<&Place> {
        self.places.get(path)
    }
}
