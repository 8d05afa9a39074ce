//! Request ids: UUIDs of version 7 (RFC 9562 section 5.7), so that they sort by time, made without a lock or a system call.
//! They are unique, not secret: whoever has seen one knows when it was made, and on which worker.

use std::time::Duration;

use uuid::{Builder, Uuid};

/// Makes the ids of one worker.
///
/// An id is 48 bits of the wall clock in milliseconds, 12 bits of the worker's own, and 62 random ones. Two ids are the same only if
/// all three are. The random bits come from a small generator (wyrand), whose every seed is a place on *one* cycle of 2^64
/// numbers: two workers of a fleet can come to walk the same stretch of it, and would then repeat each other's numbers for
/// long. So each adds (XOR) bits of its own from the operating system, which makes their sequences differ wherever they
/// are on the cycle. Then what is left is chance: a fleet of 1,000 workers, each making 50,000 ids a second without
/// a pause, makes one twice in about 90 years.
#[derive(Debug)]
pub(super) struct Ids {
    worker: u16,
    mask: u64,
}

impl Ids {
    /// With 12 and 62 bits of the operating system's randomness.
    pub(super) fn new() -> Self {
        // Where a UUID of version 4 is not random (its version and variant), one of version 7 is not either.
        let ((worker, _), (_, mask)) = (Uuid::new_v4().as_u64_pair(), Uuid::new_v4().as_u64_pair());
        Self { worker: worker as u16, mask }
    }

    /// An id of this time since 1970; `random` is a number that the worker has not used for another.
    pub(super) fn make(&self, time: Duration, random: u64) -> Uuid {
        let mut own = [0; 10];
        own[..2].copy_from_slice(&self.worker.to_be_bytes());
        own[2..].copy_from_slice(&(random ^ self.mask).to_be_bytes());
        let millis = time.as_millis() as u64;
        Builder::from_unix_timestamp_millis(millis, &own).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_sort_by_time_and_tell_their_worker() {
        let (ids, mut random) = (Ids::new(), fastrand::Rng::with_seed(17));
        let start = Duration::from_millis(1_771_436_700_123);
        let all: Vec<Uuid> =
            (0..1000).map(|n| ids.make(start + Duration::from_millis(n), random.u64(..))).collect();
        assert!(all.is_sorted());
        assert_eq!(all[0].get_version_num(), 7);
        assert_eq!(all[0].get_variant(), uuid::Variant::RFC4122);
        let worker = |id: &Uuid| id.as_u128() >> 64 & 0xFFF;
        assert!(all.iter().all(|id| worker(id) == worker(&all[0])));
        assert_eq!(all[0].get_timestamp().map(|time| time.to_unix()), Some((1_771_436_700, 123_000_000)));
    }

    #[test]
    fn workers_at_the_same_place_of_the_cycle_do_not_repeat_each_other() {
        let time = Duration::from_secs(1_771_436_700);
        let workers = [Ids::new(), Ids::new()];
        let mut ids = BTreeSet::new();
        for ids_of in &workers {
            let mut random = fastrand::Rng::with_seed(42);
            // Also if their 12 bits happen to be the same.
            let ids_of = Ids { worker: 7, ..*ids_of };
            ids.extend((0..1000).map(|_| ids_of.make(time, random.u64(..))));
        }
        assert_eq!(ids.len(), 2000);
    }
}
