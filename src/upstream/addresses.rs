//! Where a backend's host is: what the resolver found last. It is written by the control thread alone; whoever connects
//! only reads it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

/// What is known of where a host is.
#[derive(Clone, Debug)]
enum Answer {
    /// Nothing yet: the first lookup has not ended.
    Awaited,
    /// The last good answer; not empty.
    Known(Arc<[SocketAddr]>),
    /// No lookup has succeeded so far, and why the last one failed.
    Failed(Arc<str>),
    /// It was there, and its name has it no more. Who chose it just before may still go there.
    Left(Arc<[SocketAddr]>),
}

/// The addresses of one backend.
#[derive(Debug)]
pub(crate) struct Addresses {
    answer: watch::Sender<Answer>,
    /// Counts the changes of the set of addresses, so that a kept connection can tell at a glance that none was.
    generation: AtomicU32,
}

impl Addresses {
    /// Those of a host that was never looked up.
    pub(super) fn awaited() -> Self {
        Self { answer: watch::Sender::new(Answer::Awaited), generation: AtomicU32::new(0) }
    }

    /// Those of a host that is an address itself.
    pub(super) fn fixed(address: SocketAddr) -> Self {
        let answer = Answer::Known([address].into());
        Self { answer: watch::Sender::new(answer), generation: AtomicU32::new(0) }
    }

    /// The last good answer. If the first lookup has not ended, this waits for it; if none has succeeded, the error says
    /// why.
    pub(super) async fn get(&self) -> Result<Arc<[SocketAddr]>, Arc<str>> {
        loop {
            match &*self.answer.borrow() {
                Answer::Known(addresses) | Answer::Left(addresses) => return Ok(addresses.clone()),
                Answer::Failed(why) => return Err(why.clone()),
                Answer::Awaited => {}
            }
            let mut watched = self.answer.subscribe();
            // The sender is this one: it cannot be gone.
            _ = watched.wait_for(|answer| !matches!(answer, Answer::Awaited)).await;
        }
    }

    /// Whether a lookup has ever succeeded.
    pub(super) fn is_known(&self) -> bool {
        matches!(*self.answer.borrow(), Answer::Known(_) | Answer::Left(_))
    }

    /// The first of them, if any is known.
    pub(super) fn first(&self) -> Option<SocketAddr> {
        match &*self.answer.borrow() {
            Answer::Known(addresses) | Answer::Left(addresses) => addresses.first().copied(),
            Answer::Awaited | Answer::Failed(_) => None,
        }
    }

    /// Until they are others than at `generation`.
    pub(super) async fn changed_since(&self, generation: u32) {
        let mut watched = self.answer.subscribe();
        // The sender is this one: it cannot be gone.
        while self.generation() == generation && watched.changed().await.is_ok() {}
    }

    #[inline]
    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Whether the host still has an address which it had at `generation`; that is then moved on.
    #[inline]
    pub(super) fn still_has(&self, address: Option<SocketAddr>, generation: &mut u32) -> bool {
        let now = self.generation();
        *generation == now || {
            *generation = now;
            let is_in = |known: &[SocketAddr]| address.is_some_and(|address| known.contains(&address));
            matches!(&*self.answer.borrow(), Answer::Known(addresses) if is_in(addresses))
        }
    }

    /// A lookup has found these, at least one. Whether the set is another than before: the order may change with every
    /// answer.
    pub(super) fn found(&self, addresses: &[SocketAddr]) -> bool {
        let mut changed = true;
        self.answer.send_if_modified(|answer| {
            if let Answer::Known(known) = answer {
                if **known == *addresses {
                    changed = false;
                    return false;
                }
                changed = sorted(known) != sorted(addresses);
            }
            *answer = Answer::Known(addresses.into());
            if changed {
                self.generation.fetch_add(1, Ordering::Relaxed);
            }
            true
        });
        changed
    }

    /// They are its host's no more: connections to them are at home no longer.
    pub(super) fn left(&self) {
        self.answer.send_if_modified(|answer| {
            let Answer::Known(addresses) = &*answer else { return false };
            *answer = Answer::Left(addresses.clone());
            self.generation.fetch_add(1, Ordering::Relaxed);
            true
        });
    }

    /// A lookup has failed; the last good answer stays.
    pub(super) fn not_found(&self, why: &str) {
        self.answer.send_if_modified(|answer| {
            let unknown = matches!(answer, Answer::Awaited | Answer::Failed(_));
            if unknown {
                *answer = Answer::Failed(why.into());
            }
            unknown
        });
    }
}

fn sorted(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut sorted = addresses.to_vec();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_connection_is_at_home_until_its_address_leaves_the_answer() {
        let (old, new) = (list(&["10.0.0.1:80", "10.0.0.2:80"]), list(&["10.0.0.2:80", "10.0.0.3:80"]));
        let addresses = Addresses::awaited();
        assert!(addresses.found(&old));
        let mut generations = [addresses.generation(); 2];
        assert!(!addresses.found(&list(&["10.0.0.2:80", "10.0.0.1:80"])), "the order is no news");
        assert_eq!(addresses.generation(), generations[0]);
        assert!(addresses.found(&new));
        let [gone, stays] = &mut generations;
        assert!(!addresses.still_has(Some(old[0]), gone));
        assert!(addresses.still_has(Some(old[1]), stays));
        assert_eq!(*stays, addresses.generation());
    }

    #[test]
    fn who_chose_an_address_that_leaves_finds_it_and_its_connections_have_no_home() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (addresses, one) = (Addresses::awaited(), list(&["10.0.0.1:80"]));
        addresses.left();
        assert_eq!((addresses.first(), addresses.generation()), (None, 0), "nothing was there");
        addresses.found(&one);
        let mut generation = addresses.generation();
        addresses.left();
        assert!(!addresses.still_has(Some(one[0]), &mut generation));
        assert_eq!(runtime.block_on(addresses.get()).unwrap()[..], one);
        assert!(addresses.found(&one), "it is news that it is back");
        assert!(addresses.still_has(Some(one[0]), &mut generation));
    }

    #[test]
    fn the_last_good_answer_outlives_failures() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let addresses = Addresses::awaited();
        addresses.not_found("no such host");
        assert_eq!(&*runtime.block_on(addresses.get()).unwrap_err(), "no such host");
        addresses.found(&list(&["10.0.0.1:80"]));
        addresses.not_found("no answer");
        assert_eq!(runtime.block_on(addresses.get()).unwrap()[..], list(&["10.0.0.1:80"]));
    }
}
