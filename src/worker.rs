//! One worker: a thread with its own runtime, listeners, upstream connections, counters and log buffer.

mod ids;
mod memory;
mod shared;

use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;

use self::ids::Ids;
use self::memory::Memory;
pub(crate) use self::shared::{Client, Full, Phase, Process};
use crate::door::{Entered, Entering, Refused};
use crate::downstream::{Handshake, Handshakes, Idlest, ON_ITS_WAY, Session};
use crate::observe::{AccessLogBuffer, Queue, Shard};
use crate::policy::Locals;
use crate::process::End;
use crate::retries::Budget;
use crate::settings::Settings;
use crate::upstream::{Backend, Pool, Rosters};

/// What is cut off has this long for its last words: an answer that says so.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(1);
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

/// What belongs to one worker alone.
#[derive(Debug)]
pub(crate) struct Worker {
    process: Arc<Process>,
    metrics: Arc<Shard>,
    access_log: AccessLogBuffer,
    pool: Pool,
    rosters: Rosters,
    locals: Locals,
    budgets: Box<[Budget]>,
    random: RefCell<fastrand::Rng>,
    ids: Ids,
    memory: Memory,
    /// An instant and the wall-clock time that belongs to it.
    shortage_told: Cell<Option<Instant>>,
    wall: Cell<(Instant, SystemTime)>,
    date: Cell<Option<Date>>,
    sessions: RefCell<BTreeMap<u64, Rc<Session>>>,
    next_session: Cell<u64>,
    handshakes: Handshakes,
    /// When the gateway closes: what is about to become a client has until then to come.
    closing: Cell<Option<Instant>>,
    idlest: Idlest,
    all_gone: Notify,
}

impl Worker {
    pub(crate) fn new(process: Arc<Process>, queue: Queue) -> Self {
        let upstreams = process.settings().upstreams;
        Self {
            metrics: process.add_shard(),
            access_log: AccessLogBuffer::new(queue, process.clone()),
            pool: Pool::new(upstreams),
            rosters: Rosters::new(upstreams),
            locals: Locals::of(process.settings().policies),
            budgets: upstreams.iter().map(|_| Budget::new(Instant::now())).collect(),
            // Seeded by the operating system's generator, so that workers differ.
            random: RefCell::new(fastrand::Rng::with_seed(uuid::Uuid::new_v4().as_u64_pair().0)),
            ids: Ids::new(),
            memory: Memory::default(),
            shortage_told: Cell::new(None),
            wall: Cell::new((Instant::now(), SystemTime::now())),
            date: Cell::new(None),
            sessions: RefCell::default(),
            next_session: Cell::new(0),
            handshakes: Handshakes::default(),
            closing: Cell::new(None),
            idlest: Idlest::default(),
            all_gone: Notify::new(),
            process,
        }
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

    /// The wall-clock time of an instant.
    pub(crate) fn wall_clock(&self, instant: Instant) -> SystemTime {
        let (base, time) = self.wall.get();
        match instant.checked_duration_since(base) {
            Some(after) => time + after,
            None => time - base.duration_since(instant),
        }
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
        let into = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        let until = instant + (Duration::from_secs(1) - Duration::from_nanos(into.into()));
        let text = httpdate::fmt_http_date(time).as_bytes().try_into().unwrap_or([b' '; DATE]);
        self.date.set(Some(Date { from: instant, until, text }));
        text
    }

    /// Drops old connections and follows the wall clock, for as long as the worker runs.
    pub(crate) async fn sweep(&self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            let now = Instant::now();
            self.wall.set((now, SystemTime::now()));
            self.pool.sweep(self.settings().upstreams, now);
        }
    }

    /// Takes a connection into the account of those that a drain waits for.
    pub(crate) fn enlist(self: &Rc<Self>, session: &Rc<Session>) -> Enlisted {
        let id = self.next_session.get();
        self.next_session.set(id + 1);
        self.sessions.borrow_mut().insert(id, session.clone());
        self.metrics.connection_opened();
        if let Some(latest) = self.closing.get() {
            session.close(latest);
        }
        Enlisted { worker: self.clone(), id }
    }

    /// The same with one that has to go through a door first.
    pub(crate) fn begin_handshake(self: &Rc<Self>) -> UnderWay {
        let (number, handshake) = self.handshakes.begin(self.settings().timeouts.handshake);
        self.metrics.connection_opened();
        if let Some(latest) = self.closing.get() {
            self.handshakes.hasten(latest);
        }
        UnderWay { worker: self.clone(), number, handshake }
    }

    /// Ends the connection that has been idle longest to make room for another; if none is, other workers are asked to.
    /// Whether one of its own has made way.
    pub(crate) fn relieve(&self) -> bool {
        let relieved = self.end_idlest();
        if !relieved {
            self.process.relief().notify_waiters();
        }
        relieved
    }

    /// Makes room when other workers need some, for as long as the worker runs.
    pub(crate) async fn relieve_others(&self) {
        loop {
            self.process.relief().notified().await;
            self.pool.give_way();
            self.end_idlest();
        }
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

    fn end_idlest(&self) -> bool {
        let now = Instant::now();
        let idlest = self.idlest.next(now, self.sessions.borrow().values());
        match &idlest {
            Some(session) => session.close(now),
            None => return self.handshakes.end_oldest(now),
        }
        true
    }

    /// Ends idle connections and the others after their request; returns when all are gone.
    pub(crate) async fn close_clients(&self) {
        // What has arrived meanwhile is seen by the runtime before anybody is told to end.
        tokio::task::yield_now().await;
        let latest = Instant::now() + ON_ITS_WAY.min(self.settings().drain.grace / 2);
        self.closing.set(Some(latest));
        self.handshakes.hasten(latest);
        self.all_sessions().iter().for_each(|session| session.close(latest));
        self.clients_gone().await;
        self.pool.clear();
    }

    /// Cuts off what is in flight: who has no response head yet is answered, and all have a moment to be gone.
    pub(crate) async fn cut_off_clients(&self) -> End {
        let mut end = End::Drained;
        let until = Instant::now() + LAST_WORDS;
        self.closing.set(Some(Instant::now()));
        self.handshakes.hasten(Instant::now());
        for session in self.all_sessions() {
            if session.cut_off(until) {
                end = End::CutOff;
            }
        }
        let _ = tokio::time::timeout_at(until.into(), self.clients_gone()).await;
        end
    }

    fn all_sessions(&self) -> Vec<Rc<Session>> {
        self.sessions.borrow().values().cloned().collect()
    }

    async fn clients_gone(&self) {
        while !self.is_deserted() {
            self.all_gone.notified().await;
        }
    }

    /// Whether no connection is left for a drain to wait for.
    fn is_deserted(&self) -> bool {
        self.sessions.borrow().is_empty() && self.handshakes.is_empty()
    }

    fn connection_gone(&self) {
        self.metrics.connection_closed();
        if self.is_deserted() {
            self.all_gone.notify_one();
        }
    }

    /// Whether what is still in flight is being cut off.
    pub(crate) fn is_stopped(&self) -> bool {
        self.process.phase() == Phase::Stopped
    }

    /// Whether responses should ask their clients to reconnect elsewhere.
    pub(crate) fn is_draining(&self) -> bool {
        self.process.phase() != Phase::Running
    }
}

/// A connection that a drain waits for. It is struck off when this is dropped, so also when its task panics.
#[derive(Debug)]
pub(crate) struct Enlisted {
    worker: Rc<Worker>,
    id: u64,
}

impl Drop for Enlisted {
    fn drop(&mut self) {
        self.worker.sessions.borrow_mut().remove(&self.id);
        self.worker.connection_gone();
    }
}

/// A connection on its way through a door, struck off in the same way.
#[derive(Debug)]
pub(crate) struct UnderWay {
    worker: Rc<Worker>,
    number: u64,
    handshake: Rc<Handshake>,
}

impl UnderWay {
    /// What it comes to; nothing if it has to make way before that.
    pub(crate) async fn wait_for(&self, entering: Entering<'_>) -> Result<Option<Entered>, Refused> {
        self.handshake.wait_for(entering).await
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.worker.handshakes.end(self.number);
        self.worker.connection_gone();
    }
}
