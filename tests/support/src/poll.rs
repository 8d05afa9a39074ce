//! Waiting for what has no event to wait for: another process's state, or time.

use std::thread;
use std::time::{Duration, Instant};

use crate::watched::DEADLINE;

/// Between two looks: short beside anything that is waited for, long beside a look.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks again and again until there is something to see; panics at the deadline, with what is there instead.
#[track_caller]
pub fn poll<R>(mut look: impl FnMut() -> Result<R, String>) -> R {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) => assert!(Instant::now() < deadline, "still {instead}"),
        }
        thread::sleep(PAUSE);
    }
}
