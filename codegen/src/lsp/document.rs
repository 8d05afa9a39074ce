//! A text which is open in an editor, and its positions: lines from 0, columns in UTF-16 units.

use super::scan::{Outline, keys, scan};
use crate::source::Span;
use lsp_types::{Position, Range, Uri};
use std::path::PathBuf;

/// An open text, or another file of the same config.
pub(super) struct Document {
    pub(super) uri: Uri,
    /// The editor's number for the text.
    pub(super) version: Option<i32>,
    pub(super) text: String,
    pub(super) outline: Outline,
    starts: Vec<usize>,
}

impl Document {
    pub(super) fn new(uri: Uri, version: Option<i32>, text: String) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { uri, version, outline: scan(&text), text, starts }
    }

    /// Where the disk has it, or would have it.
    pub(super) fn path(&self) -> Option<PathBuf> {
        let is_file = self.uri.scheme().is_some_and(|scheme| scheme.as_str().eq_ignore_ascii_case("file"));
        let path = self.uri.path().as_estr().decode().into_string().ok()?.into_owned();
        is_file.then(|| PathBuf::from(path))
    }

    /// Whether it has an `include`.
    pub(super) fn includes(&self) -> bool {
        self.outline.entries.iter().any(|entry| keys(&entry.path).first() == Some(&"include"))
    }

    /// What diagnostics and commands call it.
    pub(super) fn name(&self) -> &str {
        self.uri.as_str().rsplit('/').next().unwrap_or_default()
    }

    /// The byte at a position; the end of its line if that is shorter.
    pub(super) fn byte(&self, position: Position) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let mut units = usize::try_from(position.character).unwrap_or(usize::MAX);
        let mut at = start;
        for char in self.text[start..end].chars() {
            if units < char.len_utf16() {
                break;
            }
            units -= char.len_utf16();
            at += char.len_utf8();
        }
        at
    }

    pub(super) fn position(&self, byte: usize) -> Position {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= byte) - 1;
        let units = self.text[self.starts[line]..byte].encode_utf16().count();
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Position::new(number(line), number(units))
    }

    pub(super) fn range(&self, span: &Span) -> Range {
        Range::new(self.position(span.start), self.position(span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn columns_are_utf_16_units() {
        let document = Document::new(
            Uri::from_str("file:///a/gateway.yml").unwrap(),
            None,
            "a\n\u{1f600}b\n".to_owned(),
        );
        assert_eq!(document.position(6), Position::new(1, 2));
        assert_eq!(document.byte(Position::new(1, 2)), 6);
        assert_eq!(document.byte(Position::new(1, 1)), 2, "within a pair");
        assert_eq!(document.byte(Position::new(1, 99)), 7);
        assert_eq!(document.byte(Position::new(9, 0)), 8);
        assert_eq!(document.name(), "gateway.yml");
    }
}
