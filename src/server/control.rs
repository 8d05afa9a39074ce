//! The control thread: names, health checks and signals, on a runtime of their own, away from the request path.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::process::{Phase, Process};
use crate::upstream::{Monitor, keep_names_fresh};

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every worker has finished what it had.
    Drained,
    /// Requests were cut off.
    CutOff,
}

/// Runs until the gateway is to stop: checks start at once, signals move the phase. The first SIGTERM or SIGINT
/// drains; a second one gives up waiting. The last phase is [`Phase::Stopped`], and everybody is told of it.
pub(super) async fn run(
    process: Arc<Process>,
    phase: watch::Sender<Phase>,
    idle: watch::Sender<()>,
) -> io::Result<Outcome> {
    keep_names_fresh(process.settings().upstreams);
    for monitor in Monitor::all(process.settings().upstreams) {
        tokio::task::spawn_local(monitor.run());
    }
    let outcome = wait(&process, &phase, &idle).await?;
    process.enter(Phase::Stopped);
    phase.send_replace(Phase::Stopped);
    Ok(outcome)
}

/// Until the workers have drained, which they say by dropping their ends of `idle`, or may not go on.
async fn wait(
    process: &Process,
    phase: &watch::Sender<Phase>,
    idle: &watch::Sender<()>,
) -> io::Result<Outcome> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    let drain = process.settings().drain;
    tracing::info!(signal = name, delay = ?drain.delay, grace = ?drain.grace, "draining");
    process.enter(Phase::Draining);
    phase.send_replace(Phase::Draining);
    let again = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    tokio::pin!(again);
    tokio::select! {
        () = tokio::time::sleep(drain.delay) => {}
        () = &mut again => return Ok(Outcome::CutOff),
    }
    process.enter(Phase::Closing);
    phase.send_replace(Phase::Closing);
    tokio::select! {
        () = idle.closed() => return Ok(Outcome::Drained),
        () = tokio::time::sleep(drain.grace) => {
            tracing::warn!("the grace period is over; requests in flight are cut off");
        }
        () = &mut again => tracing::warn!("second signal; requests in flight are cut off"),
    }
    Ok(Outcome::CutOff)
}
