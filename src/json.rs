//! Text in JSON, for those who write it straight into a buffer.

/// JSON string contents (RFC 8259 section 7). Beyond what JSON demands, DEL and everything that is not ASCII is
/// escaped, bytes of broken UTF-8 as U+FFFD, so that a line can neither break a terminal nor a parser.
pub(crate) fn escape(buffer: &mut Vec<u8>, text: &[u8]) {
    if text.iter().all(|&byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return buffer.extend_from_slice(text);
    }
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '"' | '\\' => buffer.extend_from_slice(&[b'\\', character as u8]),
            ' '..='~' => buffer.push(character as u8),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    buffer.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
