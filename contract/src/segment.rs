//! Path segments: where one ends, its hash, and the typed parameters.
//! End and hash come from one pass over eight bytes at a time, since a look-up is mostly this.

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

const fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(MULTIPLIER);
    product ^ (product >> 32)
}

/// The hash that places an edge in its table: the same at build, for the layout, as for a segment of a request.
#[inline]
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
#[inline(always)]
pub(crate) fn scan(path: &[u8], at: usize) -> (usize, u32) {
    let mut state = 0;
    let mut rest = &path[at..];
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let slashes = slashes(word);
        if slashes != 0 {
            return finish(path, at, rest, state, word, slashes);
        }
        state = mix(state, word);
        rest = after;
    }
    let word = last(path, rest);
    // Past the end stands what is no slash and counts as nothing: let a slash be there.
    finish(path, at, rest, state, word, slashes(word) | 1 << (8 * rest.len() + 7))
}

/// The hash with the last bytes, in `rest`, up to the first slash of `word`.
#[inline(always)]
fn finish(path: &[u8], at: usize, rest: &[u8], state: u64, word: u64, slashes: u64) -> (usize, u32) {
    let bits = slashes.trailing_zeros() & !7;
    let state = if bits == 0 { state } else { mix(state, word & ((1 << bits) - 1)) };
    let end = path.len() - rest.len() + bits as usize / 8;
    (end, mix(state, (end - at) as u64) as u32)
}

/// The end of the segment that starts at `at`.
#[inline]
pub(crate) fn end(path: &[u8], at: usize) -> usize {
    let mut rest = &path[at..];
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let slashes = slashes(u64::from_le_bytes(*chunk));
        if slashes != 0 {
            return path.len() - rest.len() + slashes.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    let slashes = slashes(last(path, rest)) | 1 << (8 * rest.len() + 7);
    path.len() - rest.len() + slashes.trailing_zeros() as usize / 8
}

/// Where the next segment starts if these whole segments stand at `at`.
#[inline]
pub(crate) fn after(path: &[u8], at: usize, segments: &[u8]) -> Option<usize> {
    let end = at + segments.len();
    let ends = path.get(end).is_none_or(|&byte| byte == b'/');
    (ends && same(path.get(at..end)?, segments)).then_some(end + 1)
}

/// `a == b`, without a call for the lengths that literals have.
#[inline(always)]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > 16 {
        return a == b;
    }
    // The first and the last bytes overlap, or meet.
    match (a.first_chunk::<8>(), a.last_chunk::<8>(), b.first_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(a), Some(z), Some(b), Some(y)) => a == b && z == y,
        _ => match (a.first_chunk::<4>(), a.last_chunk::<4>(), b.first_chunk::<4>(), b.last_chunk::<4>()) {
            (Some(a), Some(z), Some(b), Some(y)) => a == b && z == y,
            _ => a.iter().eq(b),
        },
    }
}

/// The last bytes of the path, less than a word, the first of them in the lowest byte and zeros above.
#[inline]
fn last(path: &[u8], rest: &[u8]) -> u64 {
    // Most paths are longer than a word: take the last one and shift out what was seen already.
    if let Some(chunk) = path.last_chunk::<8>() {
        return u64::from_le_bytes(*chunk).unbounded_shr(64 - 8 * rest.len() as u32);
    }
    rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// The top bit of each byte that is `/`, right up to the first of them (the classic zero-byte test on
/// `word ^ "////////"`).
#[inline]
fn slashes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let difference = word ^ (ONES * b'/' as u64);
    difference.wrapping_sub(ONES) & !difference & (ONES << 7)
}

/// `{name:uint}`: 1 to 20 decimal digits.
#[inline]
pub fn is_uint(text: &[u8]) -> bool {
    (1..=20).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

/// `{name:uuid}`: 8-4-4-4-12 hexadecimal digits (RFC 9562 section 4).
#[inline]
pub fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Where segment number `number` of the path starts; the end if there are fewer.
#[inline]
pub fn start(path: &str, number: usize) -> usize {
    let bytes = path.as_bytes();
    let mut start = 1;
    for _ in 0..number {
        if start > bytes.len() {
            break;
        }
        start = end(bytes, start) + 1;
    }
    start.min(bytes.len())
}

/// Where the path goes on behind this many segments, with a slash or not at all.
#[inline]
pub fn behind(path: &str, count: usize) -> usize {
    let bytes = path.as_bytes();
    (0..count).fold(0, |at, _| if at < bytes.len() { end(bytes, at + 1) } else { at })
}

/// Where segment number `number` of the path lies; an empty range past the end if there are fewer.
#[inline]
pub fn nth(path: &str, number: usize) -> std::ops::Range<usize> {
    let start = self::start(path, number);
    start..end(path.as_bytes(), start)
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
                prop_assert_eq!(super::end(path.as_bytes(), at), end);
                at = end + 1;
            }
            for (number, part) in path[1..].split('/').enumerate() {
                prop_assert_eq!(&path[nth(&path, number)], part);
            }
        }
    }

    #[test]
    fn what_is_behind_segments_keeps_its_slash() {
        for (path, count, rest) in [
            ("/", 0, "/"),
            ("/", 1, ""),
            ("/a/b", 0, "/a/b"),
            ("/a/b", 1, "/b"),
            ("/a/", 1, "/"),
            ("/a", 1, ""),
            ("/a", 2, ""),
            ("/a;p/b", 1, "/b"),
        ] {
            assert_eq!(&path[behind(path, count)..], rest, "{path} {count}");
        }
    }

    #[test]
    fn the_same_is_equal() {
        let text = b"abcdefghijklmnopqrstuvwxyz";
        for length in 0..=text.len() {
            let one = &text[..length];
            assert!(same(one, one) && !same(one, &text[..(length + 1) % 27]));
            for place in 0..length {
                let mut other = one.to_vec();
                other[place] = b'X';
                assert!(!same(one, &other), "{length}, {place}");
            }
        }
    }

    #[test]
    fn a_stem_is_of_whole_segments() {
        for (path, next) in
            [("/a/b", Some(5)), ("/a/b/", Some(5)), ("/a/b/c", Some(5)), ("/a/bc", None), ("/a", None)]
        {
            assert_eq!(after(path.as_bytes(), 1, b"a/b"), next, "{path}");
        }
        assert_eq!(after(b"/", 2, b"a"), None);
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
