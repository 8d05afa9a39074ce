//! Where the parts of a config are, for whoever reports about them by their path.

use super::Diagnostics;
use crate::source::{ConfigPath, FileLine, Place, Source, Span};

impl Diagnostics {
    /// Notes that `key` was meant by a key of another name beside it, so that nobody misses it.
    pub(crate) fn note_meant(&mut self, written: &ConfigPath, key: &str) {
        if let (Some(place), Some(section)) = (self.spans.get(written).cloned(), written.parent()) {
            self.spans.insert(section.key(key), place);
        }
    }

    /// Whether nothing was written for `key` of `section`, as far as that is known: not under another name, and
    /// not in a merge key.
    pub(crate) fn is_absent(&self, section: &ConfigPath, key: &str) -> bool {
        !self.is_written(&section.key(key)) && !self.is_written(&section.key("<<"))
    }

    /// Where the value at `path` is, or the nearest section around it.
    pub fn value_span(&self, path: &ConfigPath) -> Option<Span> {
        match self.spans.get(path) {
            Some(place) => Some(place.value.clone()),
            None => self.key_span(path),
        }
    }

    /// All that an edit of the value at `path` replaces; `None` if it is not written.
    pub(crate) fn whole_span(&self, path: &ConfigPath) -> Option<Span> {
        self.spans.get(path).map(|place| place.whole.clone())
    }

    /// Where the key at `path` is, or the nearest section around it.
    pub fn key_span(&self, path: &ConfigPath) -> Option<Span> {
        self.nearest_place(path).map(|place| place.key.clone())
    }

    /// The file and the line of `path`, or of the nearest section around it.
    pub fn file_line(&self, path: &ConfigPath, source: &Source) -> FileLine {
        let (start, line) = self.nearest_place(path).map_or((0, 1), |place| (place.key.start, place.line));
        let file = source.file_at(start).map_or_else(|| source.path().into(), |file| file.path().clone());
        FileLine { file, line }
    }

    /// Whether something was written at `path`, readable or not.
    pub fn is_written(&self, path: &ConfigPath) -> bool {
        self.spans.get(path).is_some()
    }

    fn nearest_place(&self, path: &ConfigPath) -> Option<&Place> {
        let mut path = path.clone();
        loop {
            if let Some(place) = self.spans.get(&path) {
                return Some(place);
            }
            path = path.parent()?;
        }
    }
}
