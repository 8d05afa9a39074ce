//! The checks of one backend, for as long as the process lives. A transition is logged once; thresholds keep a flapping
//! backend from taking the log and the traffic with it.

use std::time::Duration;

use super::probe::{Outcome, probe};
use super::{HealthCheck, Status};
use crate::upstream::{Backend, Cluster};

/// To the next check of a backend that has just turned unhealthy; doubled from then on, up to the interval. Most of
/// those that vanish are back soon.
const FIRST_RECHECK: Duration = Duration::from_millis(50);

/// Checks one backend.
#[derive(Debug)]
pub(crate) struct Monitor {
    backend: &'static Backend,
    upstream: &'static str,
    check: &'static HealthCheck,
    good: u32,
    bad: u32,
    /// The ejections by workers that the counts know of.
    ejections: u32,
    /// To the next check while the backend is unhealthy.
    recheck: Duration,
    /// The last check could not be made.
    short: bool,
}

impl Monitor {
    /// Monitors for every backend that is to be checked; the others are healthy from now on.
    pub(crate) fn all(upstreams: &'static [&'static Cluster]) -> Vec<Self> {
        let mut monitors = Vec::new();
        for cluster in upstreams {
            for backend in cluster.backends {
                match &cluster.health_check {
                    Some(check) => monitors.push(Self::new(backend, cluster.name, check)),
                    None if backend.is_present() => drop(backend.health().set(Status::Healthy)),
                    None => {}
                }
            }
        }
        monitors
    }

    fn new(backend: &'static Backend, upstream: &'static str, check: &'static HealthCheck) -> Self {
        Self { backend, upstream, check, good: 0, bad: 0, ejections: 0, recheck: FIRST_RECHECK, short: false }
    }

    /// The first check starts at once, and so does one after a worker has ejected the backend.
    pub(crate) async fn run(self) {
        if !self.backend.is_slot() {
            return self.watch().await;
        }
        // Nothing that was found of one address is said of the next one in its slot.
        let Self { backend, upstream, check, .. } = self;
        loop {
            let generation = backend.generation();
            let watch = async {
                match backend.is_present() {
                    true => Self::new(backend, upstream, check).watch().await,
                    false => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = backend.moved_since(generation) => {}
                () = watch => {}
            }
        }
    }

    async fn watch(mut self) {
        loop {
            let ejections = self.backend.health().ejections();
            let outcome = probe(self.backend, self.check).await;
            self.observe(outcome, ejections);
            // Jitter keeps many gateways from asking in step.
            let pause = self.pause().mul_f64(0.9 + 0.2 * fastrand::f64());
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.backend.health().ejected() => {}
            }
        }
    }

    fn pause(&mut self) -> Duration {
        if self.backend.is_usable() {
            self.recheck = FIRST_RECHECK;
            return self.check.interval;
        }
        let pause = self.recheck.min(self.check.interval);
        self.recheck = pause * 2;
        pause
    }

    /// A check has ended that began after so many `ejections`.
    fn observe(&mut self, outcome: Outcome, ejections: u32) {
        let health = self.backend.health();
        let now = health.ejections();
        if now != self.ejections {
            // A worker has found it refusing: good checks are counted anew, from the next that begins.
            (self.ejections, self.good) = (now, 0);
        }
        let first = health.status() == Status::Unknown;
        self.note_shortage(&outcome);
        match outcome {
            Outcome::Good if ejections != now => {}
            Outcome::Good => {
                (self.good, self.bad) = (self.good.saturating_add(1), 0);
                if first || self.good >= self.check.healthy_after {
                    health.connected();
                    if health.set(Status::Healthy) {
                        let (upstream, backend) = (self.upstream, self.backend.url());
                        let address = self.backend.address().map(tracing::field::display);
                        tracing::info!(upstream, backend, address, "backend is healthy");
                    }
                }
            }
            Outcome::Bad(why) => {
                (self.good, self.bad) = (0, self.bad.saturating_add(1));
                if (first || self.bad >= self.check.unhealthy_after) && health.set(Status::Unhealthy) {
                    let (upstream, backend) = (self.upstream, self.backend.url());
                    let address = self.backend.address().map(tracing::field::display);
                    tracing::warn!(upstream, backend, address, why, "backend is unhealthy");
                }
            }
            Outcome::NotAsked(_) => {}
        }
    }

    /// Says once that checks cannot be made.
    fn note_shortage(&mut self, outcome: &Outcome) {
        let was_short = std::mem::replace(&mut self.short, matches!(outcome, Outcome::NotAsked(_)));
        if let Outcome::NotAsked(error) = outcome
            && !was_short
        {
            let (upstream, backend) = (self.upstream, self.backend.url());
            tracing::warn!(upstream, backend, %error, "cannot check the backend: the gateway itself is short of something");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::late::{Late, Origin};
    use crate::upstream::Probe;

    fn monitor(healthy_after: u32, unhealthy_after: u32) -> Monitor {
        let backend = Box::leak(Box::new(Backend::new(Origin::at("gateway.yml", 1), 0, 1, Late::new(&[]))));
        let second = Duration::from_secs(1);
        let probe = Probe::Connect;
        let check = HealthCheck {
            probe,
            port: None,
            interval: second,
            timeout: second,
            healthy_after,
            unhealthy_after,
            proxy_protocol: None,
        };
        Monitor::new(backend, "users", Box::leak(Box::new(check)))
    }

    impl Monitor {
        /// A check that began just now.
        fn see(&mut self, outcome: Outcome) -> Status {
            self.observe(outcome, self.backend.health().ejections());
            self.backend.health().status()
        }

        fn eject(&self) {
            assert!(self.backend.health().eject(|| false));
        }
    }

    fn bad() -> Outcome {
        Outcome::Bad("no".to_owned())
    }

    #[test]
    fn thresholds_count_in_a_row_and_the_first_check_decides_at_once() {
        let mut monitor = monitor(2, 3);
        assert_eq!(monitor.see(Outcome::Good), Status::Healthy);
        for outcome in [bad(), bad(), Outcome::Good, bad(), bad()] {
            assert_eq!(monitor.see(outcome), Status::Healthy);
        }
        assert_eq!(monitor.see(bad()), Status::Unhealthy);
        assert_eq!(monitor.see(Outcome::Good), Status::Unhealthy);
        assert_eq!(monitor.see(Outcome::Good), Status::Healthy);
    }

    #[test]
    fn after_an_ejection_exactly_healthy_after_good_checks_are_needed() {
        for before in 0..5 {
            for healthy_after in 1..4 {
                let mut monitor = monitor(healthy_after, 1);
                for _ in 0..before {
                    monitor.see(Outcome::Good);
                }
                monitor.eject();
                for _ in 1..healthy_after {
                    assert_eq!(monitor.see(Outcome::Good), Status::Unhealthy, "{before} {healthy_after}");
                }
                assert_eq!(monitor.see(Outcome::Good), Status::Healthy, "{before} {healthy_after}");
            }
        }
    }

    #[test]
    fn a_check_that_began_before_an_ejection_does_not_undo_it() {
        let mut monitor = monitor(1, 1);
        monitor.see(Outcome::Good);
        let began = monitor.backend.health().ejections();
        monitor.eject();
        monitor.observe(Outcome::Good, began);
        assert_eq!(monitor.backend.health().status(), Status::Unhealthy);
        assert_eq!(monitor.see(Outcome::Good), Status::Healthy);
    }

    #[test]
    fn a_check_that_could_not_be_made_says_nothing() {
        let short = || Outcome::NotAsked(std::io::Error::other("no files"));
        let mut monitor = monitor(2, 2);
        assert_eq!(monitor.see(short()), Status::Unknown);
        assert_eq!(monitor.see(Outcome::Good), Status::Healthy);
        for _ in 0..5 {
            assert_eq!(monitor.see(short()), Status::Healthy);
        }
        monitor.see(bad());
        monitor.see(bad());
        assert_eq!(monitor.see(short()), Status::Unhealthy);
    }

    #[test]
    fn what_turned_unhealthy_is_checked_soon_and_then_ever_less_often() {
        let mut monitor = monitor(1, 1);
        monitor.see(Outcome::Good);
        assert_eq!(monitor.pause(), Duration::from_secs(1));
        monitor.eject();
        monitor.see(bad());
        let pauses: Vec<u128> = (0..7).map(|_| monitor.pause().as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1000, 1000]);
        monitor.see(Outcome::Good);
        assert_eq!(monitor.pause(), Duration::from_secs(1));
        monitor.see(bad());
        assert_eq!(monitor.pause(), FIRST_RECHECK);
    }
}
