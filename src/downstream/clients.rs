//! The client connections of one worker: those that a drain waits for, and which of them makes way when room is needed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::handshakes::{Handshake, Handshakes};
use super::relief::Idlest;
use super::session::{ON_ITS_WAY, Session};
use crate::door::{Entered, Entering, Refused};
use crate::worker::Worker;

/// What is cut off has this long for its last words: an answer that says so.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(1);

/// Those of one worker.
#[derive(Debug)]
pub(crate) struct Clients {
    worker: Rc<Worker>,
    sessions: RefCell<BTreeMap<u64, Rc<Session>>>,
    next_session: Cell<u64>,
    handshakes: Handshakes,
    /// When the gateway closes: what is about to become a client has until then to come.
    closing: Cell<Option<Instant>>,
    idlest: Idlest,
    all_gone: Notify,
}

impl Clients {
    /// None yet.
    pub(crate) fn new(worker: Rc<Worker>) -> Self {
        Self {
            worker,
            sessions: RefCell::default(),
            next_session: Cell::new(0),
            handshakes: Handshakes::default(),
            closing: Cell::new(None),
            idlest: Idlest::default(),
            all_gone: Notify::new(),
        }
    }

    pub(super) fn worker(&self) -> &Rc<Worker> {
        &self.worker
    }

    /// Takes a connection into the account of those that a drain waits for.
    pub(super) fn enlist(self: &Rc<Self>, session: &Rc<Session>) -> Enlisted {
        let id = self.next_session.get();
        self.next_session.set(id + 1);
        self.sessions.borrow_mut().insert(id, session.clone());
        self.worker.metrics().connection_opened();
        if let Some(latest) = self.closing.get() {
            session.close(latest);
        }
        Enlisted { clients: self.clone(), id }
    }

    /// The same with one that has to go through a door first.
    pub(super) fn begin_handshake(self: &Rc<Self>) -> UnderWay {
        let (number, handshake) = self.handshakes.begin(self.worker.settings().timeouts.handshake);
        self.worker.metrics().connection_opened();
        if let Some(latest) = self.closing.get() {
            self.handshakes.hasten(latest);
        }
        UnderWay { clients: self.clone(), number, handshake }
    }

    /// Ends the connection that has been idle longest to make room for another; if none is, other workers are asked to.
    /// Whether one of its own has made way.
    pub(super) fn relieve(&self) -> bool {
        let relieved = self.end_idlest();
        if !relieved {
            self.worker.process().relief().notify_waiters();
        }
        relieved
    }

    /// Makes room when this worker's requests or other workers need some, for as long as the worker runs.
    pub(crate) async fn relieve_others(&self) {
        loop {
            tokio::select! {
                () = self.worker.process().relief().notified() => {
                    self.worker.pool().give_way();
                    self.end_idlest();
                }
                wanted = self.worker.room_wanted() => {
                    // If nobody idles here, the others know by now.
                    let _ = (0..wanted).all(|_| self.relieve());
                }
            }
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
    pub(crate) async fn close(&self) {
        // What has arrived meanwhile is seen by the runtime before anybody is told to end.
        tokio::task::yield_now().await;
        let latest = Instant::now() + ON_ITS_WAY.min(self.worker.settings().drain.grace / 2);
        self.closing.set(Some(latest));
        self.handshakes.hasten(latest);
        self.all_sessions().iter().for_each(|session| session.close(latest));
        self.gone().await;
        self.worker.pool().clear();
    }

    /// Cuts off what is in flight: who has no response head yet is answered, and all have a moment to be gone. Whether there was
    /// anything to cut off.
    pub(crate) async fn cut_off(&self) -> bool {
        let until = Instant::now() + LAST_WORDS;
        self.closing.set(Some(Instant::now()));
        self.handshakes.hasten(Instant::now());
        let mut was_any = false;
        for session in self.all_sessions() {
            was_any |= session.cut_off(until);
        }
        let _ = tokio::time::timeout_at(until.into(), self.gone()).await;
        was_any
    }

    fn all_sessions(&self) -> Vec<Rc<Session>> {
        self.sessions.borrow().values().cloned().collect()
    }

    async fn gone(&self) {
        while !self.is_empty() {
            self.all_gone.notified().await;
        }
    }

    /// Whether no connection is left for a drain to wait for.
    fn is_empty(&self) -> bool {
        self.sessions.borrow().is_empty() && self.handshakes.is_empty()
    }

    fn one_gone(&self) {
        self.worker.metrics().connection_closed();
        if self.is_empty() {
            self.all_gone.notify_one();
        }
    }
}

/// A connection that a drain waits for. It is struck off when this is dropped, so also when its task panics.
#[derive(Debug)]
pub(super) struct Enlisted {
    clients: Rc<Clients>,
    id: u64,
}

impl Drop for Enlisted {
    fn drop(&mut self) {
        self.clients.sessions.borrow_mut().remove(&self.id);
        self.clients.one_gone();
    }
}

/// A connection on its way through a door, struck off in the same way.
#[derive(Debug)]
pub(super) struct UnderWay {
    clients: Rc<Clients>,
    number: u64,
    handshake: Rc<Handshake>,
}

impl UnderWay {
    /// What it comes to; nothing if it has to make way before that.
    pub(super) async fn wait_for(&self, entering: Entering<'_>) -> Result<Option<Entered>, Refused> {
        self.handshake.wait_for(entering).await
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.clients.handshakes.end(self.number);
        self.clients.one_gone();
    }
}
