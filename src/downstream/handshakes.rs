//! Connections on their way through a door. They are no clients yet, so this is where a drain finds them, and whoever looks for room
//! when there are as many connections as there may be.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::session::ON_ITS_WAY;
use crate::door::{Entered, Entering, Refused};

/// Those of one worker, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    under_way: RefCell<BTreeMap<u64, Rc<Handshake>>>,
    next: Cell<u64>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Handshake {
    since: Instant,
    /// It is given up then, and that is the other side's fault.
    limit: Instant,
    /// It is given up then, because the gateway wants it to be.
    by: Cell<Option<Instant>>,
    hurry: Notify,
}

impl Handshakes {
    /// Takes one in, by a number for [`Handshakes::end`].
    pub(super) fn begin(&self, timeout: Duration) -> (u64, Rc<Handshake>) {
        let (number, since) = (self.next.get(), Instant::now());
        let handshake =
            Handshake { since, limit: since + timeout, by: Cell::new(None), hurry: Notify::new() };
        let handshake = Rc::new(handshake);
        self.next.set(number + 1);
        self.under_way.borrow_mut().insert(number, handshake.clone());
        (number, handshake)
    }

    pub(super) fn end(&self, number: u64) {
        self.under_way.borrow_mut().remove(&number);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way.borrow().is_empty()
    }

    /// All of them must be over by then.
    pub(super) fn hasten(&self, by: Instant) {
        self.under_way.borrow().values().for_each(|handshake| handshake.hasten(by));
    }

    /// Has the oldest one make way, unless it may be over any moment. Whether one does.
    pub(super) fn end_oldest(&self, now: Instant) -> bool {
        let under_way = self.under_way.borrow();
        let oldest = under_way.values().find(|handshake| handshake.by.get().is_none());
        let oldest = oldest.filter(|handshake| now.duration_since(handshake.since) >= ON_ITS_WAY);
        oldest.inspect(|handshake| handshake.hasten(now)).is_some()
    }
}

impl Handshake {
    fn hasten(&self, by: Instant) {
        self.by.set(Some(self.by.get().map_or(by, |known| known.min(by))));
        self.hurry.notify_one();
    }

    /// What it comes to; nothing if it has to make way before that.
    pub(super) async fn wait_for(&self, mut entering: Entering<'_>) -> Result<Option<Entered>, Refused> {
        loop {
            let by = self.by.get().filter(|by| *by < self.limit);
            tokio::select! {
                biased;
                entered = &mut entering => return entered.map(Some),
                () = tokio::time::sleep_until(by.unwrap_or(self.limit).into()) => {
                    return if by.is_some() { Ok(None) } else { Err(Refused::HandshakeTimeout) };
                }
                () = self.hurry.notified() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn run<R>(test: impl Future<Output = R>) -> R {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test)
    }

    fn never() -> Entering<'static> {
        Box::pin(std::future::pending())
    }

    #[test]
    fn who_is_too_slow_is_refused_and_who_makes_way_is_not() {
        let all = Handshakes::default();
        let (_, slow) = all.begin(Duration::from_millis(5));
        assert_eq!(run(slow.wait_for(never())).unwrap_err(), Refused::HandshakeTimeout);
        let (_, hurried) = all.begin(MINUTE);
        all.hasten(Instant::now());
        assert!(matches!(run(hurried.wait_for(never())), Ok(None)));
        // Also if it is told while it waits; and once it has to go, nobody gives it more time.
        let (_, waiting) = all.begin(MINUTE);
        let told = async {
            tokio::join!(waiting.wait_for(never()), async {
                all.hasten(Instant::now());
                all.hasten(Instant::now() + MINUTE);
            })
        };
        assert!(matches!(run(told).0, Ok(None)));
    }

    #[test]
    fn the_oldest_makes_way_once_and_none_that_has_just_come() {
        let all = Handshakes::default();
        let (first, _) = all.begin(MINUTE);
        all.begin(MINUTE);
        let now = Instant::now();
        assert!(!all.end_oldest(now));
        let later = now + ON_ITS_WAY;
        assert!(all.end_oldest(later) && all.end_oldest(later) && !all.end_oldest(later));
        all.end(first);
        assert!(!all.is_empty() && !all.end_oldest(later));
    }
}
