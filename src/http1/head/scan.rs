//! What ends the parts of a field line.

use crate::words::{controls, equal, find};

/// The place of the first colon.
#[inline(always)]
pub(super) fn colon(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| equal(word, b':'))
}

/// The place of the first control character.
#[inline(always)]
pub(super) fn control(bytes: &[u8]) -> Option<usize> {
    find(bytes, controls)
}

/// The place of the first byte that a field's value does not have: a control character other than the tabulator.
pub(super) fn value_end(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| match controls(word) {
        0 => 0,
        found => found & !equal(word, b'\t'),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tabulator_ends_no_value() {
        for length in 0..40 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    for around in [b'a', b' ', b'\t', 0x80, b'\r'] {
                        let mut text = vec![around; length];
                        text[place] = byte;
                        let is_end = |byte: &u8| *byte < b' ' && *byte != b'\t' || *byte == 0x7f;
                        assert_eq!(value_end(&text), text.iter().position(is_end), "{}", text.escape_ascii());
                    }
                }
            }
        }
    }
}
