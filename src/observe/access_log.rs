//! The access log: one JSON object a line. A worker has lines appended to a buffer of its own and hands full or aged
//! buffers to a writer thread through a bounded queue. Nobody waits: when the queue is full, lines are dropped and
//! counted, and the next line that can be written says how many.

mod second;
mod whole_lines;
mod writer;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;

pub(crate) use second::Second;
pub(crate) use writer::{LostLines, Queue, Writer};

use crate::timers::Timers;

/// A full buffer is handed over at once.
const FULL: usize = 48 * 1024;
/// Others wait for this long.
const AGE: Duration = Duration::from_millis(50);

/// One worker's side of the access log.
#[derive(Debug)]
pub(crate) struct AccessLogBuffer {
    buffer: RefCell<Vec<u8>>,
    lines: Cell<u64>,
    second: Cell<Second>,
    queue: Queue,
    filled: Notify,
}

impl AccessLogBuffer {
    pub(crate) fn new(queue: Queue) -> Self {
        Self {
            buffer: RefCell::new(Vec::with_capacity(FULL + 4 * 1024)),
            lines: Cell::new(0),
            second: Cell::default(),
            queue,
            filled: Notify::new(),
        }
    }

    /// Has a line appended, by who is told the second of the line before and says that of this one.
    #[inline]
    pub(crate) fn write(&self, append: impl FnOnce(&mut Vec<u8>, Second) -> Second) {
        let mut buffer = self.buffer.borrow_mut();
        if buffer.is_empty() {
            self.filled.notify_one();
        }
        self.second.set(append(&mut buffer, self.second.get()));
        self.lines.set(self.lines.get() + 1);
        if buffer.len() >= FULL {
            drop(buffer);
            self.flush();
        }
    }

    /// Hands the buffer to the writer thread; if it has fallen behind, the lines are lost and counted.
    pub(crate) fn flush(&self) {
        let lines = self.lines.take();
        if lines == 0 {
            return;
        }
        let mut buffer = self.buffer.borrow_mut();
        let fresh = self.queue.spare().unwrap_or_else(|| Vec::with_capacity(FULL + 4 * 1024));
        let full = std::mem::replace(&mut *buffer, fresh);
        if let Err(mut back) = self.queue.put(full, lines) {
            back.clear();
            *buffer = back;
        }
    }

    /// Flushes what has aged, for as long as the worker runs.
    pub(crate) async fn keep_fresh(&self, timers: &Rc<Timers>) {
        loop {
            self.filled.notified().await;
            timers.sleep(AGE).await;
            self.flush();
        }
    }
}
