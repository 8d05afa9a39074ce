//! Memory that a worker uses again, request after request: blocks that many share, and lists and texts that go round.

use std::cell::{RefCell, RefMut};

use bytes::{Bytes, BytesMut};
use http::HeaderValue;

use super::Worker;
use crate::fields::Fields;

/// Small texts of many requests share one block of this size.
const BLOCK: usize = 16 * 1024;
/// Lists of fields kept for reuse,
const SPARE_LISTS: usize = 64;
/// with room for so much at most, in bytes.
const MOST_FIELDS: usize = 8 * 1024;
/// Texts of heads kept for reuse,
const SPARE_TEXTS: usize = 64;
/// with room for so much, in bytes, at first,
const TEXT: usize = 1024;
/// and at most.
const MOST_TEXT: usize = 32 * 1024;
/// What comes is read into blocks of this size: two pieces of a response, or three of a request. A client that reads nothing pins one.
const READ_BLOCK: usize = 48 * 1024;
/// as long as at least this much of one is left.
const READ_MINIMUM: usize = 4 * 1024;

/// What is kept for the next ones.
#[derive(Debug, Default)]
pub(super) struct Memory {
    block: RefCell<BytesMut>,
    read_block: RefCell<BytesMut>,
    spare_fields: RefCell<Vec<Fields>>,
    spare_texts: RefCell<Vec<Vec<u8>>>,
}

impl Worker {
    /// A copy of `text` that shares its allocation with those of many other requests.
    pub(crate) fn bytes(&self, text: &[u8]) -> Bytes {
        let mut block = self.memory.block.borrow_mut();
        if block.capacity() < text.len() {
            *block = BytesMut::with_capacity(BLOCK.max(text.len()));
        }
        block.extend_from_slice(text);
        block.split().freeze()
    }

    /// What `write` makes, in an allocation that is shared with texts of many other requests; one of its own if it is long.
    pub(crate) fn made<E>(&self, write: impl FnOnce(&mut BytesMut) -> Result<(), E>) -> Result<Bytes, E> {
        const USUAL: usize = 256;
        let mut block = self.memory.block.borrow_mut();
        if block.capacity() < USUAL {
            *block = BytesMut::with_capacity(BLOCK);
        }
        let written = write(&mut block);
        let made = block.split().freeze();
        written.map(|()| made)
    }

    /// Memory to read into, with room for a usual response. Responses share blocks, so that most cost no allocation.
    pub(crate) fn read_block(&self) -> RefMut<'_, BytesMut> {
        self.read_block_of(READ_MINIMUM)
    }

    /// The same with room for at least so much, for who has more to read each time than one response.
    #[inline]
    pub(crate) fn read_block_of(&self, least: usize) -> RefMut<'_, BytesMut> {
        let mut block = self.memory.read_block.borrow_mut();
        if block.capacity() < least {
            *block = BytesMut::with_capacity(READ_BLOCK);
        }
        block
    }

    /// A field value made by `bytes`; `text` is fit to be one.
    pub(crate) fn header_value(&self, text: &[u8]) -> HeaderValue {
        HeaderValue::from_maybe_shared(self.bytes(text)).unwrap_or(HeaderValue::from_static(""))
    }

    /// An empty list of fields, with room from an earlier use.
    pub(crate) fn spare_fields(&self) -> Fields {
        self.memory.spare_fields.borrow_mut().pop().unwrap_or_default()
    }

    /// Keeps a list for [`Worker::spare_fields`]; an unusually large one is let go.
    #[inline]
    pub(crate) fn keep_fields(&self, mut fields: Fields) {
        let mut spare = self.memory.spare_fields.borrow_mut();
        if spare.len() < SPARE_LISTS && (1..=MOST_FIELDS).contains(&fields.room()) {
            fields.clear();
            spare.push(fields);
        }
    }

    /// Memory for the text of a head, from an earlier use.
    pub(crate) fn spare_text(&self) -> Vec<u8> {
        self.memory.spare_texts.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(TEXT))
    }

    /// Keeps memory for [`Worker::spare_text`]; what is unusually large is let go.
    #[inline]
    pub(crate) fn keep_text(&self, text: Vec<u8>) {
        let mut spare = self.memory.spare_texts.borrow_mut();
        if spare.len() < SPARE_TEXTS && (1..=MOST_TEXT).contains(&text.capacity()) {
            spare.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::observe::{OperationalLog, Writer};
    use crate::settings::Settings;
    use crate::worker::{Capacity, Process};

    #[test]
    fn there_is_as_much_room_to_read_into_as_was_asked_for() {
        static SETTINGS: Settings = Settings::EMPTY;
        let log = OperationalLog::write_to(io::sink()).unwrap();
        let process =
            Arc::new(Process::new(&SETTINGS, Box::default(), Capacity { clients: 0, files: 0 }, log));
        let (_writer, mut queues) = Writer::start(process.lost_lines().clone(), 1).unwrap();
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        let worker = runtime.block_on(async { Worker::new(process, queues.remove(0)) }).unwrap();
        let use_up = |left: usize| {
            let mut block = worker.read_block();
            let used = block.capacity() - left;
            block.resize(used, 0);
            block.split().freeze()
        };
        let _pinned = use_up(READ_MINIMUM);
        assert_eq!(worker.read_block().capacity(), READ_MINIMUM);
        assert_eq!(worker.read_block_of(16 * 1024).capacity(), READ_BLOCK);
        // What is enough is used on.
        let _pinned = use_up(16 * 1024);
        assert_eq!(worker.read_block_of(16 * 1024).capacity(), 16 * 1024);
    }
}
