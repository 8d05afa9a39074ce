//! The config's text, file after file, and where in it everything is.
//!
//! A config is one file, or several: layers (`base.yml:prod.yml`), and what they include. All texts are one, so that a
//! span says by itself which file it is in, and no stage but the reader need know how many there are.

mod disk;
mod places;

pub use crate::place::{ConfigPath, FileLine, Place, Span, SpanIndex};
pub use disk::{Disk, NotIncluded};

use std::sync::Arc;

/// More than this, in all files, is refused, and not even read to its end.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// More files than this are refused.
pub(crate) const MOST_FILES: usize = 1000;

/// The text of a config, its name, and what was written where, once it has been read.
#[derive(Debug, Clone, Default)]
pub struct Source {
    path: String,
    text: String,
    files: Vec<File>,
    layers: usize,
    pub(crate) disk: Option<Disk>,
    spans: SpanIndex,
}

/// One of the files of a config.
#[derive(Debug, Clone)]
pub struct File {
    path: Arc<str>,
    span: Span,
}

impl File {
    /// What diagnostics show: as the user gave it, or as it follows from an `include`.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// Where its text is in the source's.
    pub fn span(&self) -> Span {
        self.span.clone()
    }
}

impl Source {
    /// A source of one file from memory; `path` is what diagnostics show. It cannot include others.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let path = path.into();
        let mut source = Self::of_no_files(&path);
        source.push(&path, &text.into());
        source.end_layers();
        source
    }

    /// A source to which files will be added.
    pub(crate) fn of_no_files(path: &str) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// Where the next file will begin: there is a line break between files, so that a span at the end of one is not in the
    /// next.
    pub(crate) fn next_start(&self) -> usize {
        self.text.len() + usize::from(!self.files.is_empty())
    }

    /// Adds a file.
    pub(crate) fn push(&mut self, path: &str, text: &str) {
        if !self.files.is_empty() {
            self.text.push('\n');
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.files.push(File { path: path.into(), span: start..self.text.len() });
    }

    /// What is there are the layers; what follows is included.
    pub(crate) fn end_layers(&mut self) {
        self.layers = self.files.len();
    }

    /// Leaves only the layers, so that what they include is read anew.
    pub(crate) fn forget_includes(&mut self) {
        self.files.truncate(self.layers);
        self.text.truncate(self.files.last().map_or(0, |file| file.span.end));
        self.disk.iter_mut().for_each(|disk| disk.forget_includes());
    }

    /// The config as it would be with another text at a place; what it includes is read anew.
    pub(crate) fn edited(&self, span: &Span, replacement: &str) -> Option<Self> {
        let index = self.files.partition_point(|file| file.span.start <= span.start).checked_sub(1)?;
        let file = self.files.get(index).filter(|file| span.end <= file.span.end)?;
        let mut edited = Self {
            path: self.path.clone(),
            text: self.text.clone(),
            files: self.files.clone(),
            layers: self.layers,
            disk: self.disk.clone(),
            spans: SpanIndex::default(),
        };
        edited.forget_includes();
        if index < self.layers {
            edited.text.replace_range(span.clone(), replacement);
            let moved = |at: usize| at - span.end + span.start + replacement.len();
            for (number, file) in edited.files.iter_mut().enumerate().skip(index) {
                let start = if number == index { file.span.start } else { moved(file.span.start) };
                file.span = start..moved(file.span.end);
            }
        } else {
            let mut text = self.text[file.span.clone()].to_owned();
            text.replace_range(span.start - file.span.start..span.end - file.span.start, replacement);
            edited.disk = edited.disk.map(|disk| disk.with_open(&*file.path, text));
        }
        Some(edited)
    }

    /// What diagnostics call the whole config, as the user gave it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of the first file, for what is said of the config as a whole.
    pub fn first_path(&self) -> &str {
        self.files.first().map_or(&self.path, |file| &file.path)
    }

    /// The text of all files.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The files: the layers in order, then what is included, in the order in which it was found.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// How many of the files are layers.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Files and directories which a new build has to look at again if they change.
    pub fn watched(&self) -> Vec<String> {
        let mut watched: Vec<String> = self.files.iter().map(|file| file.path.to_string()).collect();
        if let Some(disk) = &self.disk {
            disk.each_attached(|path, _| watched.push(path.to_owned()));
            watched.extend(disk.directories());
        }
        watched
    }

    /// The file which a byte is in.
    pub fn file_at(&self, byte: usize) -> Option<&File> {
        let next = self.files.partition_point(|file| file.span.start <= byte);
        self.files.get(next.saturating_sub(1))
    }

    /// The file and the line which a byte is in.
    pub fn line_at(&self, byte: usize) -> FileLine {
        let Some(file) = self.file_at(byte) else {
            return FileLine { file: self.path.as_str().into(), line: 1 };
        };
        let before = self.text.as_bytes().get(file.span.start..byte.min(file.span.end)).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        FileLine { file: file.path.clone(), line: u32::try_from(line).unwrap_or(u32::MAX) }
    }
}
