//! How a parser fills [`Fields`], and how an encoder reads them as lines.

use bytes::Bytes;

use super::{Classes, Entry, Fields, Known, List};

/// Bytes of a block that fields are places of.
pub(crate) const BLOCK: usize = 1 << 30;

/// A field line in a block of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) name_place: usize,
    pub(crate) value_place: usize,
    /// It is `name: value` and CRLF, with nothing else between them.
    pub(crate) is_plain: bool,
}

impl List {
    /// Notes a line of the block that [`Fields::settle`] will be given, with what its name is; whether the name is not longer
    /// than any that is allowed. A block has at most [`BLOCK`] bytes.
    #[inline]
    #[must_use]
    pub(crate) fn note(&mut self, line: &Line<'_>, known: Known) -> bool {
        let Ok(name_length) = u16::try_from(line.name.len()) else { return false };
        self.classes = self.classes.and(Classes::one(known));
        self.entries.push(Entry {
            name: line.name_place as u32,
            value: line.value_place as u32,
            value_length: line.value.len() as u32,
            name_length,
            known,
            is_line: line.is_plain,
        });
        true
    }
}

impl Fields {
    /// Where a parser notes lines. There are none yet.
    #[inline]
    pub(crate) fn begin(&mut self) -> &mut List {
        let list = self.list_mut();
        debug_assert!(list.head.is_empty() && list.added.is_empty(), "lines are noted in an empty list");
        list.entries.clear();
        list.classes = Classes::NONE;
        list
    }

    /// The block in which the noted lines are.
    pub(crate) fn settle(&mut self, head: Bytes) {
        let list = self.list_mut();
        debug_assert!(list.added.is_empty(), "places of what was added would move");
        list.head = head;
    }

    /// The block in which the fields came.
    pub(crate) fn block(&self) -> &Bytes {
        &self.list().head
    }

    /// Hands out, piece by piece, the lines of all fields but those of some classes: `name: value` and CRLF each. Neighbours that
    /// came so are one piece.
    #[inline]
    pub(crate) fn lines(&self, except: Classes, mut put: impl FnMut(&[u8])) {
        let (text, mut run) = (self.list().text(), 0..0);
        for entry in &self.list().entries {
            if except.has(entry.known) {
                continue;
            }
            if entry.is_line {
                let start = entry.name as usize;
                if start != run.end {
                    if !run.is_empty() {
                        put(text.run(run));
                    }
                    run = start..start;
                }
                run.end = entry.value as usize + entry.value_length as usize + 2;
                continue;
            }
            if !run.is_empty() {
                put(text.run(std::mem::take(&mut run)));
            }
            [text.name(entry), b": ", text.value(entry), b"\r\n"].into_iter().for_each(&mut put);
        }
        if !run.is_empty() {
            put(text.run(run));
        }
    }
}
