//! Where every value of a config stands in its text, by its path.

use castgate_codegen::Source;
use castgate_codegen::source::Span;
use granit_parser::{Event, Parser};

/// A key of a map, or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A value of a config and its key.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: Vec<Step>,
    key: Span,
    value: Span,
}

/// A map or a list that is being read.
struct Frame {
    path: Vec<Step>,
    place: Span,
    start: usize,
    /// How many entries of a list there were; `None` for a map.
    count: Option<usize>,
    /// The key that waits for its value.
    key: Option<(String, Span)>,
}

/// Every value of every file of a config, as far as it is YAML.
pub(crate) fn entries(source: &Source) -> Vec<Entry> {
    let moved = |span: Span, by: usize| span.start + by..span.end + by;
    let files = source.files().iter().flat_map(|file| {
        let start = file.span().start;
        entries_of(&source.text()[file.span()]).into_iter().map(move |entry| Entry {
            key: moved(entry.key, start),
            value: moved(entry.value, start),
            ..entry
        })
    });
    files.collect()
}

fn entries_of(text: &str) -> Vec<Entry> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut entries = Vec::new();
    let mut last = 0;
    for item in Parser::new_from_str(text) {
        let Ok((event, marks)) = item else { break };
        let start = marks.start.byte_offset().unwrap_or(0);
        let end = marks.end.byte_offset().unwrap_or(start).max(start);
        last = end;
        match event {
            Event::Scalar(text, ..) => match frames.last_mut() {
                Some(Frame { count: None, key: key @ None, .. }) => {
                    *key = Some((text.to_string(), start..end))
                }
                _ => {
                    let (path, key) = place(&mut frames, start..end);
                    entries.push(Entry { path, key, value: start..end });
                }
            },
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let count = matches!(event, Event::SequenceStart(..)).then_some(0);
                let (path, place) = place(&mut frames, start..end);
                frames.push(Frame { path, place, start, count, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let frame = frames.pop().unwrap();
                let value = frame.start..end.max(frame.start);
                let key = if frame.place.start == frame.start { value.clone() } else { frame.place };
                entries.push(Entry { path: frame.path, key, value });
            }
            _ => {}
        }
    }
    let open = frames.into_iter();
    entries.extend(open.map(|frame| Entry {
        path: frame.path,
        key: frame.place,
        value: frame.start..last.max(frame.start),
    }));
    entries
}

/// Where the next value goes, and the span of its key.
fn place(frames: &mut [Frame], value: Span) -> (Vec<Step>, Span) {
    let Some(frame) = frames.last_mut() else { return (Vec::new(), value) };
    let (step, key) = match (&mut frame.count, frame.key.take()) {
        (Some(count), _) => {
            *count += 1;
            (Step::Index(*count - 1), value)
        }
        (None, Some((key, span))) => (Step::Key(key), span),
        // A list or a map where a key should be.
        (None, None) => {
            frame.key = Some((String::new(), value.clone()));
            (Step::Key(String::new()), value)
        }
    };
    (frame.path.iter().cloned().chain([step]).collect(), key)
}

/// The entry that a label points at; the whole file if it is none.
pub(crate) fn entry_at<'e>(entries: &'e [Entry], label: &Span) -> &'e [Step] {
    let exact = |entry: &&Entry| entry.key == *label || entry.value == *label;
    let around = |entry: &&Entry| {
        let whole = entry.key.start.min(entry.value.start)..entry.value.end.max(entry.key.end);
        whole.start <= label.start && label.end <= whole.end
    };
    let deepest = entries.iter().filter(exact).max_by_key(|entry| entry.path.len());
    let found = deepest.or_else(|| entries.iter().filter(around).max_by_key(|entry| entry.path.len()));
    found.map_or(&[], |entry| &entry.path)
}
