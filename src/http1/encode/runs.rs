//! Which of the bytes that wait are body: what a connection took of a message is counted without its head and its
//! framing.

use std::collections::VecDeque;

/// Bytes that wait, in the order in which they leave.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// What goes first; most messages are one run.
    first: Run,
    rest: VecDeque<Run>,
}

/// Text, and body behind it.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    text: usize,
    body: usize,
}

impl Runs {
    #[inline]
    pub(super) fn text(&mut self, length: usize) {
        let last = self.last();
        if last.body == 0 {
            last.text += length;
        } else if length > 0 {
            self.rest.push_back(Run { text: length, body: 0 });
        }
    }

    #[inline]
    pub(super) fn body(&mut self, length: usize) {
        self.last().body += length;
    }

    /// The first `count` bytes leave; how many of them are body.
    #[inline]
    pub(super) fn take(&mut self, mut count: usize) -> u64 {
        let mut body = 0;
        loop {
            let text = count.min(self.first.text);
            let data = (count - text).min(self.first.body);
            self.first = Run { text: self.first.text - text, body: self.first.body - data };
            body += data as u64;
            count -= text + data;
            if self.first.text + self.first.body > 0 {
                return body;
            }
            match self.rest.pop_front() {
                Some(next) => self.first = next,
                None => return body,
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.first = Run::default();
        self.rest.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.rest.len() + 1
    }

    fn last(&mut self) -> &mut Run {
        self.rest.back_mut().unwrap_or(&mut self.first)
    }
}
