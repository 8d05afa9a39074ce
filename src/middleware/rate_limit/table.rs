//! What a limit remembers of its clients: of each one number, the theoretical arrival time of its next conforming request, in
//! nanoseconds. The table is set-associative: a key lives in one of four cells of its set, and the set's least recently limited
//! key makes way for a new one, so a flood of keys costs memory that was there from the start.

use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How fast requests may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Nanoseconds between two requests at the steady rate, at least 1.
    pub(super) interval: u64,
    /// How far the arrival time may run ahead: (burst - 1) intervals.
    pub(super) tolerance: u64,
}

impl Pace {
    /// How long a request that comes now would have to wait until it conforms; `None` if it does.
    fn wait(self, arrival: u64, now: u64) -> Option<Duration> {
        let ahead = arrival.saturating_sub(now);
        (ahead > self.tolerance).then(|| Duration::from_nanos(ahead - self.tolerance))
    }
}

/// What a table has to know of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// Of the key's value, by the table's own hasher.
    pub(super) hash: u64,
    /// Nanoseconds since the table was made.
    pub(super) now: u64,
}

impl Asked {
    /// Of the cell; never 0, which is that of a free one.
    fn key(self) -> u64 {
        self.hash | 1
    }
}

/// The state of all clients of a limit.
#[derive(Debug)]
pub(super) struct Table {
    sets: Box<[Set]>,
    /// Keyed at start, so nobody can choose values that share a cell.
    pub(super) hasher: RandomState,
    pub(super) epoch: Instant,
}

/// Four cells on one cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Set([Cell; 4]);

/// `key` 0 is free; `arrival` is the theoretical arrival time.
#[derive(Debug, Default)]
struct Cell {
    key: AtomicU64,
    arrival: AtomicU64,
}

impl Table {
    /// Of so many sets of four, a power of two.
    pub(super) fn new(sets: usize) -> Self {
        let sets = (0..sets).map(|_| Set::default()).collect();
        Self { sets, hasher: RandomState::new(), epoch: Instant::now() }
    }

    fn set(&self, asked: Asked) -> &Set {
        &self.sets[(asked.hash as usize) & (self.sets.len() - 1)]
    }

    /// Takes one request of the client; the wait until it would conform if it does not.
    pub(super) fn take(&self, pace: Pace, asked: Asked) -> Result<(), Duration> {
        self.set(asked).cell(asked.key(), asked.now).take(asked.now, pace)
    }

    /// How long the request would have to wait, without taking it; `None` if it would be let in.
    pub(super) fn wait(&self, pace: Pace, asked: Asked) -> Option<Duration> {
        // Who is not known has a full burst, and gets no cell for asking.
        let cell = self.set(asked).find(asked.key())?;
        pace.wait(cell.arrival.load(Ordering::Relaxed), asked.now)
    }

    /// Gives back what was taken for this request. Arrival times add up, so what others have taken meanwhile stays taken. A client
    /// that has made way for another one begins with a full burst anyway.
    pub(super) fn give_back(&self, pace: Pace, asked: Asked) {
        if let Some(cell) = self.set(asked).find(asked.key()) {
            let earlier = |arrival: u64| Some(arrival.saturating_sub(pace.interval));
            let _ = cell.arrival.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earlier);
        }
    }
}

impl Set {
    /// The key's cell, if it has one.
    fn find(&self, key: u64) -> Option<&Cell> {
        self.0.iter().find(|cell| cell.key.load(Ordering::Acquire) == key)
    }

    /// The key's cell; a new key gets a free one, or the one whose client has been quiet the longest.
    fn cell(&self, key: u64, now: u64) -> &Cell {
        loop {
            if let Some(cell) = self.find(key) {
                return cell;
            }
            let quietest = self.quietest();
            if !quietest.claim(key, now) {
                continue;
            }
            // A worker that saw the set a moment earlier may have chosen another cell for the same client: the first one counts.
            match self.find(key) {
                Some(first) if std::ptr::eq(first, quietest) => return quietest,
                _ => quietest.leave(key),
            }
        }
    }

    fn quietest(&self) -> &Cell {
        let mut quietest = &self.0[0];
        for cell in &self.0 {
            // Who sees what was taken also sees whose it is, see `take`.
            if cell.arrival.load(Ordering::Acquire) < quietest.arrival.load(Ordering::Acquire) {
                quietest = cell;
            }
        }
        quietest
    }
}

impl Cell {
    /// Makes it this client's, with a full burst; `false` if another worker was faster. What somebody else has taken of it for the
    /// same client since then stays taken.
    fn claim(&self, key: u64, now: u64) -> bool {
        let (earlier, arrival) = (self.key.load(Ordering::Acquire), self.arrival.load(Ordering::Acquire));
        let claimed = earlier != key
            && self.key.compare_exchange(earlier, key, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if claimed {
            let _ = self.arrival.compare_exchange(arrival, now, Ordering::Release, Ordering::Relaxed);
        }
        claimed
    }

    /// Makes it nobody's, if it is this client's.
    fn leave(&self, key: u64) {
        let _ = self.key.compare_exchange(key, 0, Ordering::AcqRel, Ordering::Relaxed);
    }

    fn take(&self, now: u64, pace: Pace) -> Result<(), Duration> {
        let mut arrival = self.arrival.load(Ordering::Relaxed);
        loop {
            if let Some(wait) = pace.wait(arrival, now) {
                return Err(wait);
            }
            let next = arrival.max(now).saturating_add(pace.interval);
            match self.arrival.compare_exchange_weak(arrival, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(current) => arrival = current,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    /// A bucket with real arithmetic: `tokens` refill at one per interval, up to `burst`.
    struct Bucket {
        tokens: f64,
        at: u64,
    }

    proptest! {
        #[test]
        fn gcra_admits_what_a_token_bucket_admits(
            interval in 1_000u64..1_000_000,
            burst in 1u64..20,
            gaps in prop::collection::vec(0u64..3_000_000, 1..200),
        ) {
            let (cell, mut now) = (Cell::default(), 1);
            let mut bucket = Bucket { tokens: burst as f64, at: now };
            for gap in gaps {
                now += gap;
                bucket.tokens = (bucket.tokens + (now - bucket.at) as f64 / interval as f64).min(burst as f64);
                bucket.at = now;
                let taken = cell.take(now, Pace { interval, tolerance: interval * (burst - 1) });
                // The two may differ by rounding only where the bucket holds one token almost exactly.
                if (bucket.tokens - 1.0).abs() > 1e-6 {
                    prop_assert_eq!(taken.is_ok(), bucket.tokens > 1.0);
                }
                if taken.is_ok() {
                    bucket.tokens -= 1.0;
                }
            }
        }

        /// However requests come, one that is given back leaves no trace, and one that is only asked about neither.
        #[test]
        fn what_is_given_back_was_never_taken(
            burst in 1u64..5,
            steps in prop::collection::vec((0u64..4, 0u64..3, 0u8..3), 1..100),
        ) {
            let pace = Pace { interval: 2, tolerance: 2 * (burst - 1) };
            let (table, plain) = (Table::new(1), Table::new(1));
            let mut now = 1;
            for (hash, gap, what) in steps {
                now += gap;
                let asked = Asked { hash: hash << 1, now };
                prop_assert_eq!(table.wait(pace, asked), plain.wait(pace, asked));
                if what == 0 {
                    if table.take(pace, asked).is_ok() {
                        table.give_back(pace, asked);
                    }
                } else if what == 1 {
                    prop_assert_eq!(table.take(pace, asked), plain.take(pace, asked));
                }
            }
        }
    }

    #[test]
    fn a_flood_of_keys_evicts_the_quietest_and_never_grows() {
        let set = Set::default();
        for key in 1..=4 {
            set.cell(key, key).take(key, Pace { interval: 10, tolerance: 0 }).unwrap();
        }
        set.cell(5, 100);
        let keys: Vec<u64> = set.0.iter().map(|cell| cell.key.load(Ordering::Relaxed)).collect();
        assert_eq!(keys, [5, 2, 3, 4]);
    }

    /// Workers that see a client for the first time, all at once, give it one burst between them.
    #[test]
    fn the_first_requests_of_a_client_share_its_cell() {
        const WORKERS: usize = 4;
        let pace = Pace { interval: 10, tolerance: 10 };
        let tables: Vec<Table> = (0..5_000).map(|_| Table::new(1)).collect();
        let admitted: Vec<AtomicU64> = tables.iter().map(|_| AtomicU64::new(0)).collect();
        let together = Barrier::new(WORKERS);
        let worker = || {
            for (table, admitted) in tables.iter().zip(&admitted) {
                together.wait();
                if table.take(pace, Asked { hash: 2, now: 1 }).is_ok() {
                    admitted.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(worker))));
        assert!(admitted.iter().all(|admitted| admitted.load(Ordering::Relaxed) == 2));
    }

    #[test]
    fn who_only_asks_takes_nobodys_cell() {
        let (table, pace) = (Table::new(1), Pace { interval: 10, tolerance: 0 });
        let asked = |key: u64| Asked { hash: key << 1, now: 1 };
        (1..=4).for_each(|key| table.take(pace, asked(key)).unwrap());
        (5..=20).for_each(|key| assert_eq!(table.wait(pace, asked(key)), None));
        (1..=4).for_each(|key| assert_eq!(table.wait(pace, asked(key)), Some(Duration::from_nanos(10))));
        table.give_back(pace, asked(5));
        (1..=4).for_each(|key| assert_eq!(table.take(pace, asked(key)), Err(Duration::from_nanos(10))));
    }
}
