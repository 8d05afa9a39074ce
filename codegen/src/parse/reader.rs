//! Reads the files of a config, within limits. What is wrong with them goes to the sink.

use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::source::{Disk, MOST_BYTES, MOST_FILES, NotIncluded, Source};

pub(super) fn too_large(sink: &mut Diagnostics) {
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
    pub fn read_with(paths: &str, mut disk: Disk, sink: &mut Diagnostics) -> Self {
        let mut source = Self::of_no_files(paths);
        for path in layers(paths) {
            if path.is_empty() && !paths.is_empty() {
                let title = format!("a name is empty in {}", quoted(paths));
                sink.error(&codes::UNREADABLE_FILE, title).help("layers are written `base.yml:prod.yml`");
                continue;
            }
            let at = source.next_start();
            let bytes = disk.layer(&path, room(&source)).unwrap_or_else(|error| {
                let problem = sink.error(&codes::UNREADABLE_FILE, format!("cannot read {path}: {error}"));
                problem.label(at..at, "");
                if error.kind() == std::io::ErrorKind::NotFound {
                    problem.help("is the path right? It is relative to the working directory");
                }
                Vec::new()
            });
            add(&mut source, &path, bytes, sink);
        }
        source.end_layers();
        source.disk = Some(disk);
        source
    }

    /// A source of one file from bytes that may be anything, with [`Source::read`]'s limits.
    pub fn from_bytes(path: &str, bytes: Vec<u8>, sink: &mut Diagnostics) -> Self {
        let mut source = Self::of_no_files(path);
        add(&mut source, path, bytes, sink);
        source.end_layers();
        source
    }
}

/// Reads the files which the file of this number includes by a pattern, except those that have been read; their
/// numbers follow on the last.
pub(super) fn include(
    source: &mut Source,
    from: usize,
    pattern: &str,
    sink: &mut Diagnostics,
) -> Result<(), NotIncluded> {
    let Some(from) = source.files().get(from).map(|file| file.path().clone()) else {
        return Err(NotIncluded::NoFiles);
    };
    let Some(disk) = &mut source.disk else { return Err(NotIncluded::NoFiles) };
    for path in disk.matching(&from, pattern)? {
        if source.files().len() >= MOST_FILES {
            return Err(NotIncluded::TooMany);
        }
        let most = room(source);
        let Some(disk) = &mut source.disk else { break };
        match disk.once(&path, most) {
            Ok(Some(bytes)) => {
                if !add(source, &path, bytes, sink) {
                    return Err(NotIncluded::Unsuitable);
                }
            }
            Ok(None) => {}
            Err(error) => return Err(NotIncluded::Unreadable(path, error)),
        }
    }
    Ok(())
}

/// So many bytes of a file are read: one more than there is room for.
fn room(source: &Source) -> usize {
    MOST_BYTES.saturating_sub(source.text().len()) + 1
}

/// Adds a file; false if it is too large or no text, which is then in the sink.
fn add(source: &mut Source, path: &str, bytes: Vec<u8>, sink: &mut Diagnostics) -> bool {
    let start = source.next_start();
    let is_small = start + bytes.len() <= MOST_BYTES;
    let text = String::from_utf8(if is_small { bytes } else { Vec::new() });
    let is_text = text.is_ok();
    let text = text.unwrap_or_else(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let span = start + at..start + at + char::REPLACEMENT_CHARACTER.len_utf8();
        sink.error(&codes::NOT_UTF8, format!("byte {at} of the config (line {line}) is not UTF-8"))
            .label(span, format!("the byte 0x{byte:02x}"));
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    });
    if !is_small {
        too_large(sink);
    }
    source.push(path, &text);
    is_small && is_text
}

/// `base.yml:prod.yml`; a path without a separator is one layer, whatever it is.
fn layers(paths: &str) -> Vec<String> {
    std::env::split_paths(paths).map(|path| path.to_string_lossy().into_owned()).collect()
}
