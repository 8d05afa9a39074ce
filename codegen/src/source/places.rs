//! Where the parts of a config were written, by their paths.

use super::{ConfigPath, FileLine, Place, Source, Span, SpanIndex};

impl Source {
    /// Takes what has been read as the places of all that is written.
    pub(crate) fn locate(&mut self, spans: SpanIndex) {
        self.spans = spans;
    }

    /// Notes that `key` was meant by a key of another name beside it, so that nobody misses it.
    pub(crate) fn note_meant(&mut self, written: &ConfigPath, key: &str) {
        if let (Some(place), Some(section)) = (self.spans.get(written).cloned(), written.parent()) {
            self.spans.insert(section.key(key), place);
        }
    }

    /// What was written at `path`, readable or not.
    pub(crate) fn place(&self, path: &ConfigPath) -> Option<&Place> {
        self.spans.get(path)
    }

    /// Whether something was written at `path`, readable or not.
    pub fn is_written(&self, path: &ConfigPath) -> bool {
        self.place(path).is_some()
    }

    /// Whether nothing was written for `key` of `section`, as far as that is known: not under another name, and
    /// not in a merge key.
    pub(crate) fn is_absent(&self, section: &ConfigPath, key: &str) -> bool {
        !self.is_written(&section.key(key)) && !self.is_written(&section.key("<<"))
    }

    /// Where the value at `path` is, or the nearest section around it.
    pub fn value_span(&self, path: &ConfigPath) -> Option<Span> {
        self.written_span(path).or_else(|| self.key_span(path))
    }

    /// Where the value at `path` is, if it is written.
    pub(crate) fn written_span(&self, path: &ConfigPath) -> Option<Span> {
        self.place(path).map(|place| place.value.clone())
    }

    /// All that an edit of the value at `path` replaces; `None` if it is not written.
    pub(crate) fn whole_span(&self, path: &ConfigPath) -> Option<Span> {
        self.place(path).map(|place| place.whole.clone())
    }

    /// Where the key at `path` is, or the nearest section around it.
    pub fn key_span(&self, path: &ConfigPath) -> Option<Span> {
        self.nearest_place(path).map(|place| place.key.clone())
    }

    /// The file and the line of `path`, or of the nearest section around it.
    pub fn file_line(&self, path: &ConfigPath) -> FileLine {
        let (start, line) = self.nearest_place(path).map_or((0, 1), |place| (place.key.start, place.line));
        let file = self.file_at(start).map_or_else(|| self.path().into(), |file| file.path().clone());
        FileLine { file, line }
    }

    fn nearest_place(&self, path: &ConfigPath) -> Option<&Place> {
        path.and_parents().find_map(|path| self.place(&path))
    }
}
