//! Whether a client is awaited already: the runtime keeps the waker of a task from the look that found nothing to what comes next, so
//! in between a task that runs for another reason need not leave it there again.

use tokio::task::coop;

use crate::stream::Stream;

/// What the last look at a client's socket has left with the runtime. Nobody but the connection's own task looks.
#[derive(Debug, Default)]
pub(super) struct Awaited(bool);

impl Awaited {
    /// A look has found something, or nothing.
    pub(super) fn looked(&mut self, has_come: bool) {
        // When the task's cooperative budget is used up the runtime is not asked, and keeps no waker.
        self.0 = !has_come && coop::has_budget_remaining();
    }

    /// Somebody else has looked.
    pub(super) fn forget(&mut self) {
        self.0 = false;
    }

    /// Whether nothing has come since, and what comes will wake the task.
    #[inline]
    pub(super) fn is_still(&self, stream: &Stream) -> bool {
        self.0 && stream.is_quiet()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Duration;

    use super::*;

    #[test]
    fn whoever_looks_without_budget_is_woken_all_the_same() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            let stream = Stream::unix(ours).unwrap();
            let (mut awaited, mut turns) = (Awaited::default(), 0);
            let come = poll_fn(|cx| {
                turns += 1;
                while turns == 1 && coop::has_budget_remaining() {
                    let _ = pin!(coop::consume_budget()).poll(cx);
                }
                if awaited.is_still(&stream) {
                    return Poll::Pending;
                }
                let look = stream.poll_read_ready(cx);
                awaited.looked(look.is_ready());
                assert_eq!(awaited.is_still(&stream), turns == 2, "in turn {turns}");
                if turns == 2 {
                    theirs.write_all(b"x").unwrap();
                }
                look
            });
            tokio::time::timeout(Duration::from_secs(5), come).await.expect("never woken").unwrap();
            assert_eq!(turns, 3);
        });
    }
}
