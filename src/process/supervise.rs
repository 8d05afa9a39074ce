//! The worker threads, seen from the thread that watches them: who has nothing left to do, and who has ended, and how.

use std::io;
use std::panic::AssertUnwindSafe;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How a worker's work came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It had finished everything that it had.
    Drained,
    /// Some of it was cut off.
    CutOff,
}

/// What a worker says of itself.
#[derive(Debug)]
enum Report {
    /// It has no request in flight and takes none any more.
    Idle,
    /// Its thread is over: as it should, or for this reason.
    Ended(Result<End, String>),
}

/// A worker's way to say that it has finished what it had.
#[derive(Debug)]
pub(super) struct Reporter(UnboundedSender<Report>);

impl Reporter {
    /// Nothing is in flight, and nothing will be. Who ends without a word counts as idle too.
    pub(super) fn idle(self) {
        // Whoever should hear it may be gone; then it does not matter.
        let _ = self.0.send(Report::Idle);
    }
}

/// All workers.
#[derive(Debug)]
pub(super) struct Crew {
    reports: UnboundedReceiver<Report>,
    /// Kept, so that there is always a sender: no report means that nothing has happened.
    _reporter: UnboundedSender<Report>,
    working: usize,
    running: usize,
    cut_off: bool,
    failed: bool,
}

impl Crew {
    /// Starts a thread for each of `works`, named `worker-0` and so on. A panic is an end like any other failure.
    pub(super) fn start<W>(works: impl IntoIterator<Item = W>) -> io::Result<Self>
    where
        W: FnOnce(Reporter) -> io::Result<End> + Send + 'static,
    {
        let (reporter, reports) = unbounded_channel();
        let mut count = 0;
        for work in works {
            let name = format!("worker-{count}");
            let (ended, working) = (reporter.clone(), Reporter(reporter.clone()));
            std::thread::Builder::new().name(name.clone()).spawn(move || {
                let result = std::panic::catch_unwind(AssertUnwindSafe(|| work(working)));
                let result = match result {
                    Ok(result) => result.map_err(|error| format!("{name} failed: {error}")),
                    Err(_) => Err(format!("{name} panicked")),
                };
                let _ = ended.send(Report::Ended(result));
            })?;
            count += 1;
        }
        Ok(Self {
            reports,
            _reporter: reporter,
            working: count,
            running: count,
            cut_off: false,
            failed: false,
        })
    }

    /// Returns when a worker has failed, or has ended though nobody asked it to.
    pub(super) async fn failure(&mut self) {
        while !self.failed && self.running > 0 {
            self.hear(false).await;
        }
    }

    /// Returns when no worker has a request in flight.
    pub(super) async fn drained(&mut self) {
        while self.working > 0 && self.running > 0 {
            self.hear(true).await;
        }
    }

    /// Returns when every thread is over.
    pub(super) async fn ended(&mut self) {
        while self.running > 0 {
            self.hear(true).await;
        }
    }

    /// The number of threads that are not over.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Whether every worker has ended, and well.
    pub(super) fn is_complete(&self) -> bool {
        self.running == 0 && !self.failed && !self.cut_off
    }

    /// Takes in the next report; safe to be dropped.
    async fn hear(&mut self, may_end: bool) {
        match self.reports.recv().await {
            Some(Report::Idle) => self.working = self.working.saturating_sub(1),
            Some(Report::Ended(result)) => {
                self.running -= 1;
                match result {
                    Ok(End::CutOff) => self.cut_off = true,
                    Ok(End::Drained) if may_end => {}
                    Ok(End::Drained) => self.failed = true,
                    Err(why) => {
                        tracing::error!(why, "a worker is gone");
                        self.failed = true;
                        // It will not say that it is idle any more; it may have done so before, which can only mean
                        // that the others are waited for a little less.
                        self.working = self.working.saturating_sub(1);
                    }
                }
            }
            // There is a sender as long as this exists.
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};

    type Work = Box<dyn FnOnce(Reporter) -> io::Result<End> + Send>;

    fn working_until(told: Receiver<()>) -> Work {
        Box::new(move |reporter| {
            let _ = told.recv();
            reporter.idle();
            Ok(End::Drained)
        })
    }

    #[tokio::test]
    async fn a_worker_that_panics_or_fails_is_noticed_at_once() {
        let deaths: [fn() -> Work; 2] =
            [|| Box::new(|_| panic!("on purpose")), || Box::new(|_| Err(io::Error::other("on purpose")))];
        for death in deaths {
            let (tell, told) = channel();
            let mut crew = Crew::start([working_until(told), death()]).unwrap();
            crew.failure().await;
            assert_eq!(crew.running(), 1);
            tell.send(()).unwrap();
            crew.drained().await;
            crew.ended().await;
            assert!(!crew.is_complete());
        }
    }

    #[tokio::test]
    async fn a_worker_that_ends_unasked_is_a_failure_too() {
        let mut crew = Crew::start([|_| Ok(End::Drained)]).unwrap();
        crew.failure().await;
        crew.ended().await;
        assert!(!crew.is_complete());
    }

    #[tokio::test]
    async fn all_is_well_when_all_have_drained() {
        let (tell, told): (Vec<_>, Vec<_>) = (0..3).map(|_| channel()).unzip();
        let mut crew = Crew::start(told.into_iter().map(working_until)).unwrap();
        tell.iter().for_each(|tell| tell.send(()).unwrap());
        crew.drained().await;
        crew.ended().await;
        assert!(crew.is_complete());
    }
}
