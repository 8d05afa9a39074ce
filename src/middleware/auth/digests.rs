//! What is kept of keys: digests that are keyed anew in each process, compared in constant time.

use siphasher::sip128::SipHasher24;
use subtle::{Choice, ConstantTimeEq};

/// Up to so many keys each is compared; to do so with many would cost more than to hash.
const FEW: usize = 16;

/// The keys of one `api_keys` entry.
pub(super) struct Digests {
    /// SipHash-2-4 with 128 bits, a pseudorandom function: who does not know its key, which never leaves the process, has to
    /// guess a digest, and a refusal tells nothing of it.
    hasher: SipHasher24,
    /// Sorted, so that many keys cost a binary search; the hasher's key makes its path say nothing of theirs.
    sorted: Box<[u128]>,
}

impl Digests {
    /// None if there is no key.
    pub(super) fn of<'a>(keys: impl Iterator<Item = &'a str>) -> Option<Self> {
        // 122 bits of the operating system's generator.
        let hasher = SipHasher24::new_with_key(uuid::Uuid::new_v4().as_bytes());
        let mut sorted: Box<[u128]> = keys.map(|key| hasher.hash(key.as_bytes()).as_u128()).collect();
        sorted.sort_unstable();
        (!sorted.is_empty()).then_some(Self { hasher, sorted })
    }

    pub(super) fn knows(&self, key: &[u8]) -> bool {
        let digest = self.hasher.hash(key).as_u128();
        let found = if self.sorted.len() <= FEW {
            self.sorted.iter().fold(Choice::from(0), |found, known| found | known.ct_eq(&digest))
        } else {
            let place = self.sorted.partition_point(|known| *known < digest).min(self.sorted.len() - 1);
            self.sorted[place].ct_eq(&digest)
        };
        found.into()
    }
}

impl std::fmt::Debug for Digests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digests of {} keys", self.sorted.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_keys_are_searched() {
        for count in [1, FEW, FEW + 1, 100] {
            let keys: Vec<String> = (0..count).map(|number| format!("k{number}")).collect();
            let some = Digests::of(keys.iter().map(String::as_str)).unwrap();
            assert!(keys.iter().all(|key| some.knows(key.as_bytes())), "{count}");
            assert!(!some.knows(format!("k{count}").as_bytes()) && !some.knows(b"k") && !some.knows(b""));
        }
    }

    #[test]
    fn digests_are_of_one_process_alone() {
        let [one, other] = [(); 2].map(|()| Digests::of(["key"].into_iter()).unwrap());
        assert_ne!(one.sorted, other.sorted);
        assert!(one.knows(b"key") && other.knows(b"key"));
    }

    #[test]
    fn nothing_of_a_digest_is_shown() {
        let digests = Digests::of(["key"].into_iter()).unwrap();
        assert_eq!(format!("{digests:?}"), "Digests of 1 keys");
    }
}
