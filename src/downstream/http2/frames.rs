//! What a client's frames cost beside what they bring: frame heads are looked at as they go by (RFC 9113 section 4.1), and who sends
//! nothing but frames that ask for work is told to calm down (section 10.5). Requests, bodies and their limits are the `h2` crate's.

use std::time::{Duration, Instant};

/// Of a frame's head.
const HEAD: usize = 9;
/// A long connection is given its allowance anew after this: pings and settings that are far apart are no flood.
const RENEWED_AFTER: Duration = Duration::from_secs(10);
/// A frame that brings something, in either direction, makes up for so many that do not: each piece of a response may be answered by a
/// window for its stream and one for the connection, and by a ping of whoever measures its way.
const MADE_UP: u32 = 4;

/// The frames of one direction.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; HEAD],
    /// Bytes of the head that are here.
    had: usize,
    /// Bytes of the payload that are still to come.
    left: usize,
}

/// What the head of a frame says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Fields or data.
    Useful,
    /// It brings nothing of a message, or nothing at all.
    Idle,
}

impl Frames {
    /// Of a direction that begins with so many bytes which are no frame.
    pub(super) fn behind(preface: usize) -> Self {
        Self { left: preface, ..Self::default() }
    }

    /// These bytes go by; every frame that begins in them is told.
    pub(super) fn pass(&mut self, mut bytes: &[u8], mut each: impl FnMut(Frame)) {
        loop {
            let passed = self.left.min(bytes.len());
            (self.left, bytes) = (self.left - passed, &bytes[passed..]);
            let taken = (HEAD - self.had).min(bytes.len());
            if taken == 0 {
                return;
            }
            self.head[self.had..self.had + taken].copy_from_slice(&bytes[..taken]);
            (self.had, bytes) = (self.had + taken, &bytes[taken..]);
            if self.had < HEAD {
                return;
            }
            self.had = 0;
            let [a, b, c, kind, flags, ..] = self.head;
            self.left = u32::from_be_bytes([0, a, b, c]) as usize;
            each(Frame::of(kind, flags, self.left));
        }
    }
}

impl Frame {
    fn of(kind: u8, flags: u8, length: usize) -> Self {
        const DATA: u8 = 0;
        const HEADERS: u8 = 1;
        const CONTINUATION: u8 = 9;
        const END_STREAM: u8 = 1;
        let is_useful = match kind {
            DATA => length > 0 || flags & END_STREAM != 0,
            HEADERS => true,
            CONTINUATION => length > 0,
            _ => false,
        };
        if is_useful { Self::Useful } else { Self::Idle }
    }
}

/// How many frames that bring nothing a client may still send.
#[derive(Debug)]
pub(super) struct Allowance {
    most: u32,
    left: u32,
    /// Since when it is used up.
    since: Instant,
}

impl Allowance {
    pub(super) fn new(most: u32) -> Self {
        Self { most, left: most, since: Instant::now() }
    }

    /// A frame that brings something has come, or went.
    pub(super) fn make_up(&mut self) {
        self.left = self.left.saturating_add(MADE_UP).min(self.most);
    }

    /// Takes one off; whether there was one left. The clock is read only if there is none.
    pub(super) fn take(&mut self) -> bool {
        if self.left == 0 {
            let now = Instant::now();
            if now.duration_since(self.since) < RENEWED_AFTER {
                return false;
            }
            (self.left, self.since) = (self.most, now);
        }
        self.left = self.left.saturating_sub(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn frames_are_told_once_wherever_they_are_cut() {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let all = [
            preface.to_vec(),
            frame(4, 0, &[0; 6]),
            frame(1, 5, &[0; 300]),
            frame(0, 0, b""),
            frame(0, 1, b""),
            frame(0, 0, &[0; 70_000]),
            frame(9, 0, b""),
            frame(9, 4, b"x"),
            frame(6, 0, &[0; 8]),
            frame(200, 0, &[0; 8]),
        ]
        .concat();
        use Frame::{Idle, Useful};
        let expected = [Idle, Useful, Idle, Useful, Useful, Idle, Useful, Idle, Idle];
        for size in [1, 2, 8, 9, 10, 33, 4096, all.len()] {
            let (mut frames, mut found) = (Frames::behind(preface.len()), Vec::new());
            for piece in all.chunks(size) {
                frames.pass(piece, |frame| found.push(frame));
            }
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn who_brings_something_may_ask_for_something() {
        let mut allowance = Allowance::new(10);
        for _ in 0..1000 {
            allowance.make_up();
            assert!((0..MADE_UP).all(|_| allowance.take()));
        }
        // It saves up no more than it had.
        (0..100).for_each(|_| allowance.make_up());
        assert!((0..10).all(|_| allowance.take()) && !allowance.take() && !allowance.take());
        allowance.make_up();
        assert!(allowance.take());
    }

    #[test]
    fn what_is_far_apart_is_no_flood() {
        let mut allowance = Allowance::new(1);
        assert!(allowance.take() && !allowance.take());
        allowance.since = Instant::now() - RENEWED_AFTER;
        assert!(allowance.take() && !allowance.take());
    }
}
