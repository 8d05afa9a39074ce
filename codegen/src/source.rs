//! The config's text, file after file, and where in it everything is.
//!
//! A config is one file, or several: layers (`base.yml:prod.yml`), and what they include. All texts are one, so that a
//! span says by itself which file it is in, and no stage but the reader need know how many there are.

mod disk;
mod path;
mod spans;

pub use disk::{Disk, NotIncluded};
pub use path::ConfigPath;
pub use spans::{FileLine, Place, SpanIndex};

use crate::codes;
use crate::diagnostic::Diagnostics;
use std::ops::Range;
use std::sync::Arc;

/// A range of bytes of the source.
pub type Span = Range<usize>;

/// The text of a config and its name.
#[derive(Debug, Clone, Default)]
pub struct Source {
    path: String,
    text: String,
    files: Vec<File>,
    layers: usize,
    disk: Option<Disk>,
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
        let (path, text) = (path.into(), text.into());
        let file = File { path: path.as_str().into(), span: 0..text.len() };
        Self { path, text, files: vec![file], layers: 1, disk: None }
    }

    /// Reads a file, or several laid over one another (`base.yml:prod.yml`, with the separator of `PATH`).
    ///
    /// If that fails, or one is not UTF-8, the problem is in the sink, and what was readable in the source, so that
    /// the report can show it.
    pub fn read(paths: &str, sink: &mut Diagnostics) -> Self {
        Self::read_with(paths, Disk::default(), sink)
    }

    /// The same, from another directory or with some of the files in memory.
    pub fn read_with(paths: &str, disk: Disk, sink: &mut Diagnostics) -> Self {
        let mut source = Self { path: paths.to_owned(), disk: Some(disk), ..Self::default() };
        for path in layers(paths) {
            let bytes = source
                .disk
                .as_mut()
                .map(|disk| disk.layer(&path, MOST_BYTES.saturating_sub(source.text.len()) + 1));
            let bytes = bytes.unwrap_or_else(|| Ok(Vec::new())).unwrap_or_else(|error| {
                let problem = sink.error(&codes::UNREADABLE_FILE, format!("cannot read {path}: {error}"));
                if error.kind() == std::io::ErrorKind::NotFound {
                    problem.help("is the path right? It is relative to the working directory");
                }
                Vec::new()
            });
            source.push(&path, bytes, sink);
        }
        source.layers = source.files.len();
        source
    }

    /// A source of one file from bytes that may be anything, with [`Source::read`]'s limits.
    pub fn from_bytes(path: &str, bytes: Vec<u8>, sink: &mut Diagnostics) -> Self {
        let mut source = Self { path: path.to_owned(), ..Self::default() };
        source.push(path, bytes, sink);
        source.layers = 1;
        source
    }

    /// Leaves only the layers, so that what they include is read anew.
    pub(crate) fn forget_includes(&mut self) {
        self.files.truncate(self.layers);
        self.text.truncate(self.files.last().map_or(0, |file| file.span.end));
        self.disk.iter_mut().for_each(|disk| disk.forget_after(self.layers));
    }

    /// Reads the files which the file of this number includes by a pattern, except those that have been read; their
    /// numbers follow on the last.
    pub(crate) fn include(
        &mut self,
        from: usize,
        pattern: &str,
        sink: &mut Diagnostics,
    ) -> Result<(), NotIncluded> {
        let (Some(disk), Some(from)) = (&mut self.disk, self.files.get(from)) else {
            return Err(NotIncluded::NoFiles);
        };
        for path in disk.matching(&from.path, pattern)? {
            if self.files.len() >= MOST_FILES {
                return Err(NotIncluded::TooMany);
            }
            let Some(disk) = &mut self.disk else { break };
            match disk.once(&path, MOST_BYTES.saturating_sub(self.text.len()) + 1) {
                Ok(Some(bytes)) => {
                    if !self.push(&path, bytes, sink) {
                        return Err(NotIncluded::Unsuitable);
                    }
                }
                Ok(None) => {}
                Err(error) => return Err(NotIncluded::Unreadable(path, error)),
            }
        }
        Ok(())
    }

    /// Adds a file; false if it is too large or no text, which is then in the sink.
    fn push(&mut self, path: &str, bytes: Vec<u8>, sink: &mut Diagnostics) -> bool {
        // Between files, so that a span at the end of one is not in the next.
        if !self.files.is_empty() {
            self.text.push('\n');
        }
        let start = self.text.len();
        let is_small = start + bytes.len() <= MOST_BYTES;
        let is_text = match String::from_utf8(if is_small { bytes } else { Vec::new() }) {
            Ok(text) => {
                self.text.push_str(&text);
                true
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let byte = error.as_bytes().get(at).copied().unwrap_or_default();
                self.text.push_str(&String::from_utf8_lossy(error.as_bytes()));
                let line = self.text[start..start + at].bytes().filter(|byte| *byte == b'\n').count() + 1;
                sink.error(&codes::NOT_UTF8, format!("byte {at} of the config (line {line}) is not UTF-8"))
                    .label(
                        start + at..start + at + char::REPLACEMENT_CHARACTER.len_utf8(),
                        format!("the byte 0x{byte:02x}"),
                    );
                false
            }
        };
        if !is_small {
            too_large(sink);
        }
        self.files.push(File { path: path.into(), span: start..self.text.len() });
        is_small && is_text
    }

    /// What diagnostics call the whole config, as the user gave it.
    pub fn path(&self) -> &str {
        &self.path
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
        let files = self.files.iter().map(|file| file.path.to_string());
        files.chain(self.disk.iter().flat_map(Disk::directories)).collect()
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

/// `base.yml:prod.yml`; a path without a separator is one layer, whatever it is.
fn layers(paths: &str) -> Vec<String> {
    std::env::split_paths(paths).map(|path| path.to_string_lossy().into_owned()).collect()
}

/// More than this, in all files, is refused, and not even read to its end.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// More files than this are refused.
pub(crate) const MOST_FILES: usize = 1000;

pub(crate) fn too_large(sink: &mut Diagnostics) {
    sink.error(&codes::FILE_TOO_LARGE, format!("the config has more than {MOST_BYTES} bytes"));
}
