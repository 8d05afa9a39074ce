//! Looking at bytes eight at a time. A test of a word says by the high bit of each byte whether it was found there; no sum is
//! carried into the next byte, so that each bit is right by itself.

const ONES: u64 = 0x0101_0101_0101_0101;
const LOWS: u64 = 0x7f * ONES;
const HIGHS: u64 = 0x80 * ONES;

/// The place of the first byte that a test finds.
#[inline(always)]
pub(crate) fn find(bytes: &[u8], test: impl Fn(u64) -> u64) -> Option<usize> {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        let found = test(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(bytes.len() - rest.len() + first(found));
        }
        rest = after;
    }
    if rest.is_empty() { None } else { Some(bytes.len() - rest.len() + find_in_less(rest, test)?) }
}

/// The same in less than a word.
#[cold]
#[inline(never)]
fn find_in_less(bytes: &[u8], test: impl Fn(u64) -> u64) -> Option<usize> {
    let word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let found = test(word) & ((1 << (8 * bytes.len())) - 1);
    (found != 0).then(|| first(found))
}

/// Whether a test finds any byte.
#[inline]
pub(crate) fn any(bytes: &[u8], test: impl Fn(u64) -> u64) -> bool {
    // Words that overlap, so that there is no rest to look at byte by byte.
    let found = match (bytes.last_chunk(), bytes.first_chunk(), bytes.last_chunk(), bytes) {
        (Some(last), _, _, _) => {
            let words = bytes.as_chunks().0.iter();
            words.fold(test(u64::from_le_bytes(*last)), |found, word| found | test(u64::from_le_bytes(*word)))
        }
        (None, Some(start), Some(end), _) => {
            test(u64::from(u32::from_le_bytes(*start)) | u64::from(u32::from_le_bytes(*end)) << 32)
        }
        (_, _, _, [first, .., last]) => {
            let middle = bytes[bytes.len() / 2];
            test(u64::from_le_bytes([*first, middle, *last, *last, *last, *last, *last, *last]))
        }
        (_, _, _, [only]) => test(ONES * u64::from(*only)),
        (_, _, _, []) => 0,
    };
    found != 0
}

/// Finds this byte.
#[inline]
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    let other = word ^ (byte as u64 * ONES);
    !(((other & LOWS) + LOWS) | other) & HIGHS
}

/// Finds what is below 0x20, and 0x7f.
#[inline]
pub(crate) const fn controls(word: u64) -> u64 {
    controls_or_below(word, b' ')
}

/// Finds what is below a byte, which is ASCII, and 0x7f.
#[inline]
pub(crate) const fn controls_or_below(word: u64, byte: u8) -> u64 {
    let low = word & LOWS;
    (!(low + (0x80 - byte as u64) * ONES) | (low + ONES)) & !word & HIGHS
}

/// Finds what is not ASCII.
#[inline]
pub(crate) const fn beyond_ascii(word: u64) -> u64 {
    word & HIGHS
}

/// Finds what is neither a letter nor a digit nor from one of these bytes to the other, which are ASCII.
#[inline]
pub(crate) const fn other_than_alphanumeric_or(word: u64, from: u8, to: u8) -> u64 {
    let low = word & LOWS;
    let letters = between(low | (0x20 * ONES), b'a', b'z');
    (!(letters | between(low, b'0', b'9') | between(low, from, to)) | word) & HIGHS
}

/// The lower-case digits of a number, the first one first.
#[inline]
pub(crate) const fn hexadecimal(number: u32) -> [u8; 8] {
    let mut digits = number as u64;
    digits = (digits | (digits << 16)) & 0x0000_ffff_0000_ffff;
    digits = (digits | (digits << 8)) & 0x00ff_00ff_00ff_00ff;
    digits = (digits | (digits << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    // Six more, and what is a letter has a carry.
    let letters = ((digits + 6 * ONES) >> 4) & ONES;
    (digits + b'0' as u64 * ONES + letters * (b'a' - b'0' - 10) as u64).to_be_bytes()
}

/// In the high bit of every byte, of which none has one, whether it is from one to the other; the other bits say nothing.
#[inline]
const fn between(low: u64, from: u8, to: u8) -> u64 {
    (low + (0x80 - from as u64) * ONES) & !(low + (0x7f - to as u64) * ONES)
}

/// The place of the lowest bit.
#[inline]
const fn first(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place, behind and in front of every other kind of byte.
    #[test]
    fn what_is_found_is_what_a_plain_search_finds() {
        type Test = (fn(u64) -> u64, fn(u8) -> bool);
        let tests: [Test; 5] = [
            (|word| equal(word, b':'), |byte| byte == b':'),
            (controls, |byte| byte < b' ' || byte == 0x7f),
            (|word| controls_or_below(word, b'!'), |byte| byte <= b' ' || byte == 0x7f),
            (
                |word| other_than_alphanumeric_or(word, b'-', b'-'),
                |byte| !byte.is_ascii_alphanumeric() && byte != b'-',
            ),
            (
                |word| other_than_alphanumeric_or(word, b'-', b'.'),
                |byte| !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'.',
            ),
        ];
        for length in 0..28 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    for around in [b'a', b'Z', b'0', b' ', b'\t', b'!', b'-', 0x80, 0xff, b'~', b':', b'\r'] {
                        let mut text = vec![around; length];
                        text[place] = byte;
                        for (word, plain) in tests {
                            let found = text.iter().position(|byte| plain(*byte));
                            assert_eq!(find(&text, word), found, "{}", text.escape_ascii());
                            assert_eq!(any(&text, word), found.is_some(), "{}", text.escape_ascii());
                        }
                    }
                }
            }
        }
        assert!(find(b"", controls).is_none() && !any(b"", controls));
    }

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for number in (0..32).flat_map(|shift| {
            [
                1 << shift,
                u32::MAX >> shift,
                0x0123_4567_u32.rotate_left(shift),
                0x89ab_cdef_u32.rotate_left(shift),
            ]
        }) {
            assert_eq!(hexadecimal(number), *format!("{number:08x}").as_bytes());
        }
    }
}
