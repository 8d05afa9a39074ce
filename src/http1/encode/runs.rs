//! Which of the bytes that wait are body: what a connection took of a message is counted without its head and its
//! framing.

/// Runs that are worth keeping the memory of.
const KEPT: usize = 4;

/// Bytes that wait, in the order in which they leave.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// All but the last; most messages have none.
    earlier: Vec<Run>,
    last: Run,
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
        if self.last.body == 0 {
            self.last.text += length;
        } else {
            self.earlier.push(self.last);
            self.last = Run { text: length, body: 0 };
        }
    }

    #[inline]
    pub(super) fn body(&mut self, length: usize) {
        self.last.body += length;
    }

    /// The first `count` bytes leave; how many of them are body.
    #[inline]
    pub(super) fn take(&mut self, mut count: usize) -> u64 {
        let mut body = 0;
        for run in &mut self.earlier {
            // Those that have left are empty, and few.
            body += run.take(&mut count);
            if run.text + run.body > 0 {
                return body as u64;
            }
        }
        self.earlier.clear();
        (body + self.last.take(&mut count)) as u64
    }

    pub(super) fn clear(&mut self) {
        *self = Self { earlier: std::mem::take(&mut self.earlier), ..Self::default() };
        self.earlier.clear();
    }

    /// Lets go of the memory, if it is much.
    pub(super) fn forget(&mut self) {
        if self.earlier.capacity() > KEPT {
            self.earlier = Vec::new();
        }
    }

    /// How many bytes wait.
    #[cfg(any(test, fuzzing))]
    pub(super) fn total(&self) -> usize {
        let waiting = self.earlier.iter().chain([&self.last]);
        waiting.map(|run| run.text + run.body).sum()
    }

    /// How many runs are kept.
    pub(super) fn len(&self) -> usize {
        self.earlier.len() + 1
    }
}

impl Run {
    /// Takes from the front what of `count` there is, and says how much of that is body.
    #[inline]
    fn take(&mut self, count: &mut usize) -> usize {
        let text = self.text.min(*count);
        let body = self.body.min(*count - text);
        *count -= text + body;
        *self = Self { text: self.text - text, body: self.body - body };
        body
    }
}
