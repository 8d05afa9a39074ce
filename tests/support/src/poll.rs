//! Waiting for what has no event to wait for: another process's state, or time. Here alone a test sleeps.

use std::thread;
use std::time::{Duration, Instant};

use crate::watched::DEADLINE;

/// Between two looks: short beside anything that is waited for, long beside a look.
const PAUSE: Duration = Duration::from_millis(5);

/// What has not changed for so long stands still.
const STILL: Duration = Duration::from_millis(250);

/// Looks again and again until there is something to see; panics at the deadline, with what is there instead.
#[track_caller]
pub fn poll<R>(look: impl FnMut() -> Result<R, String>) -> R {
    poll_within(DEADLINE, look)
}

/// The same with a deadline of its own.
#[track_caller]
pub fn poll_within<R>(time: Duration, mut look: impl FnMut() -> Result<R, String>) -> R {
    let deadline = Instant::now() + time;
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) => assert!(Instant::now() < deadline, "still {instead}"),
        }
        thread::sleep(PAUSE);
    }
}

/// Waits until a counter has stood still for a while, and gives what it stands at: back-pressure has reached its
/// source. That nothing happens is no event.
#[track_caller]
pub fn standstill(count: impl Fn() -> u64) -> u64 {
    let (mut last, mut since) = (count(), Instant::now());
    poll(|| {
        let now = count();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        if since.elapsed() < STILL { Err(format!("moving, at {last}")) } else { Ok(last) }
    })
}

/// Lets time pass where time itself is the subject: a refill, a breaker that is open, the pace of a peer.
pub fn let_pass(time: Duration) {
    thread::sleep(time);
}
