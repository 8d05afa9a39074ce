//! What has been read from a backend and not been used. A head that comes in one piece stays in the block it was read
//! into; one that comes in pieces is gathered in a buffer of its own. Either way its cost is linear in its length, and
//! a connection that waits keeps no block.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut as _, Bytes, BytesMut};
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::Malformed;
use super::response::{HEAD_BYTES, Head, parse};

/// Room for the next piece of a head.
const PIECE: usize = 1024;

/// The bytes of one exchange's response.
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
    /// Anything has come, be it an interim response.
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

    /// Takes a whole head off; `None` if more bytes are needed.
    pub(crate) fn parse_head(
        &mut self,
        headers: &mut HeaderMap,
        to_head: bool,
    ) -> Result<Option<Head>, Malformed> {
        let in_pieces = !self.head.is_empty();
        if in_pieces {
            if !self.is_worth_parsing() {
                return Ok(None);
            }
            self.bytes = std::mem::take(&mut self.head).freeze();
        }
        // Nobody need send them, and they would have to be passed over again and again.
        while self.bytes.starts_with(b"\r\n") || self.bytes.starts_with(b"\n") {
            self.bytes.advance(if self.bytes[0] == b'\n' { 1 } else { 2 });
        }
        let head = parse(&mut self.bytes, headers, to_head)?;
        if head.is_none() {
            self.gather(in_pieces);
        }
        Ok(head)
    }

    /// Keeps what is there of a head: what is its own as it is, and a copy of what is in a block of many.
    fn gather(&mut self, is_own: bool) {
        let bytes = std::mem::take(&mut self.bytes);
        self.head = match is_own {
            true => bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..])),
            false => BytesMut::from(&bytes[..]),
        };
        self.searched = self.head.len();
        self.parse_at = (self.head.len() * 2).min(HEAD_BYTES + 1);
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
    pub(crate) fn body(&mut self) -> &mut Bytes {
        &mut self.bytes
    }

    /// Whether nothing has come of the response.
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
        let long = "y".repeat(HEAD_BYTES - 2_000);
        let lines: String = (0..100).map(|n| format!("x-{n}: {n}\r\n")).collect();
        let text = format!("HTTP/1.1 200 OK\r\n{lines}x: {long}\r\n\r\n");
        let (mut input, mut headers) = (Input::default(), HeaderMap::new());
        let (mut block, mut parsed) = (BytesMut::with_capacity(BLOCK), 0);
        for (index, byte) in text.bytes().enumerate() {
            read(&mut input, &[byte], &mut block);
            let before = input.head.len();
            let worth = before == 0 || input.is_worth_parsing();
            parsed += if worth { before } else { 0 };
            input.searched = before.saturating_sub(1);
            let head = input.parse_head(&mut headers, false).unwrap();
            assert_eq!(head.is_some(), index + 1 == text.len());
        }
        assert!(parsed < 4 * text.len(), "{parsed} bytes were parsed for {}", text.len());
        assert_eq!(headers["x"].len(), long.len());
    }

    #[test]
    fn a_head_that_drips_keeps_no_block() {
        let (mut input, mut headers) = (Input::default(), HeaderMap::new());
        let mut block = BytesMut::with_capacity(BLOCK);
        read(&mut input, b"HTTP/1.1 200 OK\r\nContent-Le", &mut block);
        assert!(input.parse_head(&mut headers, false).unwrap().is_none());
        assert!(is_free(&mut block));
        read(&mut input, b"ngth: 0\r\n\r\n", &mut block);
        assert!(input.parse_head(&mut headers, false).unwrap().is_some());
    }

    #[test]
    fn a_body_that_pauses_keeps_no_block_and_neither_does_an_idle_connection() {
        let (mut input, mut headers) = (Input::default(), HeaderMap::new());
        let mut block = BytesMut::with_capacity(BLOCK);
        read(&mut input, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", &mut block);
        let mut decoder = input.parse_head(&mut headers, false).unwrap().unwrap().body;
        while !matches!(decoder.step(input.body()).unwrap(), super::super::Step::More) {}
        headers.clear();
        let mut cx = Context::from_waker(Waker::noop());
        let (mut stream, _other) = tokio::io::duplex(64);
        assert!(input.poll_read(&mut stream, &mut block, usize::MAX, &mut cx).is_pending());
        assert!(is_free(&mut block), "while it waits");
        read(&mut input, b"0\r\n\r\n", &mut block);
        while !matches!(decoder.step(input.body()).unwrap(), super::super::Step::End) {}
        assert!(input.end());
        assert!(is_free(&mut block), "when it is over");
    }

    #[test]
    fn garbage_is_found_out_although_its_head_never_ends() {
        let (mut input, mut headers) = (Input::default(), HeaderMap::new());
        let mut block = BytesMut::with_capacity(BLOCK);
        let found = (0..HEAD_BYTES * 2).find(|_| {
            read(&mut input, b"H", &mut block);
            input.parse_head(&mut headers, false).is_err()
        });
        assert!(found.is_some_and(|bytes| bytes < 8), "{found:?}");
        let mut endless = Input::default();
        read(&mut endless, b"HTTP/1.1 200 OK\r\nx: ", &mut block);
        let found = (0..HEAD_BYTES * 2).find(|_| {
            let result = endless.parse_head(&mut headers, false);
            read(&mut endless, b"y", &mut block);
            result.is_err()
        });
        assert!(found.is_some_and(|bytes| bytes <= HEAD_BYTES), "{found:?}");
    }

    proptest! {
        #[test]
        fn heads_and_what_follows_survive_any_cut(cuts in prop::collection::vec(0usize..140, 0..12)) {
            let text = b"\r\n\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n\
                         HTTP/1.1 200 OK\r\nServer: one\nContent-Length: 5\r\n\r\nhello";
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let (mut input, mut headers) = (Input::default(), HeaderMap::new());
            let (mut block, mut found, mut body) = (BytesMut::with_capacity(BLOCK), None, Vec::new());
            for pair in cuts.windows(2).filter(|pair| pair[0] < pair[1]) {
                read(&mut input, &text[pair[0]..pair[1]], &mut block);
                if found.is_none() {
                    found = input.parse_head(&mut headers, false).unwrap();
                }
                if found.is_some() {
                    body.extend_from_slice(&std::mem::take(input.body()));
                }
            }
            prop_assert_eq!(found.unwrap().status, 200);
            prop_assert_eq!(headers["server"].as_bytes(), b"one");
            prop_assert!(!headers.contains_key("link"));
            prop_assert_eq!(body, b"hello");
            prop_assert!(input.has_begun() && input.end() && !input.has_begun());
        }
    }
}
