//! Text in JSON, for those who write it straight into a buffer.

use crate::words::{self, beyond_ascii, controls, equal};

/// JSON string contents (RFC 8259 section 7). Beyond what JSON demands, DEL and everything that is not ASCII is
/// escaped, bytes of broken UTF-8 as U+FFFD, so that a line can neither break a terminal nor a parser.
pub(crate) fn escape(buffer: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) { buffer.extend_from_slice(text) } else { escape_each(buffer, text) }
}

/// Whether all of a text stands for itself, as nearly every text does.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    !words::any(text, |word| beyond_ascii(word) | controls(word) | equal(word, b'"') | equal(word, b'\\'))
}

#[cold]
fn escape_each(buffer: &mut Vec<u8>, text: &[u8]) {
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' => buffer.extend_from_slice(&[b'\\', character as u8]),
                ' '..='~' => buffer.push(character as u8),
                _ => character.encode_utf16(&mut [0; 2]).iter().for_each(|&unit| escape_unit(buffer, unit)),
            }
        }
        if !chunk.invalid().is_empty() {
            escape_unit(buffer, 0xFFFD);
        }
    }
}

/// A code unit of UTF-16 by its number.
fn escape_unit(buffer: &mut Vec<u8>, unit: u16) {
    let digit = |place: u16| b"0123456789abcdef"[usize::from(unit >> place & 15)];
    buffer.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A character after the other.
    fn plainly(text: &[u8]) -> String {
        let escaped = |character| match character {
            '"' | '\\' => format!("\\{character}"),
            ' '..='~' => character.to_string(),
            _ => character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        String::from_utf8_lossy(text).chars().map(escaped).collect()
    }

    fn escaped(text: &[u8]) -> String {
        let mut buffer = Vec::new();
        escape(&mut buffer, text);
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn one_byte_is_seen_wherever_it_stands() {
        let edges = [0, 0x1F, b' ', b'!', b'"', b'#', b'[', b'\\', b']', b'~', 0x7F, 0x80, 0xFF];
        for (length, byte) in (0..70).flat_map(|length| edges.map(|byte| (length, byte))) {
            for place in 0..length {
                let mut text = vec![b'a'; length];
                text[place] = byte;
                assert_eq!(escaped(&text), plainly(&text), "{byte} at {place} of {length}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_in_blocks_is_what_each_character_comes_to(
            text in prop::collection::vec(prop_oneof![20 => b' '..=b'~', 1 => any::<u8>()], 0..100)
        ) {
            prop_assert_eq!(escaped(&text), plainly(&text));
        }

        #[test]
        fn broken_text_is_replaced_as_elsewhere(text in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(escaped(&text), plainly(&text));
        }

        #[test]
        fn every_string_survives_as_json(text in any::<String>()) {
            let mut buffer = vec![b'"'];
            escape(&mut buffer, text.as_bytes());
            buffer.push(b'"');
            prop_assert!(buffer.iter().all(|byte| (b' '..=b'~').contains(byte)));
            let read: String = serde_json::from_slice(&buffer).unwrap();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn every_byte_string_is_valid_json(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut buffer = vec![b'"'];
            escape(&mut buffer, &bytes);
            buffer.push(b'"');
            prop_assert!(serde_json::from_slice::<String>(&buffer).is_ok());
        }
    }
}
