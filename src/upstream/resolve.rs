//! The resolver: looks the hosts of all backends up, again and again, on the control thread. No request and no check
//! ever starts a lookup. The system's resolver is asked (`getaddrinfo`: /etc/hosts, nsswitch, DNS), which blocks: each
//! lookup has a thread that nobody waits for, not even the exit.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use super::Cluster;
use super::addresses::Addresses;
use super::connect::is_shortage;
use super::slots::Seating;

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
pub(crate) fn start(upstreams: &'static [&'static Cluster]) {
    let lookups = Rc::new(Semaphore::new(LOOKUPS));
    for name in names(upstreams) {
        tokio::task::spawn_local(name.keep_fresh(System, lookups.clone()));
    }
}

/// The names to look up, each once, at the pace of whoever asks for it most often.
fn names(upstreams: &[&'static Cluster]) -> Vec<Name> {
    let mut names: BTreeMap<&str, Name> = BTreeMap::new();
    let written = upstreams.iter().flat_map(|cluster| cluster.written().map(move |slots| (*cluster, slots)));
    for (cluster, slots) in written {
        let Some(first) = slots.first() else { continue };
        let (Some((host, port)), Some(addresses)) = (first.name_to_look_up(), first.addresses()) else {
            continue;
        };
        let (interval, takers) = match &cluster.resolve {
            None => (PACE.interval, Takers::Whole(addresses)),
            Some(resolve) => (resolve.interval, Takers::Slots(Seating::new(cluster, slots))),
        };
        let new = || Name { host, pace: Pace { interval, ..PACE }, places: Vec::new(), failing: false };
        let name = names.entry(host).or_insert_with(new);
        name.pace.interval = name.pace.interval.min(interval);
        name.places.push(Place { port, takers });
    }
    names.into_values().collect()
}

/// A host name.
struct Name {
    host: &'static str,
    pace: Pace,
    /// Whoever is there.
    places: Vec<Place>,
    /// The last lookup failed, and that has been said.
    failing: bool,
}

/// What was written as one backend.
struct Place {
    port: u16,
    takers: Takers,
}

/// Who takes the addresses.
enum Takers {
    /// One backend takes them all.
    Whole(&'static Addresses),
    /// Each has a backend.
    Slots(Seating),
}

impl Place {
    /// What is known of where it is; of slots, where the first one is.
    fn addresses(&self) -> Option<&'static Addresses> {
        match &self.takers {
            Takers::Whole(addresses) => Some(addresses),
            Takers::Slots(seating) => seating.first()?.addresses(),
        }
    }

    /// Its name was found at these. Whether that is news.
    fn found(&mut self, found: &[IpAddr]) -> bool {
        let addresses: Vec<_> = found.iter().map(|ip| SocketAddr::new(*ip, self.port)).collect();
        match &mut self.takers {
            Takers::Whole(known) => known.found(&addresses),
            Takers::Slots(seating) => seating.settle(&addresses),
        }
    }
}

impl Name {
    async fn keep_fresh(mut self, lookup: impl Lookup, lookups: Rc<Semaphore>) {
        let pace = self.pace;
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
            let known = self.places.iter().filter_map(Place::addresses).all(Addresses::is_known);
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
        for place in &mut self.places {
            changed |= place.found(&found);
        }
        if changed || std::mem::take(&mut self.failing) {
            tracing::info!(host = self.host, addresses = ?found, "host found");
        }
    }

    fn failed(&mut self, why: &str) {
        self.say_failing(why);
        self.places.iter().filter_map(Place::addresses).for_each(|known| known.not_found(why));
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
mod tests;
