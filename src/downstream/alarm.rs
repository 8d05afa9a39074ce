//! The one timer of a connection. It is touched only when the deadline has come closer, or when it has fired.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;

/// A timer that follows a deadline which moves with every byte, and mostly away from now.
#[derive(Debug)]
pub(super) struct Alarm<'a> {
    /// Fires at the deadline, or earlier.
    sleep: Pin<&'a mut Sleep>,
    /// The timer has this task's waker, and has not fired.
    registered: bool,
}

impl<'a> Alarm<'a> {
    pub(super) fn new(sleep: Pin<&'a mut Sleep>) -> Self {
        Self { sleep, registered: false }
    }

    /// Ready when the deadline, as it is now, has passed, with the time; else the task is woken in time to ask again.
    pub(super) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<Instant> {
        if deadline < self.sleep.deadline().into_std() {
            self.set(deadline);
        }
        loop {
            if self.registered {
                if !self.sleep.is_elapsed() {
                    return Poll::Pending;
                }
                self.registered = false;
            } else {
                // Not within tokio's cooperative budget: when the rest of the task has used it up, `Pending` would
                // mean that the timer had not been asked, and had kept no waker.
                let mut timer = tokio::task::unconstrained(self.sleep.as_mut());
                if Pin::new(&mut timer).poll(cx).is_pending() {
                    self.registered = true;
                    return Poll::Pending;
                }
            }
            let now = Instant::now();
            if now >= deadline {
                return Poll::Ready(now);
            }
            self.set(deadline);
        }
    }

    fn set(&mut self, deadline: Instant) {
        self.sleep.as_mut().reset(deadline.into());
        self.registered = false;
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::time::Duration;

    use tokio::time::sleep_until;

    use super::*;

    fn run<T>(task: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(task)
    }

    #[test]
    fn a_task_that_has_used_up_its_budget_is_woken_too() {
        run(async {
            let deadline = Instant::now() + Duration::from_millis(5);
            let sleep = pin!(sleep_until(deadline.into()));
            let mut alarm = Alarm::new(sleep);
            let mut first = true;
            let fired = poll_fn(|cx| {
                while std::mem::take(&mut first) || tokio::task::coop::has_budget_remaining() {
                    let _ = pin!(tokio::task::consume_budget()).poll(cx);
                }
                alarm.poll(deadline, cx)
            });
            tokio::time::timeout(Duration::from_secs(5), fired).await.expect("never woken");
        });
    }

    #[test]
    fn it_follows_a_deadline_both_ways() {
        run(async {
            let start = Instant::now();
            let (soon, later) = (start + Duration::from_millis(1), start + Duration::from_millis(20));
            let sleep = pin!(sleep_until((start + Duration::from_secs(3600)).into()));
            let mut alarm = Alarm::new(sleep);
            let mut deadline = soon;
            let fired = poll_fn(|cx| match alarm.poll(deadline, cx) {
                Poll::Ready(_) if deadline == soon => {
                    deadline = later;
                    alarm.poll(deadline, cx)
                }
                poll => poll,
            });
            assert!(fired.await >= later);
        });
    }
}
