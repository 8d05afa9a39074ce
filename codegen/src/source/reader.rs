//! Reads the files of a config, within limits. What is wrong with them goes to the sink.

use super::{Disk, File, NotIncluded, Source};
use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};

/// More than this, in all files, is refused, and not even read to its end.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// More files than this are refused.
pub(crate) const MOST_FILES: usize = 1000;

pub(crate) fn too_large(sink: &mut Diagnostics) {
    sink.error(&codes::FILE_TOO_LARGE, format!("the config has more than {MOST_BYTES} bytes"));
}

impl Source {
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
            if path.is_empty() && !paths.is_empty() {
                let title = format!("a name is empty in {}", quoted(paths));
                sink.error(&codes::UNREADABLE_FILE, title).help("layers are written `base.yml:prod.yml`");
                continue;
            }
            let bytes = source
                .disk
                .as_mut()
                .map(|disk| disk.layer(&path, MOST_BYTES.saturating_sub(source.text.len()) + 1));
            // Where the file will be.
            let at = source.text.len() + usize::from(!source.files.is_empty());
            let bytes = bytes.unwrap_or_else(|| Ok(Vec::new())).unwrap_or_else(|error| {
                let problem = sink.error(&codes::UNREADABLE_FILE, format!("cannot read {path}: {error}"));
                problem.label(at..at, "");
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
}

/// `base.yml:prod.yml`; a path without a separator is one layer, whatever it is.
fn layers(paths: &str) -> Vec<String> {
    std::env::split_paths(paths).map(|path| path.to_string_lossy().into_owned()).collect()
}
