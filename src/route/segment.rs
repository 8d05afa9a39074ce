//! Path segments: where one ends, its hash, and the typed parameters.
//! End and hash come from one pass over eight bytes at a time, since a look-up is mostly this.

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

const fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(MULTIPLIER);
    product ^ (product >> 32)
}

/// The hash that places an edge in its table. The compiler computes it too: a test and an assertion
/// in every generated file hold the two together.
pub const fn hash(bytes: &[u8]) -> u32 {
    let mut state = 0;
    let mut at = 0;
    while at < bytes.len() {
        let mut word = 0;
        let mut index = 0;
        while index < 8 && at + index < bytes.len() {
            word |= (bytes[at + index] as u64) << (8 * index);
            index += 1;
        }
        state = mix(state, word);
        at += 8;
    }
    mix(state, bytes.len() as u64) as u32
}

/// The end of the segment that starts at `at`, and its hash.
#[inline]
pub(super) fn scan(path: &[u8], at: usize) -> (usize, u32) {
    let mut state = 0;
    let mut position = at;
    loop {
        let (word, available) = load(path, position);
        let length = slash(word).min(available);
        if length < 8 {
            if length > 0 {
                state = mix(state, word & ((1 << (8 * length)) - 1));
            }
            let end = position + length;
            return (end, mix(state, (end - at) as u64) as u32);
        }
        state = mix(state, word);
        position += 8;
    }
}

/// Up to eight bytes from `at`, the first in the lowest byte, and how many there were.
#[inline]
fn load(path: &[u8], at: usize) -> (u64, usize) {
    if let Some(Ok(chunk)) = path.get(at..at + 8).map(<[u8; 8]>::try_from) {
        return (u64::from_le_bytes(chunk), 8);
    }
    let available = path.len() - at;
    // Most paths are longer than a word: take the last one and shift out what was seen already.
    if let Some(chunk) = path.last_chunk::<8>() {
        let seen = 8 - available;
        let word = u64::from_le_bytes(*chunk);
        return (if available == 0 { 0 } else { word >> (8 * seen) }, available);
    }
    let mut word = 0;
    for (index, &byte) in path[at..].iter().enumerate() {
        word |= u64::from(byte) << (8 * index);
    }
    (word, available)
}

/// The index of the first `/` in the word, 8 if there is none (the classic zero-byte test on `word ^ "////////"`).
#[inline]
fn slash(word: u64) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let difference = word ^ (ONES * b'/' as u64);
    let zeros = difference.wrapping_sub(ONES) & !difference & (ONES << 7);
    (zeros.trailing_zeros() / 8) as usize
}

/// `{name:uint}`: 1 to 20 decimal digits.
pub(super) fn is_uint(text: &[u8]) -> bool {
    (1..=20).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

/// `{name:uuid}`: 8-4-4-4-12 hexadecimal digits (RFC 9562 section 4).
pub(super) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Where segment number `number` of the path lies; an empty range past the end if there are fewer.
pub(crate) fn nth_segment(path: &str, number: usize) -> std::ops::Range<usize> {
    let bytes = path.as_bytes();
    let mut start = 1;
    for _ in 0..number {
        match bytes[start.min(bytes.len())..].iter().position(|&byte| byte == b'/') {
            Some(length) => start += length + 1,
            None => return bytes.len()..bytes.len(),
        }
    }
    let start = start.min(bytes.len());
    let end =
        bytes[start..].iter().position(|&byte| byte == b'/').map_or(bytes.len(), |length| start + length);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scanning_agrees_with_splitting(path in "(/[a-z0-9~.é-]{0,20}){1,6}") {
            let mut at = 1;
            for part in path[1..].split('/') {
                let (end, scanned) = scan(path.as_bytes(), at);
                prop_assert_eq!(&path[at..end], part);
                prop_assert_eq!(scanned, hash(part.as_bytes()));
                at = end + 1;
            }
            for (number, part) in path[1..].split('/').enumerate() {
                prop_assert_eq!(&path[nth_segment(&path, number)], part);
            }
        }
    }

    #[test]
    fn the_hash_is_the_one_the_compiler_uses() {
        assert_eq!(
            ["", "a", "users", "12345678", "123456789"].map(|text| hash(text.as_bytes())),
            [0x0000_0000, 0x63A5_FCC0, 0xC24F_0222, 0x6A19_498D, 0x95C2_7CF3]
        );
    }

    #[test]
    fn typed_parameters() {
        assert!(is_uint(b"0") && is_uint(b"18446744073709551615"));
        assert!(!is_uint(b"") && !is_uint(b"-1") && !is_uint(b"1e3") && !is_uint(b"123456789012345678901"));
        assert!(is_uuid(b"67e55044-10b1-426f-9247-bb680e5fe0c8"));
        assert!(
            !is_uuid(b"67e55044-10b1-426f-9247-bb680e5fe0c")
                && !is_uuid(b"67e55044x10b1-426f-9247-bb680e5fe0c8")
        );
    }
}
