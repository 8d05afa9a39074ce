//! The deadlines of a worker's tasks, and the one timer of the kernel's (timerfd_create(2)) that wakes the worker for the first of them.
//!
//! The runtime has timers too, but looks at all of them, and twice at the clock, whenever it has waited for sockets: with none it looks at
//! nothing. So what every worker and every connection has is here, where it costs only what is set, and what is rare is the runtime's.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// Milliseconds since the timers were made. What is due in the same one is due together.
type Tick = u64;

/// Where a deadline is among those that wait, in their order. One number, as every connection has it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(NonZeroU64);

impl Place {
    /// Bits below the tick's, which tell apart what is due in the same one; above them is room for centuries.
    const BITS: u32 = 20;

    /// The first one of a tick.
    fn first(tick: Tick) -> Self {
        Self(NonZeroU64::MIN.saturating_add(tick << Self::BITS))
    }

    fn tick(self) -> Tick {
        (self.0.get() - 1) >> Self::BITS
    }

    /// So many behind it. Behind the last one of a tick are those of the next.
    fn behind(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

/// The deadlines of one worker.
#[derive(Debug)]
pub(crate) struct Timers {
    start: Instant,
    kernel: AsyncFd<OwnedFd>,
    /// What the kernel's timer is set to, if it is.
    set_to: Cell<Option<Tick>>,
    /// All that was due by then has been woken.
    passed: Cell<Tick>,
    waiting: RefCell<BTreeMap<Place, Waker>>,
    /// Tells the next one from others of its tick.
    next: Cell<u64>,
}

impl Timers {
    /// Made in a runtime, whose tasks they are for. Somebody has to [`run`](Self::run) them.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let kernel = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        Ok(Self {
            start: Instant::now(),
            #[allow(deprecated, reason = "for the sake of types that do not own their file; this one does")]
            kernel: AsyncFd::new(kernel)?,
            set_to: Cell::new(None),
            passed: Cell::new(0),
            waiting: RefCell::default(),
            next: Cell::new(0),
        })
    }

    /// Wakes whoever is due, for as long as the worker runs.
    ///
    /// # Errors
    ///
    /// The runtime has ended.
    pub(crate) async fn run(&self) -> io::Result<()> {
        loop {
            let mut ready = self.kernel.readable().await?;
            // It says how often it has fired, which is no news.
            let _ = ready.try_io(|kernel| Ok(rustix::io::read(kernel.get_ref(), &mut [0; 8])?));
            self.set_to.set(None);
            self.wake_due(Instant::now());
        }
    }

    fn wake_due(&self, now: Instant) {
        let now = now.duration_since(self.start).as_millis() as Tick;
        self.passed.set(now);
        let due = {
            let mut waiting = self.waiting.borrow_mut();
            let later = waiting.split_off(&Place::first(now + 1));
            std::mem::replace(&mut *waiting, later)
        };
        // A waker may be all that is left of a task, which ends its own timer then.
        due.into_values().for_each(Waker::wake);
        let first = self.waiting.borrow().first_key_value().map(|(place, _)| place.tick());
        if let Some(first) = first {
            self.have_by(first);
        }
    }

    /// Has the kernel's timer fire at this tick, or earlier.
    fn have_by(&self, tick: Tick) {
        if self.set_to.get().is_some_and(|set_to| set_to <= tick) {
            return;
        }
        let left = (self.start + Duration::from_millis(tick)).saturating_duration_since(Instant::now());
        // A time of nothing would unset it.
        let left = left.max(Duration::from_nanos(1));
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) },
        };
        match timerfd_settime(&self.kernel, TimerfdTimerFlags::empty(), &once) {
            Ok(_) => self.set_to.set(Some(tick)),
            Err(error) => tracing::error!(%error, "cannot set the worker's timer"),
        }
    }

    /// Waits so long.
    pub(crate) async fn sleep(self: &Rc<Self>, duration: Duration) {
        let (mut timer, until) = (Timer::new(self.clone()), Instant::now() + duration);
        poll_fn(|cx| {
            if Instant::now() >= until {
                return Poll::Ready(());
            }
            timer.set(until, cx.waker());
            Poll::Pending
        })
        .await;
    }
}

/// A deadline of one task, which is woken when it has passed; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Timer {
    timers: Rc<Timers>,
    /// Its place among those that wait, if it was set.
    place: Option<Place>,
}

impl Timer {
    /// One that is not set yet.
    pub(crate) fn new(timers: Rc<Timers>) -> Self {
        Self { timers, place: None }
    }

    /// Whether the task will be woken.
    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.place.is_some_and(|place| place.tick() > self.timers.passed.get())
    }

    /// Wakes the task when this has passed, and not when what was set before has.
    pub(crate) fn set(&mut self, deadline: Instant, waker: &Waker) {
        self.unset();
        let timers = &self.timers;
        let after = deadline.saturating_duration_since(timers.start);
        // Never too early: whoever was woken would only wait again.
        let tick = (after + Duration::from_nanos(999_999)).as_millis() as Tick;
        let first = Place::first(tick.max(timers.passed.get() + 1));
        let number = timers.next.replace(timers.next.get() + 1) % (1 << Place::BITS);
        let mut place = first.behind(number);
        let mut waiting = timers.waiting.borrow_mut();
        // Seldom: numbers come again after a million.
        while waiting.contains_key(&place) {
            place = place.behind(1);
        }
        waiting.insert(place, waker.clone());
        drop(waiting);
        timers.have_by(place.tick());
        self.place = Some(place);
    }

    fn unset(&mut self) {
        if let Some(place) = self.place.take() {
            // Not dropped within the loan: it may be all that is left of a task.
            let _waker = self.timers.waiting.borrow_mut().remove(&place);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.unset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(test: impl AsyncFnOnce(Rc<Timers>) -> T) -> T {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let timers = Rc::new(Timers::new().unwrap());
            let running = timers.clone();
            tokio::task::spawn_local(async move { running.run().await });
            tokio::time::timeout(Duration::from_secs(10), test(timers)).await.expect("never woken")
        })
    }

    #[test]
    fn tasks_are_woken_in_the_order_of_their_deadlines_and_never_early() {
        run(async |timers| {
            let (start, order) = (Instant::now(), Rc::new(RefCell::new(Vec::new())));
            let tasks = [30, 5, 20, 5, 0].map(|millis| {
                let (timers, order) = (timers.clone(), order.clone());
                tokio::task::spawn_local(async move {
                    timers.sleep(Duration::from_millis(millis)).await;
                    assert!(start.elapsed() >= Duration::from_millis(millis));
                    order.borrow_mut().push(millis);
                })
            });
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(*order.borrow(), [0, 5, 5, 20, 30]);
            assert!(timers.waiting.borrow().is_empty());
        });
    }

    #[test]
    fn what_is_set_anew_wakes_at_the_new_time_and_what_is_dropped_never() {
        run(async |timers| {
            let (start, mut timer) = (Instant::now(), Timer::new(timers.clone()));
            let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
            timer.set(start + Duration::from_secs(3600), &waker);
            assert!(timer.is_set());
            let soon = start + Duration::from_millis(3);
            timer.set(soon, &waker);
            let mut left = Timer::new(timers.clone());
            left.set(soon, &waker);
            assert_eq!(timers.waiting.borrow().len(), 2);
            drop(left);
            poll_fn(|_| if timer.is_set() { Poll::Pending } else { Poll::Ready(()) }).await;
            assert!(Instant::now() >= soon);
            assert!(timers.waiting.borrow().is_empty());
        });
    }

    #[test]
    fn a_deadline_that_has_passed_wakes_too() {
        run(async |timers| {
            let mut timer = Timer::new(timers.clone());
            poll_fn(|cx| {
                if timer.place.is_none() {
                    timer.set(timers.start, cx.waker());
                }
                if timer.is_set() { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
        });
    }
    #[test]
    fn as_many_as_there_are_numbers_may_be_due_at_once() {
        run(async |timers| {
            let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
            let due = timers.start + Duration::from_secs(3600);
            let set = || {
                let mut timer = Timer::new(timers.clone());
                timer.set(due, &waker);
                timer
            };
            let (first, last) = (set(), timers.next.get() + (1 << Place::BITS) - 1);
            timers.next.set(last);
            let (again, next) = (set(), set());
            let places = [&first, &again, &next].map(|timer| timer.place.unwrap());
            assert_eq!(places[1], places[0].behind(1), "the first one has its number still");
            assert_eq!(places[2], places[1].behind(1));
            assert!(places.iter().all(|place| place.tick() == 3_600_000));
            assert_eq!(timers.waiting.borrow().len(), 3);
        });
    }

    #[test]
    fn behind_the_last_place_of_a_tick_is_the_next_tick() {
        let first = Place::first(7);
        assert_eq!((first.tick(), first.behind((1 << Place::BITS) - 1).tick()), (7, 7));
        assert_eq!(first.behind(1 << Place::BITS), Place::first(8));
        assert_eq!(Place::first(0).tick(), 0);
    }
}
