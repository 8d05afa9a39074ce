//! The files of a config: each is read, what it includes is added to it, and layer is laid over layer.

use super::decode;
use super::merge::{Document, Rule};
use super::node::Node;
use super::problem;
use super::reader::{self, too_large};
use super::{Size, read_tree};
use crate::ast::{Lenient, Strings};
use crate::codes;
use crate::diagnostic::{Diagnostics, Failed, quoted};
use crate::place::{ConfigPath, Span};
use crate::source::{MOST_BYTES, MOST_FILES, NotIncluded, Source};
use serde::Deserialize;

/// The whole config as one tree, and in the source where each part of it was written.
///
/// `Ok(None)`: nothing is written in it. If a file is missing, or is no YAML, whatever else could be said of the
/// config would be wrong.
pub(super) fn read(source: &mut Source, sink: &mut Diagnostics) -> Result<Option<Node>, Failed> {
    source.forget_includes();
    if source.text().len() > MOST_BYTES {
        too_large(sink);
        return Err(Failed);
    }
    let mut whole = Document::default();
    let mut size = Size::default();
    for layer in 0..source.layers() {
        let with_includes = read_layer(layer, source, &mut size, sink);
        if layer == 0 {
            whole = with_includes;
        } else {
            whole.merge(with_includes, Rule::Overlay, sink);
        }
    }
    source.locate(whole.spans);
    if whole.is_broken { Err(Failed) } else { Ok(whole.root) }
}

/// A file and all that it includes, and what these include.
fn read_layer(layer: usize, source: &mut Source, size: &mut Size, sink: &mut Diagnostics) -> Document {
    let mut whole = Document::default();
    let mut pending = vec![layer];
    let mut next = 0;
    while let Some(file) = pending.get(next).copied() {
        next += 1;
        let span = source.files().get(file).map_or(0..0, crate::source::File::span);
        let mut document = read_tree(source, span.clone(), size, sink);
        if file != layer && document.root.as_ref().is_some_and(|root| !matches!(root, Node::Map(_))) {
            not_a_map(span, sink);
            (document.root, document.is_broken) = (None, true);
        }
        for (pattern, at) in includes(&mut document, source, sink) {
            let first = source.files().len();
            if pattern.contains("${") {
                sink.error(&codes::LATE_VALUE_HERE, "a late value cannot stand here")
                    .label(at, "the build has to know which files it reads");
                document.is_broken = true;
            } else if let Err(problem) = reader::include(source, file, &pattern, sink) {
                not_included(&pattern, problem, at, sink);
                document.is_broken = true;
            }
            pending.extend(first..source.files().len());
        }
        if file == layer {
            whole = document;
        } else {
            whole.merge(document, Rule::Include, sink);
        }
    }
    whole
}

/// The patterns of a file's `include`, and where they are. It is taken out: nothing is left of it after this.
fn includes(document: &mut Document, source: &mut Source, sink: &mut Diagnostics) -> Vec<(String, Span)> {
    let Some(Node::Map(map)) = &mut document.root else { return Vec::new() };
    let Some(index) = map.iter().position(|(key, _)| key == "include") else { return Vec::new() };
    let (_, Some(node)) = map.remove(index) else {
        // A gap has been reported.
        document.is_broken = true;
        return Vec::new();
    };
    let problems = decode::Problems::default();
    let list = Lenient::<Strings>::deserialize(decode::Decode::of_key("include", &node, &problems));
    if !problems.is_empty() {
        document.is_broken = true;
        source.locate(document.spans.clone());
        problem::report_all(problems, source, sink);
    }
    let at = ConfigPath::root().key("include");
    let place = |path: &ConfigPath| document.spans.get(path).map_or(0..0, |place| place.value.clone());
    match list.ok().and_then(|list| list.0) {
        None => Vec::new(),
        Some(Strings::One(pattern)) => vec![(pattern, place(&at))],
        Some(Strings::List(list)) => {
            list.iter().map(|(index, pattern)| (pattern.clone(), place(&at.index(index)))).collect()
        }
    }
}

fn not_a_map(file: Span, sink: &mut Diagnostics) {
    sink.error(&codes::WRONG_TYPE, "an included file is a map, as gateway.yml is")
        .label(file, "this is no map")
        .help("a list of routes goes under `routes:`");
}

fn not_included(pattern: &str, problem: NotIncluded, at: Span, sink: &mut Diagnostics) {
    match problem {
        NotIncluded::NoFiles => {
            sink.error(&codes::INCLUDE, "nothing can be included here")
                .label(at, "this config was not read from a file");
        }
        NotIncluded::NoMatch => {
            sink.error(&codes::INCLUDE, format!("no file matches {}", quoted(pattern)))
                .label(at, "includes nothing")
                .help("the path starts at the directory of this file; `*` stands for any part of one name");
        }
        NotIncluded::BadPattern(why) => {
            sink.error(&codes::INCLUDE, format!("{} is no pattern: {why}", quoted(pattern)))
                .label(at, "cannot be matched")
                .help("`*` and `?` stand for parts of a name, `[ab]` for one of these characters");
        }
        NotIncluded::TooMany => {
            sink.error(&codes::INCLUDE, format!("the config has more than {MOST_FILES} files"))
                .label(at, "too many of them here");
        }
        NotIncluded::Unsuitable => {}
        NotIncluded::Unreadable(path, error) => {
            sink.error(&codes::UNREADABLE_FILE, format!("cannot read {path}: {error}"))
                .label(at, "included here");
        }
    }
}
