//! The hash that places an edge in its table: the runtime's `route::hash`, once more. A test with the same vectors
//! on either side and an assertion in every generated file hold the two together.

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(MULTIPLIER);
    product ^ (product >> 32)
}

/// The hash of a path segment or a host.
pub(crate) fn hash(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let state = words.fold(0, mix);
    // The low half is the hash, on either side.
    (mix(state, bytes.len() as u64) & u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_the_runtime_uses() {
        assert_eq!(
            ["", "a", "users", "12345678", "123456789"].map(|text| hash(text.as_bytes())),
            [0x0000_0000, 0x63A5_FCC0, 0xC24F_0222, 0x6A19_498D, 0x95C2_7CF3]
        );
    }
}
