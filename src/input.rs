//! What has been read from a peer and not been used: it stands between a stream and the codec. A head that comes in one piece
//! stays in the block it was read into; one that comes in pieces is gathered in a buffer of its own, so that a connection that
//! waits keeps no block.

use std::task::{Poll, ready};

use bytes::{Bytes, BytesMut};
use http::Method;

use crate::fields::Fields;
use crate::http1::Malformed;
use crate::http1::head::{Gathered, Limits, Refused, RequestHead, ResponseHead};

/// Bytes that have come and not been used.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// What is to be used next.
    bytes: Bytes,
    /// A head as far as it has come, if it was not whole at once; then `bytes` is empty.
    head: Gathered,
    /// Anything has come since it was last forgotten.
    begun: bool,
}

impl Input {
    /// Has `read` put what has arrived into `block`; its number of bytes, 0 at the end. All that was read before has been used.
    pub(crate) fn poll_read(
        &mut self,
        block: &mut BytesMut,
        read: impl FnOnce(&mut BytesMut) -> Poll<std::io::Result<usize>>,
    ) -> Poll<std::io::Result<usize>> {
        self.let_go();
        let count = ready!(read(block))?;
        self.bytes = block.split().freeze();
        self.begun |= count > 0;
        Poll::Ready(Ok(count))
    }

    /// All that was read has been used: its block is let go.
    pub(crate) fn let_go(&mut self) {
        self.bytes = Bytes::new();
    }

    /// Takes a whole head of a request off; `None` if more bytes are needed.
    pub(crate) fn take_request(
        &mut self,
        limits: &Limits,
        spare: &mut Fields,
    ) -> Result<Option<RequestHead>, Refused> {
        self.head.request(&mut self.bytes, limits, spare)
    }

    /// The line of the request that has come in part, as far as it has.
    pub(crate) fn line(&self, limits: &Limits) -> Option<(Method, Bytes)> {
        self.head.line(limits)
    }

    /// Takes a whole head of a response off, to a request of method `to`; `None` if more bytes are needed.
    pub(crate) fn take_response(
        &mut self,
        to: &Method,
        spare: &mut Fields,
    ) -> Result<Option<ResponseHead>, Malformed> {
        self.head.response(&mut self.bytes, to, spare)
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

    /// Whether some of a head is here, and not only empty lines in front of one.
    pub(crate) fn has_head(&self) -> bool {
        !self.head.is_blank()
    }

    /// Whether anything has come since it was last forgotten.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Drops what was not used.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The exchange is over. Whether nothing came behind it; nothing is kept of it then.
    pub(crate) fn end(&mut self) -> bool {
        let clean = !self.has_some();
        self.forget();
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::body::{Decoder, Event};
    use proptest::prelude::*;

    const BLOCK: usize = 64 * 1024;
    const LIMITS: Limits = Limits { bytes: 16 * 1024, fields: 100, target: 8 * 1024 };

    fn read(input: &mut Input, piece: &[u8], block: &mut BytesMut) {
        let come = input.poll_read(block, |block| {
            block.extend_from_slice(piece);
            Poll::Ready(Ok(piece.len()))
        });
        assert!(matches!(come, Poll::Ready(Ok(count)) if count > 0));
    }

    fn request(input: &mut Input) -> Option<RequestHead> {
        input.take_request(&LIMITS, &mut Fields::default()).unwrap()
    }

    /// Whether nobody else keeps the block.
    fn is_free(block: &mut BytesMut) -> bool {
        block.try_reclaim(BLOCK)
    }

    #[test]
    fn a_head_that_drips_keeps_no_block() {
        let (mut input, mut block) = (Input::default(), BytesMut::with_capacity(BLOCK));
        read(&mut input, b"GET / HTTP/1.1\r\nHo", &mut block);
        assert!(request(&mut input).is_none() && input.has_some());
        assert!(is_free(&mut block));
        read(&mut input, b"st: a\r\n\r\n", &mut block);
        assert!(request(&mut input).is_some() && !input.has_some());
    }

    #[test]
    fn a_body_that_pauses_keeps_no_block_and_neither_does_an_idle_connection() {
        let (mut input, mut block) = (Input::default(), BytesMut::with_capacity(BLOCK));
        read(&mut input, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", &mut block);
        let head = request(&mut input).unwrap();
        let mut decoder = Decoder::request(head.framing);
        drop(head);
        while !matches!(decoder.next(input.rest()).unwrap(), Event::More) {}
        assert!(input.poll_read(&mut block, |_| Poll::Pending).is_pending());
        assert!(is_free(&mut block), "while it waits");
        read(&mut input, b"0\r\n\r\n", &mut block);
        while !matches!(decoder.next(input.rest()).unwrap(), Event::End) {}
        assert!(input.end());
        assert!(is_free(&mut block), "when it is over");
    }

    proptest! {
        #[test]
        fn heads_and_what_follows_survive_any_cut(cuts in prop::collection::vec(0usize..140, 0..12)) {
            let text = b"\r\n\nHTTP/1.1 200 OK\r\nServer: one\nContent-Length: 5\r\n\r\nhello";
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let mut input = Input::default();
            let (mut block, mut found, mut body) = (BytesMut::with_capacity(BLOCK), None, Vec::new());
            for pair in cuts.windows(2).filter(|pair| pair[0] < pair[1]) {
                read(&mut input, &text[pair[0]..pair[1]], &mut block);
                if found.is_none() {
                    found = input.take_response(&Method::GET, &mut Fields::default()).unwrap();
                }
                if found.is_some() {
                    body.extend_from_slice(&std::mem::take(input.rest()));
                }
            }
            let head = found.unwrap();
            prop_assert_eq!((head.status.as_u16(), head.fields.get("server")), (200, Some(&b"one"[..])));
            prop_assert_eq!(body, b"hello");
            prop_assert!(input.has_begun() && input.end() && !input.has_begun());
        }
    }
}
