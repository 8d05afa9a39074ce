//! The control thread: names, health checks and signals, on a runtime of their own, away from the request path.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};

use super::supervise::Crew;
use crate::downstream::LAST_WORDS;
use crate::late::Problems;
use crate::policy::{self, Control, Policy, Reloaded};
use crate::upstream::{Monitor, keep_names_fresh};
use crate::worker::{Process, Stage};

/// Beyond the time for the last words of what is cut off, a worker that does not end is left behind.
const LAST_TURN: Duration = Duration::from_secs(1);

/// How long policies may take to let go of what they hold back.
const STOP: Duration = Duration::from_secs(1);

/// How a gateway ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every worker has finished what it had.
    Drained,
    /// Requests were cut off, or a worker failed.
    Incomplete,
}

/// Runs until the gateway has stopped: checks start at once, signals move the stage, and so does a worker that is gone. The
/// first SIGTERM or SIGINT drains; a second one gives up waiting. The last stage is [`Stage::Stopped`]; everybody is told of it,
/// and has a moment to end.
pub(super) async fn run(
    process: Arc<Process>,
    stage: watch::Sender<Stage>,
    mut crew: Crew,
    hangup: Signal,
    ends: Ends,
) -> io::Result<Outcome> {
    keep_names_fresh(process.settings().upstreams);
    for monitor in Monitor::all(process.settings().upstreams) {
        tokio::task::spawn_local(monitor.run());
    }
    let policies = process.settings().policies;
    let control = Control::here();
    policies.iter().for_each(|policy| policy.start(&control));
    let (end, ended) = oneshot::channel();
    let tending = tokio::task::spawn_local(tend(policies, hangup, ended));
    let enter = |next| {
        process.enter(next);
        stage.send_replace(next);
    };
    drain(&process, enter, &mut crew, ends).await;
    enter(Stage::Stopped);
    if tokio::time::timeout(LAST_WORDS + LAST_TURN, crew.ended()).await.is_err() {
        tracing::error!(workers = crew.running(), "workers do not end; the process ends without them");
    }
    drop(end);
    if tokio::time::timeout(STOP, tending).await.is_err() {
        tracing::error!(
            "what middleware holds back cannot be let go of in time; the process ends without it"
        );
    }
    Ok(if crew.is_complete() { Outcome::Drained } else { Outcome::Incomplete })
}

/// SIGHUP means: read again what can be read again. It must not be what it is by default, the end.
pub(super) fn catch_hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// SIGTERM and SIGINT: the gateway is asked to end.
#[derive(Debug)]
pub(super) struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    /// From now on neither ends the process by itself.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// What policies do by themselves, one thing after the other: they reload at each SIGHUP, and let go of what they hold back when
/// `end` is dropped. Files may be on a disk that hangs; probes and other signals do not wait for it.
async fn tend(policies: &'static [&'static dyn Policy], mut hangup: Signal, mut end: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            biased;
            _ = &mut end => break,
            Some(()) = hangup.recv() => {}
        }
        if let Ok((reloaded, problems)) = tokio::task::spawn_blocking(|| policy::reload(policies)).await {
            tell(reloaded, &problems);
        }
    }
    // Who panics has had a line of their own.
    let _ = tokio::task::spawn_blocking(|| policy::stop(policies)).await;
}

/// What a SIGHUP has come to.
fn tell(reloaded: Reloaded, problems: &Problems) {
    for problem in problems.messages() {
        tracing::error!(signal = "SIGHUP", "{problem}");
    }
    match (reloaded, problems.messages().len()) {
        (Reloaded::Nothing, _) => {
            tracing::info!(signal = "SIGHUP", "there is nothing to reopen or to reload");
        }
        (Reloaded::Done, 0) => tracing::info!(signal = "SIGHUP", "reloaded"),
        (Reloaded::Done, problems) => {
            tracing::warn!(signal = "SIGHUP", problems, "reloaded but for what had a problem");
        }
    }
}

/// Until the workers have drained, or may not go on.
async fn drain(process: &Process, enter: impl Fn(Stage), crew: &mut Crew, mut ends: Ends) {
    let drain = process.settings().drain;
    tokio::select! {
        name = ends.next() => {
            tracing::info!(signal = name, delay = ?drain.delay, grace = ?drain.grace, "draining");
        }
        // The others go on for a while, but a gateway that has lost a worker is for its supervisor to start anew.
        () = crew.failure() => {
            tracing::error!(delay = ?drain.delay, grace = ?drain.grace, "draining, because a worker is gone");
        }
    }
    enter(Stage::Draining);
    tokio::select! {
        () = tokio::time::sleep(drain.delay) => {}
        _ = ends.next() => return,
        () = crew.ended() => return,
    }
    enter(Stage::Closing);
    tokio::select! {
        () = crew.drained() => {}
        () = tokio::time::sleep(drain.grace) => {
            tracing::warn!("the grace period is over; requests in flight are cut off");
        }
        _ = ends.next() => {
            tracing::warn!("second signal; requests in flight are cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::OperationalLog;
    use crate::process::supervise::{End, Reporter};
    use crate::settings::{Drain, Settings, Timeouts};
    use crate::worker::Capacity;

    static SETTINGS: Settings = Settings {
        timeouts: Timeouts::of(Duration::from_secs(1)),
        drain: Drain { delay: Duration::from_millis(100), grace: Duration::from_secs(60) },
        ..Settings::EMPTY
    };

    type Work = Box<dyn FnOnce(Reporter) -> io::Result<End> + Send>;

    #[test]
    fn when_a_worker_dies_the_gateway_turns_unready_drains_the_others_and_fails() {
        let process = Arc::new(Process::new(
            &SETTINGS,
            Box::default(),
            Capacity { clients: 0, files: 0 },
            OperationalLog::write_to(io::sink()).unwrap(),
        ));
        let (stage, watched) = watch::channel(Stage::Running);
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        let mut seen = watched.clone();
        let survivor: Work = Box::new(move |reporter| {
            let mut stages = Vec::new();
            while *seen.borrow() != Stage::Stopped {
                if *seen.borrow_and_update() == Stage::Closing {
                    break;
                }
                stages.push(*seen.borrow());
                while !seen.has_changed().unwrap_or(true) {
                    std::thread::yield_now();
                }
            }
            assert_eq!(stages, [Stage::Running, Stage::Draining]);
            reporter.idle();
            Ok(End::Drained)
        });
        let dying: Work = Box::new(move |_| {
            // Not before the survivor has seen that all was well.
            std::thread::sleep(Duration::from_millis(50));
            panic!("on purpose")
        });
        let outcome = runtime.block_on(async {
            let crew = Crew::start([survivor, dying]).unwrap();
            let (hangup, ends) = (catch_hangups().unwrap(), Ends::catch().unwrap());
            run(process.clone(), stage, crew, hangup, ends).await.unwrap()
        });
        assert_eq!(outcome, Outcome::Incomplete);
        assert_eq!((process.stage(), *watched.borrow()), (Stage::Stopped, Stage::Stopped));
    }
}
