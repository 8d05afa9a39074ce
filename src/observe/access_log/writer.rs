//! The writer thread: the only place that touches stdout. It may block there for as long as it likes.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use super::whole_lines::{WholeLines, stdout};

/// Buffers that may wait for the writer, for each worker.
const DEPTH: usize = 64;

/// How many lines nobody will read: counted by whoever has lost them.
#[derive(Debug, Default)]
pub(crate) struct LostLines(AtomicU64);

impl LostLines {
    fn add(&self, lines: u64) {
        self.0.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The writer thread, seen from the side that stops it.
#[derive(Debug)]
pub(crate) struct Writer {
    thread: std::thread::JoinHandle<()>,
}

/// One worker's way to the writer thread.
#[derive(Debug)]
pub(crate) struct Queue {
    full: SyncSender<Batch>,
    spare: Receiver<Vec<u8>>,
    returned: SyncSender<Vec<u8>>,
    lost: Arc<LostLines>,
}

#[derive(Debug)]
struct Batch {
    text: Vec<u8>,
    home: SyncSender<Vec<u8>>,
}

impl Queue {
    /// An empty buffer that the writer is done with.
    pub(super) fn spare(&self) -> Option<Vec<u8>> {
        self.spare.try_recv().ok()
    }

    /// Has the text written, which is so many lines; gives it back if the writer has fallen behind, and they are lost.
    pub(super) fn put(&self, text: Vec<u8>, lines: u64) -> Result<(), Vec<u8>> {
        self.full.try_send(Batch { text, home: self.returned.clone() }).map_err(|error| match error {
            TrySendError::Full(batch) | TrySendError::Disconnected(batch) => {
                self.lost.add(lines);
                batch.text
            }
        })
    }
}

impl Writer {
    /// Starts the thread, with a queue for each of `workers` workers.
    pub(crate) fn start(lost: Arc<LostLines>, workers: usize) -> std::io::Result<(Self, Vec<Queue>)> {
        let (full, batches) = sync_channel(DEPTH * workers);
        let queues = (0..workers).map(|_| {
            let (returned, spare) = sync_channel(4);
            Queue { full: full.clone(), spare, returned, lost: lost.clone() }
        });
        let queues = queues.collect();
        let output = WholeLines::new(stdout()?);
        let thread = std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || run(&batches, &lost, output))?;
        Ok((Self { thread }, queues))
    }

    /// Waits until everything handed over is written, at most until `deadline`: stdout may be blocked for ever.
    pub(crate) fn finish(self, deadline: Instant) {
        while !self.thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Writes until every queue is gone. Lines that could not be written (a closed pipe, a full disk) are counted.
fn run(batches: &Receiver<Batch>, lost: &LostLines, mut output: WholeLines<impl Write>) {
    let mut reported = 0;
    while let Ok(mut batch) = batches.recv() {
        let count = lost.count();
        if count > reported {
            let notice = format!("{{\"event\":\"access_log_dropped\",\"count\":{}}}\n", count - reported);
            if output.write(notice.as_bytes()).is_ok() {
                reported = count;
            }
        }
        if let Err(lines) = output.write(&batch.text) {
            lost.add(lines);
        }
        batch.text.clear();
        // The worker may have spares enough; then this buffer goes.
        let _ = batch.home.try_send(batch.text);
    }
}
