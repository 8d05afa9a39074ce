//! Events -> nodes: keeps the path while it goes, so that every place is known and no key comes twice.

use super::merge::Document;
use super::node::Node;
use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::place::{ConfigPath, Place, Span, SpanIndex};

/// Where an event was found.
#[derive(Debug, Clone)]
pub(super) struct At {
    pub(super) span: Span,
    pub(super) line: u32,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Without anything around it.
    Plain,
    /// In quotes.
    Quoted,
    /// After a `|` or a `>`.
    Block,
}

/// What a scalar is, if it is a value.
pub(super) enum Scalar {
    /// This; `None` is null.
    Read(Option<Node>),
    /// A gap: it has been reported.
    Refused,
}

/// A tree that grows event by event.
pub(super) struct Tree<'a> {
    text: &'a str,
    spans: SpanIndex,
    open: Vec<Frame>,
    root: Option<Node>,
    /// The length of all paths together: long keys around many others take far more than the file has.
    path_bytes: usize,
}

struct Frame {
    at: At,
    path: ConfigPath,
    /// The key of a map's next value.
    key: Option<Key>,
    /// Inside a value that was refused as a whole: nothing here is kept or reported.
    is_ghost: bool,
    content: Content,
}

enum Content {
    List(Vec<Option<Node>>),
    Map(Vec<(String, Option<Node>)>),
}

struct Key {
    text: String,
    at: At,
    path: ConfigPath,
    is_ghost: bool,
}

/// Where the next value belongs.
struct Slot {
    path: ConfigPath,
    key: Option<At>,
    is_ghost: bool,
}

impl<'a> Tree<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, spans: SpanIndex::default(), open: Vec::new(), root: None, path_bytes: 0 }
    }

    pub(super) fn path_bytes(&self) -> usize {
        self.path_bytes
    }

    /// The root, if there was one that is not null, and the places.
    pub(super) fn finish(self) -> Document {
        Document { root: self.root, spans: self.spans, ..Document::default() }
    }

    /// Whether what comes next is the whole file.
    pub(super) fn is_at_root(&self) -> bool {
        self.open.is_empty()
    }

    /// The innermost bracket that is open.
    pub(super) fn open_bracket(&self) -> Option<usize> {
        let start = self.open.last()?.at.span.start;
        self.text.get(start..).filter(|text| text.starts_with(['[', '{'])).map(|_| start)
    }

    /// Anchors are refused, wherever they are.
    pub(super) fn anchor(&self, span: Span, sink: &mut Diagnostics) {
        if !self.is_in_ghost() {
            sink.error(&codes::ANCHOR, "anchors (`&name`) are not supported")
                .label(span, "this is an anchor")
                .help("share through `upstreams` and the top-level `middleware`");
        }
    }

    /// So are tags.
    pub(super) fn tag(&self, start: usize, sink: &mut Diagnostics) {
        if !self.is_in_ghost() {
            let tag =
                self.text.get(start..).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
            sink.error(&codes::TAG, "YAML tags (`!tag`) are not supported")
                .label(start..start + tag.len(), "this is a tag")
                .help("quotes make a string; nothing else is needed");
        }
    }

    /// An alias; `unresolved` is its name if it refers to nothing, and then it was hardly meant as one.
    pub(super) fn alias(&mut self, at: At, unresolved: Option<&str>, sink: &mut Diagnostics) {
        if !self.is_in_ghost() {
            let written = self.text.get(at.span.clone()).unwrap_or_default();
            let problem = sink.error(&codes::ANCHOR, "aliases (`*name`) are not supported");
            if unresolved.is_some() {
                problem.label(at.span.clone(), "YAML reads this as an alias").suggest(
                    "put the value in quotes",
                    at.span.clone(),
                    format!("\"{written}\""),
                );
            } else {
                problem
                    .label(at.span.clone(), "this is an alias")
                    .help("share through `upstreams` and the top-level `middleware`");
            }
        }
        let Some(slot) = self.slot(&at, sink) else { return };
        self.place(&slot, &at);
        self.attach(None);
    }

    /// A scalar: a key if the map on top waits for one, else a value.
    pub(super) fn scalar(
        &mut self,
        text: String,
        style: Style,
        scalar: Scalar,
        mut at: At,
        sink: &mut Diagnostics,
    ) {
        // A scalar that goes on to the next token would take line breaks along that are not its own.
        at.span.end = at.span.start + self.text.get(at.span.clone()).unwrap_or_default().trim_end().len();
        if let Some(Frame { content: Content::Map(_), key: None, .. }) = self.open.last() {
            self.set_key(text, style == Style::Plain, at, sink);
            return;
        }
        let Some(slot) = self.slot(&at, sink) else { return };
        self.place(&slot, &at);
        if style == Style::Block && !slot.is_ghost {
            self.place_block(&slot.path, text.ends_with('\n').then(|| text.trim_end().into()));
        }
        let node = match scalar {
            Scalar::Refused => return self.attach(None),
            Scalar::Read(node) => node,
        };
        if node.is_none() && !slot.is_ghost && slot.path != ConfigPath::root() {
            let shown = slot.key.as_ref().map_or_else(|| "this entry".to_owned(), |_| last_key(&self.open));
            let label_at = slot.key.as_ref().unwrap_or(&at).span.clone();
            sink.error(&codes::NO_VALUE, format!("{shown} has no value"))
                .label(label_at, "nothing (null) is written here")
                .help(match slot.key {
                    Some(_) => {
                        "leave it out for the default, or write `{}` for a section with all its defaults"
                    }
                    None => "write a value behind the dash, or take it out",
                });
        }
        self.attach(node);
    }

    /// Notes what belongs to the block scalar at `path` besides its text.
    fn place_block(&mut self, path: &ConfigPath, before_break: Option<Box<str>>) {
        let Some(place) = self.spans.get(path).cloned() else { return };
        let start = block_header(self.text, place.value.start).unwrap_or(place.value.start);
        // One without text begins where the next token does.
        let end = self.text[..place.value.end.max(start)].trim_end().len();
        let whole = start..end.max(start);
        self.spans.replace(path.clone(), Place { whole, before_break, ..place });
    }

    pub(super) fn open_list(&mut self, at: At) {
        self.open(at, Content::List(Vec::new()));
    }

    pub(super) fn open_map(&mut self, at: At) {
        self.open(at, Content::Map(Vec::new()));
    }

    fn open(&mut self, at: At, content: Content) {
        let Slot { path, is_ghost, .. } = self.next();
        self.open.push(Frame { at, path, key: None, is_ghost, content });
    }

    /// Where the next value goes. A key that is itself a collection is noticed when it closes.
    fn next(&self) -> Slot {
        let Some(frame) = self.open.last() else {
            return Slot { path: ConfigPath::root(), key: None, is_ghost: false };
        };
        match (&frame.content, &frame.key) {
            (Content::List(list), _) => {
                Slot { path: frame.path.index(list.len()), key: None, is_ghost: frame.is_ghost }
            }
            (Content::Map(_), Some(key)) => {
                Slot { path: key.path.clone(), key: Some(key.at.clone()), is_ghost: key.is_ghost }
            }
            (Content::Map(_), None) => Slot { path: frame.path.clone(), key: None, is_ghost: true },
        }
    }

    pub(super) fn close(&mut self, end: usize, sink: &mut Diagnostics) {
        let Some(frame) = self.open.pop() else { return };
        let at = At { span: frame.at.span.start..end.max(frame.at.span.start), line: frame.at.line };
        let Some(slot) = self.slot(&at, sink) else { return };
        self.place(&slot, &at);
        self.attach(Some(match frame.content {
            Content::List(list) => Node::List(list),
            Content::Map(map) => Node::Map(map),
        }));
    }

    fn set_key(&mut self, text: String, is_plain: bool, at: At, sink: &mut Diagnostics) {
        let Some(frame) = self.open.last_mut() else { return };
        let path = frame.path.key(&text);
        self.path_bytes += path.as_str().len();
        let mut is_ghost = frame.is_ghost;
        if !is_ghost && is_plain && text == "<<" {
            is_ghost = true;
            // So that nobody misses here what might have been merged.
            self.spans.insert(path.clone(), Place::of(&at.span, &at.span, at.line));
            sink.error(&codes::MERGE_KEY, "merge keys (`<<`) are not supported")
                .label(at.span.clone(), "this would merge another map into this one")
                .help("share through `upstreams` and the top-level `middleware`");
        } else if !is_ghost && let Some(first) = self.spans.get(&path) {
            is_ghost = true;
            sink.error(&codes::DUPLICATE_KEY, format!("key {} is written twice", quoted(&text)))
                .label(at.span.clone(), "written again here")
                .label(first.key.clone(), "first written here");
        }
        if !is_ghost {
            // Noted at once, so that the next key of this name is seen even if this one's value is refused.
            self.spans.insert(path.clone(), Place::of(&at.span, &at.span, at.line));
        }
        frame.key = Some(Key { text, at, path, is_ghost });
    }

    /// Where a value that ends at `at` goes. `None`: it was a key after all.
    fn slot(&mut self, at: &At, sink: &mut Diagnostics) -> Option<Slot> {
        let slot = self.next();
        if let Some(frame @ Frame { content: Content::Map(_), key: None, .. }) = self.open.last_mut() {
            if !frame.is_ghost {
                sink.error(&codes::KEY_NOT_TEXT, "a list or a map cannot be a key")
                    .label(at.span.clone(), "YAML reads this as a key")
                    .help("a value that starts with `{` or `[` has to be in quotes");
            }
            frame.key = Some(Key { text: String::new(), at: at.clone(), path: slot.path, is_ghost: true });
            return None;
        }
        Some(slot)
    }

    fn place(&mut self, slot: &Slot, at: &At) {
        if slot.is_ghost {
            return;
        }
        if slot.key.is_none() {
            self.path_bytes += slot.path.as_str().len();
        }
        let key = slot.key.as_ref().unwrap_or(at);
        self.spans.replace(slot.path.clone(), Place::of(&key.span, &at.span, key.line));
    }

    fn attach(&mut self, node: Option<Node>) {
        let Some(frame) = self.open.last_mut() else {
            self.root = node;
            return;
        };
        match &mut frame.content {
            Content::List(list) => list.push(node),
            Content::Map(map) => {
                if let Some(Key { text, is_ghost: false, .. }) = frame.key.take() {
                    map.push((text, node));
                }
            }
        }
    }

    fn is_in_ghost(&self) -> bool {
        self.open
            .last()
            .is_some_and(|frame| frame.is_ghost || frame.key.as_ref().is_some_and(|key| key.is_ghost))
    }
}

/// Where the `|` or `>` is whose text starts at `start`.
fn block_header(text: &str, start: usize) -> Option<usize> {
    let before = text[..start].trim_end();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let is_header = |rest: &str| {
        let after = rest[1..].trim_start_matches(|char: char| char.is_ascii_digit() || "+-".contains(char));
        after.is_empty() || after.trim_start().starts_with('#') && after.starts_with([' ', '\t'])
    };
    let marks = before[line..].match_indices(['|', '>']).map(|(at, _)| line + at);
    marks.into_iter().find(|at| is_header(before[*at..].trim_end()))
}

fn last_key(open: &[Frame]) -> String {
    let key = open.last().and_then(|frame| frame.key.as_ref());
    quoted(key.map_or("", |key| &key.text))
}
