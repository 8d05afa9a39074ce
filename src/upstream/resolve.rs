//! The resolver: looks the hosts of all backends up, again and again, on the control thread. No request and no check
//! ever starts a lookup. The system's resolver is asked (`getaddrinfo`: /etc/hosts, nsswitch, DNS), which blocks: each
//! lookup has a thread that nobody waits for, not even the exit.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use super::addresses::Addresses;
use super::connect::is_shortage;
use super::{Backend, Members};

/// Lookups under way at the same time; more wait for their turn.
const LOOKUPS: usize = 64;

/// When a name is looked up.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// From the end of a lookup to the next one.
    interval: Duration,
    /// The same while a name has never been found.
    again: Duration,
    /// How long a lookup may take until it counts as failed.
    timeout: Duration,
}

const PACE: Pace = Pace {
    interval: Duration::from_secs(10),
    again: Duration::from_secs(1),
    timeout: Duration::from_secs(5),
};

/// What a lookup ends with.
type Found = io::Result<Vec<IpAddr>>;

/// A way to look a name up.
trait Lookup {
    /// Starts a lookup; its answer may be long in coming.
    fn start(&self, host: &'static str) -> io::Result<oneshot::Receiver<Found>>;
}

/// The system's resolver.
struct System;

impl Lookup for System {
    fn start(&self, host: &'static str) -> io::Result<oneshot::Receiver<Found>> {
        let (answer, awaited) = oneshot::channel();
        let look = move || {
            let found = (host, 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect());
            // Nobody is left to hear it if the gateway is ending.
            _ = answer.send(found);
        };
        std::thread::Builder::new().name("lookup".to_owned()).spawn(look)?;
        Ok(awaited)
    }
}

/// Keeps the addresses of all backends fresh, for as long as the runtime lives. The first lookups start at once.
pub(crate) fn start(upstreams: &'static [&'static Members]) {
    let lookups = Rc::new(Semaphore::new(LOOKUPS));
    for name in names(upstreams.iter().flat_map(|members| members.backends)) {
        tokio::task::spawn_local(name.keep_fresh(System, PACE, lookups.clone()));
    }
}

/// The names to look up, each once.
fn names(backends: impl Iterator<Item = &'static Backend>) -> Vec<Name> {
    let mut places: BTreeMap<&str, Vec<(u16, &Addresses)>> = BTreeMap::new();
    for backend in backends {
        if let (Some((host, port)), Some(addresses)) = (backend.name_to_look_up(), backend.addresses()) {
            places.entry(host).or_default().push((port, addresses));
        }
    }
    places.into_iter().map(|(host, places)| Name { host, places, failing: false }).collect()
}

/// A host name.
struct Name {
    host: &'static str,
    /// The ports of the backends that are there, and what these know of it.
    places: Vec<(u16, &'static Addresses)>,
    /// The last lookup failed, and that has been said.
    failing: bool,
}

impl Name {
    async fn keep_fresh(mut self, lookup: impl Lookup, pace: Pace, lookups: Rc<Semaphore>) {
        loop {
            // It is never closed.
            let turn = lookups.acquire().await;
            match lookup.start(self.host) {
                Ok(mut answer) => {
                    let found = match tokio::time::timeout(pace.timeout, &mut answer).await {
                        Ok(found) => found,
                        Err(_) => {
                            self.failed(&format!("no answer within {:?}", pace.timeout));
                            // A name never has two lookups at a time, and a late answer is one, too.
                            answer.await
                        }
                    };
                    self.ended(
                        found.unwrap_or_else(|_| Err(io::Error::other("the lookup ended without an answer"))),
                    );
                }
                // No thread, or no memory for one. That says nothing about the name.
                Err(error) => self.say_failing(&error.to_string()),
            }
            drop(turn);
            let known = self.places.iter().all(|(_, known)| known.is_known());
            let pause = if known { pace.interval } else { pace.again };
            tokio::time::sleep(pause.mul_f64(0.9 + 0.2 * fastrand::f64())).await;
        }
    }

    fn ended(&mut self, found: Found) {
        match found {
            Ok(found) if found.is_empty() => self.failed("the host has no address"),
            Ok(found) => self.found(found),
            Err(error) if is_shortage(&error) => self.say_failing(&error.to_string()),
            Err(error) => self.failed(&error.to_string()),
        }
    }

    fn found(&mut self, mut found: Vec<IpAddr>) {
        let mut seen = BTreeSet::new();
        found.retain(|address| seen.insert(*address));
        let mut changed = false;
        for (port, known) in &self.places {
            let addresses: Vec<_> = found.iter().map(|ip| SocketAddr::new(*ip, *port)).collect();
            changed |= known.found(&addresses);
        }
        if changed || std::mem::take(&mut self.failing) {
            tracing::info!(host = self.host, addresses = ?found, "host found");
        }
    }

    fn failed(&mut self, why: &str) {
        self.say_failing(why);
        self.places.iter().for_each(|(_, known)| known.not_found(why));
    }

    fn say_failing(&mut self, why: &str) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::warn!(
                host = self.host,
                why,
                "cannot look the host up; what was found last stays in use"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::late::{Late, Origin, Piece, Problems};
    use std::cell::{Cell, RefCell};
    use std::collections::VecDeque;

    /// Answers that a test gives when it likes, in the order of the questions.
    #[derive(Clone, Default)]
    struct Scripted {
        asked: Rc<Cell<usize>>,
        open: Rc<RefCell<VecDeque<oneshot::Sender<Found>>>>,
    }

    impl Lookup for Scripted {
        fn start(&self, _: &'static str) -> io::Result<oneshot::Receiver<Found>> {
            let (answer, awaited) = oneshot::channel();
            self.asked.set(self.asked.get() + 1);
            self.open.borrow_mut().push_back(answer);
            Ok(awaited)
        }
    }

    impl Scripted {
        async fn answer(&self, found: Found) {
            let asked = loop {
                if let Some(asked) = self.open.borrow_mut().pop_front() {
                    break asked;
                }
                tokio::task::yield_now().await;
            };
            asked.send(found).unwrap();
        }
    }

    const SOON: Duration = Duration::from_millis(1);
    const QUICK: Pace = Pace { interval: SOON, again: SOON, timeout: Duration::from_secs(60) };

    fn backend() -> &'static Backend {
        const URL: Late = Late::new(&[Piece::Literal("http://users.test:81")]);
        let backend = Box::leak(Box::new(Backend::new(Origin::at("gateway.yml", 1), 0, 1, URL)));
        let mut problems = Problems::new();
        backend.bind(&mut problems);
        assert!(problems.messages().is_empty());
        backend
    }

    fn ips(texts: &[&str]) -> Found {
        Ok(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    /// Runs a test beside the task that keeps the backend's name fresh.
    fn with_resolver<F: Future<Output = ()>>(
        pace: Pace,
        test: impl FnOnce(&'static Addresses, Scripted) -> F,
    ) {
        let (backend, script) = (backend(), Scripted::default());
        let name = names([backend, backend].into_iter()).remove(0);
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            tokio::task::spawn_local(name.keep_fresh(script.clone(), pace, Rc::new(Semaphore::new(1))));
            test(backend.addresses().unwrap(), script).await;
        });
    }

    async fn until(wanted: impl Fn() -> bool) {
        while !wanted() {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn a_name_is_looked_up_again_and_its_new_addresses_are_learnt() {
        with_resolver(QUICK, |addresses, script| async move {
            script.answer(ips(&["10.0.0.1", "10.0.0.1", "::1"])).await;
            let first = addresses.get().await.unwrap();
            assert_eq!(first[..], ["10.0.0.1:81".parse().unwrap(), "[::1]:81".parse().unwrap()]);
            let mut generation = addresses.generation();
            script.answer(Err(io::Error::other("no answer"))).await;
            script.answer(ips(&[])).await;
            script.answer(ips(&["10.0.0.2"])).await;
            until(|| addresses.generation() != generation).await;
            let then = addresses.get().await.unwrap();
            assert_eq!(then[..], ["10.0.0.2:81".parse().unwrap()]);
            assert!(!addresses.still_has(first[0], &mut generation));
        });
    }

    #[test]
    fn however_many_wait_for_the_first_answer_there_is_one_lookup() {
        with_resolver(QUICK, |addresses, script| async move {
            let waiting: Vec<_> = (0..60).map(|_| tokio::task::spawn_local(addresses.get())).collect();
            until(|| script.asked.get() == 1).await;
            assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
            script.answer(ips(&["10.0.0.1"])).await;
            for waiting in waiting {
                assert_eq!(waiting.await.unwrap().unwrap().len(), 1);
            }
        });
    }

    #[test]
    fn a_lookup_that_hangs_fails_in_time_is_alone_and_may_still_be_answered() {
        with_resolver(Pace { timeout: SOON, ..QUICK }, |addresses, script| async move {
            let why = addresses.get().await.unwrap_err();
            assert!(why.starts_with("no answer within"), "{why}");
            tokio::time::sleep(SOON * 20).await;
            assert_eq!(script.asked.get(), 1);
            script.answer(ips(&["10.0.0.1"])).await;
            until(|| addresses.is_known()).await;
        });
    }

    #[test]
    fn a_shortage_of_our_own_is_no_answer() {
        with_resolver(QUICK, |addresses, script| async move {
            let waiting = tokio::task::spawn_local(addresses.get());
            script.answer(Err(io::Error::from_raw_os_error(libc::EMFILE))).await;
            until(|| script.asked.get() == 2).await;
            assert!(!waiting.is_finished());
            script.answer(ips(&["10.0.0.1"])).await;
            assert_eq!(waiting.await.unwrap().unwrap().len(), 1);
        });
    }

    #[test]
    fn the_system_finds_localhost() {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        let found = runtime.block_on(async { System.start("localhost").unwrap().await }).unwrap().unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
