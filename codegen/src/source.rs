//! The config's text, and where in it everything is.

use crate::codes;
use crate::diagnostic::Diagnostics;
use std::collections::HashMap;
use std::fmt;
use std::io::Read;
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

    /// The section or list around this path.
    pub(crate) fn parent(&self) -> Option<Self> {
        let end = self.0.rfind(['.', '[']);
        match end {
            Some(end) => Some(Self(self.0[..end].to_owned())),
            None if self.0.is_empty() => None,
            None => Some(Self::root()),
        }
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

    /// Reads a file. If that fails, or it is not UTF-8, the problem is in the sink, and what was readable in the
    /// source, so that the report can show it.
    pub fn read(path: &str, sink: &mut Diagnostics) -> Self {
        let bytes = match read_at_most(path, MOST_BYTES + 1) {
            Ok(bytes) => bytes,
            Err(error) => {
                let problem = sink.error(&codes::UNREADABLE_FILE, format!("cannot read {path}: {error}"));
                if error.kind() == std::io::ErrorKind::NotFound {
                    problem.help("is the path right? It is relative to the working directory");
                }
                return Self::new(path, "");
            }
        };
        Self::from_bytes(path, bytes, sink)
    }

    /// A source from bytes that may be anything, with [`Source::read`]'s limits.
    pub fn from_bytes(path: &str, bytes: Vec<u8>, sink: &mut Diagnostics) -> Self {
        if bytes.len() > MOST_BYTES {
            too_large(sink);
            return Self::new(path, "");
        }
        String::from_utf8(bytes).map_or_else(
            |error| {
                let at = error.utf8_error().valid_up_to();
                let byte = error.as_bytes().get(at).copied().unwrap_or_default();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let line = text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1;
                sink.error(&codes::NOT_UTF8, format!("byte {at} of the config (line {line}) is not UTF-8"))
                    .label(at..at + char::REPLACEMENT_CHARACTER.len_utf8(), format!("the byte 0x{byte:02x}"));
                Self::new(path, text)
            },
            |text| Self::new(path, text),
        )
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

/// A larger file is refused, and not even read to its end.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn too_large(sink: &mut Diagnostics) {
    sink.error(&codes::FILE_TOO_LARGE, format!("the config has more than {MOST_BYTES} bytes"));
}

fn read_at_most(path: &str, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
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

    /// Notes a place, in place of what was known of this path.
    pub fn replace(&mut self, path: ConfigPath, place: Place) {
        self.places.insert(path, place);
    }

    /// Where the value at this path was written, if it was.
    pub fn get(&self, path: &ConfigPath) -> Option<&Place> {
        self.places.get(path)
    }
}

#[cfg(test)]
mod tests {
    use super::ConfigPath;

    #[test]
    fn paths_are_written_as_people_write_them() {
        let path = ConfigPath::root().key("routes").index(2).key("upstream");
        assert_eq!(path.as_str(), "routes[2].upstream");
        assert_eq!(ConfigPath::root().key("upstreams").key("a.b").as_str(), "upstreams.\"a.b\"");
    }

    #[test]
    fn every_path_leads_to_the_root() {
        let mut path = ConfigPath::root().key("a.b").index(2).key("c");
        let mut steps = 0;
        while let Some(parent) = path.parent() {
            path = parent;
            steps += 1;
            assert!(steps < 9);
        }
        assert_eq!(path, ConfigPath::root());
    }
}
