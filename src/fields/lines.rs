//! How a parser fills [`Fields`], and how an encoder reads them as lines.

use bytes::Bytes;

use super::{Entry, Field, Fields, Known};

/// A field line in a block of bytes, by its places there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) name: usize,
    pub(crate) name_length: usize,
    pub(crate) value: usize,
    pub(crate) value_length: usize,
    /// It is `name: value` and CRLF, with nothing else between them.
    pub(crate) is_plain: bool,
}

impl Fields {
    /// Notes a line of the block that [`Fields::settle`] will be given, and says what its name is; `None` if name or
    /// place is larger than any that is allowed.
    #[inline]
    pub(crate) fn note(&mut self, line: &Line, name: &[u8]) -> Option<Known> {
        let known = Known::of(name);
        self.entries.push(Entry {
            name: u32::try_from(line.name).ok()?,
            value: u32::try_from(line.value).ok()?,
            value_length: u32::try_from(line.value_length).ok()?,
            name_length: u16::try_from(line.name_length).ok()?,
            known,
            is_line: line.is_plain,
        });
        Some(known)
    }

    /// The block in which the noted lines are.
    pub(crate) fn settle(&mut self, head: Bytes) {
        debug_assert!(self.added.is_empty(), "places of what was added would move");
        self.head = head;
    }

    /// Hands out, piece by piece, the lines of those fields that go on: `name: value` and CRLF each. Neighbours that came
    /// so are one piece.
    #[inline]
    pub(crate) fn lines(&self, mut goes_on: impl FnMut(&Field<'_>) -> bool, mut put: impl FnMut(&[u8])) {
        let (text, mut run) = (self.text(), 0..0);
        for entry in &self.entries {
            let field = text.field(entry);
            if !goes_on(&field) {
                continue;
            }
            if entry.is_line {
                let start = entry.name as usize;
                if start != run.end {
                    if !run.is_empty() {
                        put(&self.head[run]);
                    }
                    run = start..start;
                }
                run.end = entry.value as usize + entry.value_length as usize + 2;
                continue;
            }
            if !run.is_empty() {
                put(&self.head[std::mem::take(&mut run)]);
            }
            [field.name, b": ", field.value, b"\r\n"].into_iter().for_each(&mut put);
        }
        if !run.is_empty() {
            put(&self.head[run]);
        }
    }
}
