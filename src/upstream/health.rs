//! Health: a status for each backend, which its checks keep on the control thread, and which a worker that is refused
//! may change to the worse. Statuses are atomics that all read.

mod monitor;
mod probe;
mod request;

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering, fence};
use std::time::Duration;

use tokio::sync::Notify;

pub(crate) use monitor::Monitor;
pub use request::{ProbeField, ProbeRequest};

use super::preface::Preface;
use crate::late::{Origin, Problems};

/// How an upstream's backends are checked.
#[derive(Debug)]
pub struct HealthCheck {
    /// What is asked of a backend.
    pub probe: Probe,
    /// Where it is asked, if not at its own port; never 0.
    pub port: Option<u16>,
    /// From the end of one check to the start of the next, give or take a tenth.
    pub interval: Duration,
    /// For one check, from connecting to the response head.
    pub timeout: Duration,
    /// Good checks in a row that make a backend healthy.
    pub healthy_after: u32,
    /// Bad checks in a row that make it unhealthy.
    pub unhealthy_after: u32,
    /// What every connection of a check begins with, before anything else.
    pub proxy_protocol: Option<&'static dyn Preface>,
}

/// What a check asks of a backend.
#[derive(Debug)]
pub enum Probe {
    /// That it takes a connection, which is closed again.
    Connect,
    /// An answer to a request.
    Http {
        /// What is sent.
        request: ProbeRequest,
        /// Statuses that mean "healthy".
        expect: &'static [StatusRange],
    },
}

/// Statuses that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct StatusRange {
    first: u16,
    last: u16,
}

impl StatusRange {
    /// From `first` to `last`, both included.
    pub const fn new(first: u16, last: u16) -> Self {
        Self { first, last }
    }

    fn contains(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

impl HealthCheck {
    /// Resolves what its probes send. Called once, before any probe.
    pub(super) fn bind(&self, origin: Origin, problems: &mut Problems) {
        if let Probe::Http { request, .. } = &self.probe {
            request.bind(origin, problems);
        }
    }
}

/// What is known of a backend; the worse, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Status {
    /// Requests go there.
    Healthy,
    /// No check has ended yet; requests may go there.
    Unknown,
    /// No request goes there.
    Unhealthy,
    /// Nothing is there: a slot without an address.
    Vacant,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Vacant => "vacant",
        }
    }
}

/// One backend's health.
#[derive(Debug)]
pub(crate) struct Health {
    status: AtomicU8,
    /// Consecutive failures to connect that workers saw since the last good check or connection.
    connect_failures: AtomicU32,
    /// How often workers have ejected it.
    ejections: AtomicU32,
    /// Told of every ejection.
    ejected: Notify,
}

impl Health {
    pub(crate) const fn new() -> Self {
        Self::of(Status::Unknown)
    }

    /// Of a slot without an address.
    pub(super) const fn vacant() -> Self {
        Self::of(Status::Vacant)
    }

    const fn of(status: Status) -> Self {
        Self {
            status: AtomicU8::new(status as u8),
            connect_failures: AtomicU32::new(0),
            ejections: AtomicU32::new(0),
            ejected: Notify::const_new(),
        }
    }

    #[inline]
    pub(crate) fn status(&self) -> Status {
        match self.status.load(Ordering::Relaxed) {
            0 => Status::Healthy,
            2 => Status::Unhealthy,
            3 => Status::Vacant,
            _ => Status::Unknown,
        }
    }

    /// Whether this changed anything.
    pub(crate) fn set(&self, status: Status) -> bool {
        self.status.swap(status as u8, Ordering::Relaxed) != status as u8
    }

    /// Of another from now on: what was found of the one before is forgotten.
    pub(super) fn begin(&self, status: Status) {
        self.connect_failures.store(0, Ordering::Relaxed);
        self.set(status);
    }

    /// A worker could not connect: the number of failures in a row.
    pub(super) fn connect_failed(&self) -> u32 {
        self.connect_failures.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// A connection or a check succeeded.
    pub(super) fn connected(&self) {
        if self.connect_failures.load(Ordering::Relaxed) != 0 {
            self.connect_failures.store(0, Ordering::Relaxed);
        }
    }

    /// Makes it unhealthy on a worker's word, unless `nobody_else` is usable: the last one is better than none. Whether
    /// it has become unhealthy by this.
    pub(super) fn eject(&self, nobody_else: impl Fn() -> bool) -> bool {
        let before = self.status();
        if before >= Status::Unhealthy || nobody_else() {
            return false;
        }
        let change = |from: Status, to: Status| {
            self.status.compare_exchange(from as u8, to as u8, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        // First the count, so that no check which began before it can make good what follows.
        self.ejections.fetch_add(1, Ordering::SeqCst);
        // If a check has ended just now, or the address has left, that counts.
        if !change(before, Status::Unhealthy) {
            return false;
        }
        // Of two workers that eject the last two at the same time, at least one sees what the other has done.
        fence(Ordering::SeqCst);
        if nobody_else() {
            change(Status::Unhealthy, before);
            return false;
        }
        self.ejected.notify_one();
        true
    }

    fn ejections(&self) -> u32 {
        self.ejections.load(Ordering::SeqCst)
    }

    /// Until a worker ejects it, or at once if one has since the last time.
    async fn ejected(&self) {
        self.ejected.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_usable_backend_is_never_ejected() {
        let [one, other] = [Health::new(), Health::new()];
        let is_down = |health: &Health| health.status() == Status::Unhealthy;
        assert!(one.eject(|| is_down(&other)));
        assert!(!other.eject(|| is_down(&one)), "nobody is left");
        assert_eq!(other.status(), Status::Unknown);
        other.set(Status::Healthy);
        assert!(!other.eject(|| is_down(&one)));
        assert_eq!(other.status(), Status::Healthy);
    }

    #[test]
    fn two_workers_that_eject_the_last_two_at_once_leave_one() {
        for _ in 0..2_000 {
            let [one, other] = [Health::new(), Health::new()];
            let is_down = |health: &Health| health.status() == Status::Unhealthy;
            std::thread::scope(|scope| {
                scope.spawn(|| one.eject(|| is_down(&other)));
                scope.spawn(|| other.eject(|| is_down(&one)));
            });
            assert!(!(is_down(&one) && is_down(&other)));
        }
    }
}
