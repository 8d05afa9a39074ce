//! What is kept of keys: salted digests, compared in constant time.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The keys of one `api_keys` entry.
#[derive(Debug)]
pub(super) struct Digests {
    salt: [u8; 16],
    /// Sorted, so that many keys cost a binary search; the salt makes its path say nothing of a key.
    sorted: Box<[[u8; 32]]>,
}

impl Digests {
    /// None if there is no key.
    pub(super) fn of<'a>(keys: impl Iterator<Item = &'a str>) -> Option<Self> {
        let salt = uuid::Uuid::new_v4().into_bytes();
        let mut sorted: Box<[[u8; 32]]> = keys.map(|key| digest(&salt, key.as_bytes())).collect();
        sorted.sort_unstable();
        (!sorted.is_empty()).then_some(Self { salt, sorted })
    }

    pub(super) fn knows(&self, key: &[u8]) -> bool {
        let digest = digest(&self.salt, key);
        let found = if self.sorted.len() <= 16 {
            self.sorted.iter().fold(Choice::from(0), |found, known| found | known.ct_eq(&digest))
        } else {
            let place = self.sorted.partition_point(|known| *known < digest).min(self.sorted.len() - 1);
            self.sorted[place].ct_eq(&digest)
        };
        found.into()
    }
}

fn digest(salt: &[u8; 16], key: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(key).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::Digests;

    #[test]
    fn many_keys_are_searched() {
        let keys: Vec<String> = (0..100).map(|number| format!("k{number}")).collect();
        let many = Digests::of(keys.iter().map(String::as_str)).unwrap();
        assert!(keys.iter().all(|key| many.knows(key.as_bytes())) && !many.knows(b"k100"));
    }
}
