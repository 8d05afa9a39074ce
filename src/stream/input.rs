//! What has been read from a peer and not been used. A head that comes in one piece stays in the block it was read
//! into; one that comes in pieces is gathered in a buffer of its own. Either way its cost is linear in its length, and
//! a connection that waits keeps no block.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Room for the next piece of a head.
const PIECE: usize = 1024;

/// Bytes that have come and not been used.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// What is to be used next.
    bytes: Bytes,
    /// A head as far as it has come, if it was not whole at once; then `bytes` is empty.
    head: BytesMut,
    /// How much of `head` was looked at for its end.
    searched: usize,
    /// The length at which an unfinished head is parsed again, so that garbage is found out soon.
    parse_at: usize,
    /// Anything has come since it was last forgotten.
    begun: bool,
}

impl Input {
    /// Reads what has arrived, into `block` unless a head is being gathered; the number of bytes, 0 at the end.
    pub(crate) fn poll_read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        block: &mut BytesMut,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Poll<std::io::Result<usize>> {
        let count = if self.head.is_empty() {
            // Nothing is left of what was read before, and its block is let go.
            self.bytes = Bytes::new();
            let count = ready!(pin!(stream.read_buf(&mut (&mut *block).limit(most))).poll(cx))?;
            self.bytes = block.split().freeze();
            count
        } else {
            self.head.reserve(PIECE);
            ready!(pin!(stream.read_buf(&mut self.head)).poll(cx))?
        };
        self.begun |= count > 0;
        Poll::Ready(Ok(count))
    }

    /// Takes a whole head off by `parse`, which has its own limit of `most` bytes; `None` if more bytes are needed.
    pub(crate) fn take_head<T, E>(
        &mut self,
        most: usize,
        parse: impl FnOnce(&mut Bytes) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let in_pieces = !self.head.is_empty();
        if in_pieces {
            if !self.is_worth_parsing() {
                return Ok(None);
            }
            self.bytes = std::mem::take(&mut self.head).freeze();
        }
        let head = parse(&mut self.bytes)?;
        if head.is_none() && !self.bytes.is_empty() {
            self.gather(in_pieces, most);
        }
        Ok(head)
    }

    /// Keeps what is there of a head: what is its own as it is, and a copy of what is in a block of many.
    fn gather(&mut self, is_own: bool, most: usize) {
        let bytes = std::mem::take(&mut self.bytes);
        self.head = match is_own {
            true => bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..])),
            false => BytesMut::from(&bytes[..]),
        };
        self.searched = self.head.len();
        self.parse_at = (self.head.len() * 2).min(most + 1);
    }

    /// Parsing begins at the start: it is tried when the end has come, and when there is twice as much as the last time.
    fn is_worth_parsing(&mut self) -> bool {
        // The end may lie across what was searched and what is new.
        let fresh = &self.head[self.searched.saturating_sub(2)..];
        let has_end =
            fresh.windows(2).any(|pair| pair == b"\n\n") || fresh.windows(3).any(|end| end == b"\n\r\n");
        self.searched = self.head.len();
        has_end || self.head.len() >= self.parse_at
    }

    /// What a body is decoded from.
    pub(crate) fn rest(&mut self) -> &mut Bytes {
        &mut self.bytes
    }

    /// Whether something is here that was not used.
    #[inline]
    pub(crate) fn has_some(&self) -> bool {
        !self.bytes.is_empty() || !self.head.is_empty()
    }

    /// Drops what was not used.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Whether anything has come of the response.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// The exchange is over. Whether nothing came behind its response; nothing is kept of it then.
    pub(crate) fn end(&mut self) -> bool {
        let clean = self.bytes.is_empty() && self.head.is_empty();
        *self = Self::default();
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::task::Waker;

    const BLOCK: usize = 64 * 1024;
    const MOST: usize = 16 * 1024;
    const END: &[u8] = b"\r\n\r\n";

    /// Takes everything up to the first empty line; what is longer than `MOST`, or begins with garbage, is none.
    fn head(bytes: &mut Bytes) -> Result<Option<Bytes>, ()> {
        if bytes.len() > MOST || bytes.starts_with(b"HH") {
            return Err(());
        }
        let end = bytes.windows(END.len()).position(|four| four == END);
        Ok(end.map(|end| bytes.split_to(end + END.len())))
    }

    fn take(input: &mut Input) -> Result<Option<Bytes>, ()> {
        input.take_head(MOST, head)
    }

    fn read(input: &mut Input, mut piece: &[u8], block: &mut BytesMut) {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(
            matches!(input.poll_read(&mut piece, block, usize::MAX, &mut cx), Poll::Ready(Ok(count)) if count > 0)
        );
    }

    /// Whether nobody else keeps the block.
    fn is_free(block: &mut BytesMut) -> bool {
        block.try_reclaim(BLOCK)
    }

    #[test]
    fn the_work_for_a_dripping_head_is_linear_in_its_length() {
        let text = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(MOST - 100));
        let (mut input, mut block) = (Input::default(), BytesMut::with_capacity(BLOCK));
        let mut parsed = 0;
        for (index, byte) in text.bytes().enumerate() {
            read(&mut input, &[byte], &mut block);
            let taken = input.take_head(MOST, |bytes| {
                parsed += bytes.len();
                head(bytes)
            });
            assert_eq!(taken.unwrap().is_some(), index + 1 == text.len());
        }
        assert!(parsed < 4 * text.len(), "{parsed} bytes were parsed for {}", text.len());
    }

    #[test]
    fn a_head_that_drips_keeps_no_block() {
        let (mut input, mut block) = (Input::default(), BytesMut::with_capacity(BLOCK));
        read(&mut input, b"GET / HTTP/1.1\r\nHo", &mut block);
        assert!(take(&mut input).unwrap().is_none());
        assert!(is_free(&mut block));
        read(&mut input, b"st: a\r\n\r\n", &mut block);
        assert!(take(&mut input).unwrap().is_some());
    }

    #[test]
    fn who_waits_keeps_no_block() {
        let (mut input, mut block) = (Input::default(), BytesMut::with_capacity(BLOCK));
        read(&mut input, b"GET / HTTP/1.1\r\n\r\nbody", &mut block);
        drop(take(&mut input).unwrap().unwrap());
        assert_eq!(std::mem::take(input.rest()), "body");
        let mut cx = Context::from_waker(Waker::noop());
        let (mut stream, _other) = tokio::io::duplex(64);
        assert!(input.poll_read(&mut stream, &mut block, usize::MAX, &mut cx).is_pending());
        assert!(is_free(&mut block));
    }

    #[test]
    fn garbage_is_found_out_although_its_head_never_ends() {
        let mut block = BytesMut::with_capacity(BLOCK);
        let found_after = |first: &[u8], block: &mut BytesMut| {
            let mut input = Input::default();
            read(&mut input, first, block);
            (0..2 * MOST).find(|_| {
                let found = take(&mut input).is_err();
                read(&mut input, b"H", block);
                found
            })
        };
        let found = found_after(b"H", &mut block);
        assert!(found.is_some_and(|bytes| bytes < 8), "{found:?}");
        let found = found_after(b"GET / HTTP/1.1\r\nx: ", &mut block);
        assert!(found.is_some_and(|bytes| bytes <= MOST), "{found:?}");
    }

    proptest! {
        #[test]
        fn heads_and_what_follows_survive_any_cut(cuts in prop::collection::vec(0usize..140, 0..12)) {
            let text = b"HTTP/1.1 200 OK\r\nServer: one\r\nContent-Length: 5\r\n\r\nhello";
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let mut input = Input::default();
            let (mut block, mut found, mut body) = (BytesMut::with_capacity(BLOCK), None, Vec::new());
            for pair in cuts.windows(2).filter(|pair| pair[0] < pair[1]) {
                read(&mut input, &text[pair[0]..pair[1]], &mut block);
                if found.is_none() {
                    found = take(&mut input).unwrap();
                }
                if found.is_some() {
                    body.extend_from_slice(&std::mem::take(input.rest()));
                }
            }
            prop_assert!(found.unwrap().ends_with(END));
            prop_assert_eq!(body, b"hello");
            prop_assert!(input.has_begun() && input.end() && !input.has_begun());
        }
    }
}
