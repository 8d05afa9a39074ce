//! What a list of fields points to: the two blocks that its lines are in, and their places.

use std::ops::Range;

use bytes::Bytes;

use super::{Asked, Classes, Field, Known};

/// Bytes that may be added to the fields of one message. Nobody adds so much on purpose.
const ADDED: usize = 16 << 20;

/// What [`Fields`](super::Fields) point to.
#[derive(Clone, Default)]
pub(crate) struct List {
    /// What a place is in, if it is less than this is long.
    pub(super) head: Bytes,
    /// What it is in else.
    pub(super) added: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    /// Those of the entries: most questions are answered by them alone.
    pub(super) classes: Classes,
}

/// What those point to that there are none of.
pub(super) static NO_FIELDS: List =
    List { head: Bytes::new(), added: Vec::new(), entries: Vec::new(), classes: Classes::NONE };

/// Where a field is in the two blocks, one behind the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) name: u32,
    pub(super) value: u32,
    pub(super) value_length: u32,
    /// A [`HeaderName`](http::HeaderName) is no longer.
    pub(super) name_length: u16,
    pub(super) known: Known,
    /// The block has `name: value` and CRLF there, so that the line can be copied as it is.
    pub(super) is_line: bool,
}

const _: () = assert!(size_of::<Entry>() == 16);

/// The two blocks.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) head: &'a [u8],
    pub(super) added: &'a [u8],
}

impl<'a> Text<'a> {
    pub(super) fn get(self, place: u32, length: usize) -> &'a [u8] {
        let place = place as usize;
        match place.checked_sub(self.head.len()) {
            Some(place) => &self.added[place..place + length],
            None => &self.head[place..place + length],
        }
    }

    /// Lines one behind the other.
    #[inline]
    pub(super) fn run(self, places: Range<usize>) -> &'a [u8] {
        self.get(places.start as u32, places.len())
    }

    #[inline]
    pub(super) fn name(self, entry: &Entry) -> &'a [u8] {
        self.get(entry.name, usize::from(entry.name_length))
    }

    #[inline]
    pub(super) fn value(self, entry: &Entry) -> &'a [u8] {
        self.get(entry.value, entry.value_length as usize)
    }

    #[inline]
    pub(super) fn field(self, entry: &Entry) -> Field<'a> {
        Field { name: self.name(entry), value: self.value(entry), known: entry.known }
    }
}

impl List {
    #[inline]
    pub(super) fn text(&self) -> Text<'_> {
        Text { head: &self.head, added: &self.added }
    }

    /// Where the first field of a name is.
    pub(super) fn place(&self, asked: Asked<'_>) -> Option<usize> {
        let text = self.text();
        let place = || self.entries.iter().position(|entry| asked.is_of(text, entry));
        self.classes.has(asked.known).then(place)?
    }

    /// Of a name and a value that were found to be good; who asks for it puts it among the others.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8], known: Known) -> Option<Entry> {
        let place = self.head.len() + self.added.len();
        if self.added.len() + name.len() + value.len() + 4 > ADDED {
            tracing::error!(bytes = value.len(), "a field was not added: the message's fields have no end");
            return None;
        }
        let entry = Entry {
            name: u32::try_from(place).ok()?,
            value: u32::try_from(place + name.len() + 2).ok()?,
            value_length: u32::try_from(value.len()).ok()?,
            name_length: u16::try_from(name.len()).ok()?,
            known,
            is_line: true,
        };
        [name, b": ", value, b"\r\n"].into_iter().for_each(|part| self.added.extend_from_slice(part));
        self.classes = self.classes.and(Classes::one(known));
        Some(entry)
    }
}
