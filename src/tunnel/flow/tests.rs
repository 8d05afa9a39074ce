//! A source and a reader that do anything: what comes arrives, and nobody has more than a turn.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};

use proptest::prelude::*;
use tokio::io::ReadBuf;

use super::*;

/// A reader and a source that do what they are told.
struct Script {
    /// What comes of each read: so many bytes, or nothing yet. Then the end.
    reads: Vec<Option<usize>>,
    text: Vec<u8>,
    /// How much is taken of each write. Then everything.
    writes: Vec<usize>,
    taken: Vec<u8>,
    is_shut: bool,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A read of nothing would be the end.
        let most = match self.reads.pop() {
            Some(Some(most)) => most.max(1),
            Some(None) => return Poll::Pending,
            None => usize::MAX,
        };
        let most = most.min(self.text.len()).min(buffer.remaining());
        buffer.put_slice(&self.text[..most]);
        self.text.drain(..most);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        assert!(!self.is_shut, "written behind the end");
        match self.writes.pop() {
            Some(0) => Poll::Pending,
            Some(most) => {
                let most = most.min(bytes.len());
                self.taken.extend_from_slice(&bytes[..most]);
                Poll::Ready(Ok(most))
            }
            None => {
                self.taken.extend_from_slice(bytes);
                Poll::Ready(Ok(bytes.len()))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_shut = true;
        Poll::Ready(Ok(()))
    }
}

proptest! {
    /// However it is read and however it is taken: all of it arrives, in its order and once, the end behind it; and what waits is never
    /// more than one read.
    #[test]
    fn what_comes_arrives(
        early in prop::collection::vec(any::<u8>(), 0..40),
        text in prop::collection::vec(any::<u8>(), 0..3 * READ_AHEAD),
        reads in prop::collection::vec(prop::option::of(0..2 * READ_AHEAD), 0..40),
        writes in prop::collection::vec(0..READ_AHEAD, 0..24),
    ) {
        let script = |text, reads, writes| Script { reads, text, writes, taken: Vec::new(), is_shut: false };
        let most_polls = reads.len() + writes.len() + 1;
        let mut source = script(text.clone(), reads, Vec::new());
        let mut reader = script(Vec::new(), Vec::new(), writes);
        let (mut flow, mut block) = (Flow::beginning_with(&early), BytesMut::with_capacity(4 * READ_AHEAD));
        let mut cx = Context::from_waker(Waker::noop());
        let mut polls = 0;
        while flow.poll(&mut source, &mut reader, &mut block, &mut cx).is_pending() {
            polls += 1;
            prop_assert!(polls <= most_polls, "it never ends");
            prop_assert!(block.is_empty(), "something stays in the block of all");
            let behind = early.len() + text.len() - source.text.len() - reader.taken.len();
            prop_assert!(behind <= early.len().max(READ_AHEAD) && flow.is_stuck() == (behind > 0));
        }
        prop_assert!(reader.is_shut && flow.has_ended());
        prop_assert_eq!(&reader.taken, &[early.clone(), text.clone()].concat());
        let moved = flow.take_moved();
        prop_assert_eq!((moved.read, moved.written), (text.len() as u64, reader.taken.len() as u64));
    }
}

#[test]
fn a_reader_that_takes_nothing_any_more_is_gone() {
    struct Full;
    impl AsyncWrite for Full {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(0))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let mut cx = Context::from_waker(Waker::noop());
    let mut block = BytesMut::with_capacity(READ_AHEAD);
    let mut flow = Flow::beginning_with(b"early");
    let broken = flow.poll(&mut &b""[..], &mut Full, &mut block, &mut cx);
    assert_eq!(broken, Poll::Ready(Err(Broken::Reader)));
}

#[test]
fn a_source_that_never_pauses_has_its_turn_and_no_more() {
    /// There is always more; it counts how often that is read.
    struct Endless(u32);
    impl AsyncRead for Endless {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            self.0 += 1;
            assert!(self.0 <= 3 * TURN, "it is read for as long as there is something");
            buffer.put_slice(&vec![b'x'; buffer.remaining()]);
            Poll::Ready(Ok(()))
        }
    }
    /// It counts how often it is woken.
    struct Task(AtomicU32);
    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let task = Arc::new(Task(AtomicU32::new(0)));
    let waker = Waker::from(task.clone());
    let (mut source, mut reader) = (Endless(0), tokio::io::sink());
    let (mut flow, mut block) = (Flow::default(), BytesMut::with_capacity(READ_AHEAD));
    for turns in 1..4 {
        let polled = flow.poll(&mut source, &mut reader, &mut block, &mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        assert_eq!((source.0, task.0.load(Ordering::Relaxed)), (turns * TURN, turns));
    }
    let all = u64::from(3 * TURN) * READ_AHEAD as u64;
    assert_eq!(flow.take_moved(), Moved { read: all, written: all });
}
