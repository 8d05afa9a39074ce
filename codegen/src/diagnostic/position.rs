//! Byte offsets to files, lines and columns, for what other programs read.

use super::render::clip;
use crate::source::{File, Source, Span};

/// A place as people and editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// In its file, from 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// In its file, from 0.
    pub byte: usize,
}

/// Where each line of a config starts, so that many places are found quickly.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    pub(super) source: &'a Source,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines.
    pub fn new(source: &'a Source) -> Self {
        let starts = source.text().match_indices('\n').map(|(at, _)| at + 1);
        Self { source, starts: std::iter::once(0).chain(starts).collect() }
    }

    /// The path of the file which a span is in; of a config without files, its own.
    pub fn file(&self, span: &Span) -> &str {
        self.source.file_at(span.start).map_or(self.source.path(), |file| file.path())
    }

    /// The position of a byte; of the end of the text for a byte beyond it.
    pub fn position(&self, byte: usize) -> Position {
        self.position_in(self.source.file_at(byte), byte)
    }

    /// Both ends of a span; the end is the position after its last character.
    pub fn range(&self, span: &Span) -> (Position, Position) {
        let file = self.source.file_at(span.start);
        (self.position_in(file, span.start), self.position_in(file, span.end.max(span.start)))
    }

    /// The line which a span is in, without its line break; `None` if it goes over several.
    pub(super) fn line_around(&self, span: &Span) -> Option<&str> {
        let file = self.source.file_at(span.start)?.span();
        let text = self.source.text().get(file.clone())?;
        let span = clip(text, &(span.start.saturating_sub(file.start)..span.end.saturating_sub(file.start)));
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[span.start..].find('\n').map_or(text.len(), |at| span.start + at);
        (span.end <= end).then(|| text[start..end].trim_end_matches('\r'))
    }

    fn position_in(&self, file: Option<&File>, byte: usize) -> Position {
        let file = file.map_or(0..0, File::span);
        let text = self.source.text();
        let byte = clip(text, &(byte..byte)).start.clamp(file.start, file.end);
        let line_of = |byte: usize| self.starts.partition_point(|start| *start <= byte);
        let line = line_of(byte);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        // A byte-order mark is no character of the first line.
        let mark = usize::from(start <= file.start && text[file.start..byte].starts_with('\u{feff}'));
        Position {
            line: line - line_of(file.start) + 1,
            column: text[start.max(file.start)..byte].chars().count() + 1 - mark,
            byte: byte - file.start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_the_end_is_a_place() {
        let position = |text: &str, byte| {
            let source = Source::new("gateway.yml", text);
            let Position { line, column, .. } = Lines::new(&source).position(byte);
            (line, column)
        };
        let text = "a\n\u{e4}b\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 4), (2, 2));
        assert_eq!(position(text, 3), (2, 1), "within a character");
        assert_eq!(position(text, 99), (3, 1));
        assert_eq!(position("", 0), (1, 1));
        assert_eq!(position("\u{feff}ab", 4), (1, 2), "a byte-order mark is not a column");
        assert_eq!(position("\u{feff}ab", 0), (1, 1));
    }
}
