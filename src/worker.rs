//! One worker: a thread with its own runtime, listeners, upstream connections, counters and log buffer.

mod ids;
mod memory;
mod shared;

use std::cell::{Cell, RefCell, RefMut};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;

use self::ids::Ids;
use self::memory::Memory;
pub(crate) use self::shared::{Capacity, Client, File, Full, Process, Stage};
use crate::observe::{AccessLogBuffer, Queue, Shard};
use crate::policy::Locals;
use crate::retries::Budget;
use crate::settings::Settings;
use crate::timers::Timers;
use crate::upstream::{Backend, Pool, Rosters};

/// How often old connections are dropped and the wall clock is looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// Bytes of a `Date` field.
const DATE: usize = 29;

/// The `Date` of a second, as far as that was seen to last.
#[derive(Clone, Copy, Debug)]
struct Date {
    from: Instant,
    until: Instant,
    text: [u8; DATE],
}

/// An instant, and the wall-clock time that belongs to it, since 1970.
fn both_clocks() -> (Instant, Duration) {
    (Instant::now(), SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// What belongs to one worker alone.
#[derive(Debug)]
pub(crate) struct Worker {
    process: Arc<Process>,
    metrics: Arc<Shard>,
    access_log: AccessLogBuffer,
    timers: Rc<Timers>,
    pool: Pool,
    rosters: Rosters,
    locals: Locals,
    budgets: Box<[Budget]>,
    random: RefCell<fastrand::Rng>,
    ids: Ids,
    memory: Memory,
    shortage_told: Cell<Option<Instant>>,
    /// An instant and the wall-clock time that belongs to it, since 1970.
    wall: Cell<(Instant, Duration)>,
    date: Cell<Option<Date>>,
    /// How many idle connections are to make way for those of requests.
    room_wanted: Cell<u32>,
    wanting: Notify,
}

impl Worker {
    /// Made in the worker's runtime. Its timers are to be run there.
    pub(crate) fn new(process: Arc<Process>, queue: Queue) -> io::Result<Self> {
        let upstreams = process.settings().upstreams;
        Ok(Self {
            metrics: process.add_shard(),
            access_log: AccessLogBuffer::new(queue),
            timers: Rc::new(Timers::new()?),
            pool: Pool::new(upstreams),
            rosters: Rosters::new(upstreams),
            locals: Locals::of(process.settings().policies),
            budgets: upstreams.iter().map(|_| Budget::new(Instant::now())).collect(),
            // Seeded by the operating system's generator, so that workers differ.
            random: RefCell::new(fastrand::Rng::with_seed(uuid::Uuid::new_v4().as_u64_pair().0)),
            ids: Ids::new(),
            memory: Memory::default(),
            shortage_told: Cell::new(None),
            wall: Cell::new(both_clocks()),
            date: Cell::new(None),
            room_wanted: Cell::new(0),
            wanting: Notify::new(),
            process,
        })
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        &self.process
    }

    pub(crate) fn settings(&self) -> &'static Settings {
        self.process.settings()
    }

    pub(crate) fn metrics(&self) -> &Shard {
        &self.metrics
    }

    pub(crate) fn access_log(&self) -> &AccessLogBuffer {
        &self.access_log
    }

    pub(crate) fn timers(&self) -> &Rc<Timers> {
        &self.timers
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    /// What policies have here for themselves.
    pub(crate) fn locals(&self) -> &Locals {
        &self.locals
    }

    pub(crate) fn retry_budget(&self, upstream: usize) -> &Budget {
        &self.budgets[upstream]
    }

    pub(crate) fn random(&self) -> RefMut<'_, fastrand::Rng> {
        self.random.borrow_mut()
    }

    /// An id that nobody else makes, for what was at `instant`.
    pub(crate) fn unique_id(&self, instant: Instant) -> uuid::Uuid {
        self.ids.make(self.wall_clock(instant), self.random.borrow_mut().u64(..))
    }

    /// The wall-clock time of an instant, since 1970.
    pub(crate) fn wall_clock(&self, instant: Instant) -> Duration {
        let (base, time) = self.wall.get();
        // Of one request it is asked for its id and for its line in the log.
        if instant == base {
            return time;
        }
        let time = match instant.checked_duration_since(base) {
            Some(after) => time + after,
            None => time.saturating_sub(base.duration_since(instant)),
        };
        self.wall.set((instant, time));
        time
    }

    /// The time of an instant as a `Date` field (RFC 9110 section 6.6.1), written once a second.
    pub(crate) fn date(&self, instant: Instant) -> [u8; DATE] {
        match self.date.get() {
            Some(date) if (date.from..date.until).contains(&instant) => date.text,
            _ => self.write_date(instant),
        }
    }

    #[cold]
    fn write_date(&self, instant: Instant) -> [u8; DATE] {
        let time = self.wall_clock(instant);
        let until = instant + (Duration::from_secs(1) - Duration::from_nanos(time.subsec_nanos().into()));
        let text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + time)
            .as_bytes()
            .try_into()
            .unwrap_or([b' '; DATE]);
        self.date.set(Some(Date { from: instant, until, text }));
        text
    }

    /// Drops old connections and follows the wall clock, for as long as the worker runs.
    pub(crate) async fn sweep(&self) {
        loop {
            self.timers.sleep(SWEEP).await;
            let (now, time) = both_clocks();
            self.wall.set((now, time));
            self.pool.sweep(self.settings().upstreams, now);
        }
    }

    /// Asks for room for a connection of a request: an idle one of a client is to make way.
    pub(crate) fn ask_for_room(&self) {
        self.room_wanted.set(self.room_wanted.get() + 1);
        self.wanting.notify_one();
    }

    /// Waits until somebody asks for room; for how many.
    pub(crate) async fn room_wanted(&self) -> u32 {
        self.wanting.notified().await;
        self.room_wanted.take()
    }

    /// A request has failed for want of our own files, ports or memory. Told once a second.
    pub(crate) fn tell_shortage(&self, backend: &Backend) {
        let now = Instant::now();
        if self.shortage_told.get().is_none_or(|told| now.duration_since(told) >= Duration::from_secs(1)) {
            self.shortage_told.set(Some(now));
            let backend = backend.url();
            tracing::warn!(
                backend,
                "requests fail: no files, ports or memory are left to connect to backends with"
            );
        }
    }

    /// Whether what is still in flight is being cut off.
    pub(crate) fn is_stopped(&self) -> bool {
        self.process.stage() == Stage::Stopped
    }

    /// Whether responses should ask their clients to reconnect elsewhere.
    pub(crate) fn is_draining(&self) -> bool {
        self.process.stage() != Stage::Running
    }
}
