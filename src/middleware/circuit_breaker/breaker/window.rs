//! A sliding window of outcomes, in slices: each an atomic word, so that all workers count into one window and none waits.

use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const SLICES: usize = 10;
/// Bits of a slice's number, and of each of its two counts.
const NUMBER_BITS: u32 = 24;
const COUNT_BITS: u32 = 20;
const MOST: u64 = (1 << COUNT_BITS) - 1;
/// A thread whose reading of the clock is older than another's is behind it by no more slices than this.
const BEHIND: u64 = 2 * SLICES as u64;

/// The outcomes of the last [`SLICES`] slices.
#[derive(Debug)]
pub(super) struct Window([AtomicU64; SLICES]);

/// One slice: its number (as many bits of it as there is room for), failures, requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    number: u64,
    failures: u64,
    requests: u64,
}

impl Slice {
    fn unpack(word: u64) -> Self {
        let number = word >> (2 * COUNT_BITS);
        Self { number, failures: word >> COUNT_BITS & MOST, requests: word & MOST }
    }

    fn pack(self) -> u64 {
        self.number << (2 * COUNT_BITS) | self.failures << COUNT_BITS | self.requests
    }

    /// One outcome more. A full count is halved together with the other, so that their ratio stays.
    fn count(mut self, failed: bool) -> Self {
        if self.requests == MOST {
            self.requests /= 2;
            self.failures /= 2;
        }
        self.requests += 1;
        self.failures += u64::from(failed);
        self
    }
}

/// How far `number` is ahead of `other`, in the arithmetic of the bits that a slice has for it.
fn ahead(number: u64, other: u64) -> u64 {
    number.wrapping_sub(other) & ((1 << NUMBER_BITS) - 1)
}

impl Window {
    /// Nothing has been counted.
    pub(super) const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; SLICES])
    }

    /// Counts an outcome in the slice of this number.
    pub(super) fn count(&self, number: u64, failed: bool) {
        let place = &self.0[(number % SLICES as u64) as usize];
        let number = ahead(number, 0);
        let _ = place.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
            let slice = Slice::unpack(word);
            // Another thread may have begun the next turn already; what it counted is not taken back.
            let slice =
                if slice.number == number || slice.requests > 0 && ahead(slice.number, number) <= BEHIND {
                    slice
                } else {
                    Slice { number, failures: 0, requests: 0 }
                };
            Some(slice.count(failed).pack())
        });
    }

    /// Failures and requests of the window that ends with the slice of this number.
    pub(super) fn sums(&self, number: u64) -> (u64, u64) {
        let number = ahead(number, 0);
        let slices = self.0.iter().map(|word| Slice::unpack(word.load(Ordering::Relaxed)));
        let recent = slices.filter(|slice| ahead(number, slice.number) < SLICES as u64);
        recent.fold((0, 0), |(failures, requests), slice| {
            (failures + slice.failures, requests + slice.requests)
        })
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.iter().for_each(|word| word.store(0, Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn full_counts_keep_their_ratio() {
        let window = Window::new();
        for _ in 0..3 << COUNT_BITS {
            window.count(7, true);
            window.count(7, false);
        }
        let (failures, requests) = window.sums(7);
        let share = failures as f64 / requests as f64;
        assert!((0.49..0.51).contains(&share), "{failures} of {requests}");
    }

    #[test]
    fn a_late_thread_does_not_take_back_what_was_counted() {
        let window = Window::new();
        window.count(10, true);
        window.count(0, false);
        assert_eq!(window.sums(10), (1, 2));
    }

    proptest! {
        /// Against a list of everything that was ever counted, also where the bits of a slice's number are used up.
        #[test]
        fn it_knows_the_outcomes_of_the_last_slices(
            start in prop_oneof![Just(0_u64), Just((1 << NUMBER_BITS) - 5), any::<u32>().prop_map(u64::from)],
            steps in prop::collection::vec((0_u64..4, any::<bool>()), 1..200),
        ) {
            let window = Window::new();
            let (mut number, mut all) = (start, Vec::new());
            for (step, failed) in steps {
                number += step;
                window.count(number, failed);
                all.push((number, failed));
                let recent = || all.iter().filter(|(at, _)| at + SLICES as u64 > number);
                let failures = recent().filter(|(_, failed)| *failed).count() as u64;
                prop_assert_eq!(window.sums(number), (failures, recent().count() as u64));
            }
        }
    }
}
