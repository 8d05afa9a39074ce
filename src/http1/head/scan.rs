//! Looking for bytes eight at a time, in words in which a bit a byte says what was found.

const ONES: u64 = 0x0101_0101_0101_0101;
const LOWS: u64 = 0x7f * ONES;
const HIGHS: u64 = 0x80 * ONES;

/// The place of the first colon.
#[inline]
pub(super) fn colon(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (place, word) in words.iter().enumerate() {
        let found = equal(u64::from_le_bytes(*word), b':');
        if found != 0 {
            return Some(place * 8 + first(found));
        }
    }
    rest.iter().position(|byte| *byte == b':').map(|place| words.len() * 8 + place)
}

/// The place of the first byte that a field's value does not have: a control character other than the tabulator.
#[inline]
pub(super) fn value_end(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = controls(word);
        if found != 0 {
            let found = found & !equal(word, b'\t');
            if found != 0 {
                return Some(place * 8 + first(found));
            }
        }
    }
    let is_end = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
    rest.iter().position(is_end).map(|place| words.len() * 8 + place)
}

/// The high bit of every byte that is this one. No sum is carried into the next byte, so that each is right by itself.
#[inline]
const fn equal(word: u64, byte: u8) -> u64 {
    let other = word ^ (byte as u64 * ONES);
    !(((other & LOWS) + LOWS) | other) & HIGHS
}

/// The high bit of every byte that is below 0x20, or 0x7f.
#[inline]
const fn controls(word: u64) -> u64 {
    let low = word & LOWS;
    (!(low + 0x60 * ONES) | (low + ONES)) & !word & HIGHS
}

/// The place of the lowest of these bits.
#[inline]
const fn first(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place, behind and in front of every other kind of byte.
    #[test]
    fn places_are_those_that_a_plain_search_finds() {
        for length in 0..40 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    for around in [b'a', b' ', b'\t', b'!', 0x80, 0xff, b'~', b':', b'\r'] {
                        let mut text = vec![around; length];
                        text[place] = byte;
                        let colon_at = text.iter().position(|byte| *byte == b':');
                        assert_eq!(colon(&text), colon_at, "{}", text.escape_ascii());
                        let is_end = |byte: &u8| *byte < b' ' && *byte != b'\t' || *byte == 0x7f;
                        assert_eq!(value_end(&text), text.iter().position(is_end), "{}", text.escape_ascii());
                    }
                }
            }
        }
    }
}
