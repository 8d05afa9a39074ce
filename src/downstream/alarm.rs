//! The one timer of a connection. It is touched only when the deadline has come closer, or when it has fired.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::timers::{Timer, Timers};

/// A timer that follows a deadline which moves with every byte, and mostly away from now.
#[derive(Debug)]
pub(super) struct Alarm {
    timer: Timer,
    /// When it fires, if it is set: at the deadline, or earlier.
    at: Instant,
}

impl Alarm {
    pub(super) fn new(timers: &Rc<Timers>, deadline: Instant) -> Self {
        Self { timer: Timer::new(timers.clone()), at: deadline }
    }

    /// Ready when the deadline, as it is now, has passed, with the time; else the task is woken in time to ask again.
    pub(super) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<Instant> {
        if self.at <= deadline && self.timer.is_set() {
            return Poll::Pending;
        }
        let now = Instant::now();
        if now >= deadline {
            return Poll::Ready(now);
        }
        self.timer.set(deadline, cx.waker());
        self.at = deadline;
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::time::Duration;

    use super::*;

    fn run<T>(test: impl AsyncFnOnce(Rc<Timers>) -> T) -> T {
        tokio::runtime::LocalRuntime::new().unwrap().block_on(async {
            let timers = Rc::new(Timers::new().unwrap());
            let running = timers.clone();
            tokio::task::spawn_local(async move { running.run().await });
            tokio::time::timeout(Duration::from_secs(5), test(timers)).await.expect("never woken")
        })
    }

    #[test]
    fn a_task_that_has_used_up_its_budget_is_woken_too() {
        run(async |timers| {
            let deadline = Instant::now() + Duration::from_millis(5);
            let mut alarm = Alarm::new(&timers, deadline);
            let mut first = true;
            poll_fn(|cx| {
                while std::mem::take(&mut first) || tokio::task::coop::has_budget_remaining() {
                    let _ = pin!(tokio::task::consume_budget()).poll(cx);
                }
                alarm.poll(deadline, cx)
            })
            .await
        });
    }

    #[test]
    fn it_follows_a_deadline_both_ways() {
        run(async |timers| {
            let start = Instant::now();
            let (soon, later) = (start + Duration::from_millis(1), start + Duration::from_millis(20));
            let mut alarm = Alarm::new(&timers, start + Duration::from_secs(3600));
            let mut deadline = start + Duration::from_secs(3600);
            let fired = poll_fn(|cx| match alarm.poll(deadline, cx) {
                Poll::Pending if deadline > later => {
                    deadline = soon;
                    alarm.poll(deadline, cx)
                }
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
