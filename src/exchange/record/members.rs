//! What a line of the access log has of a request that is gone when it is written.

use crate::json::escape;

/// The greatest length of what a client chooses for a member, in bytes as they were sent.
const LONGEST: usize = 512;

/// Members of a JSON object, each behind a comma, in one piece of memory.
#[derive(Debug)]
pub(crate) struct Members(Vec<u8>);

impl Members {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(256))
    }

    /// Adds one with text that a client has chosen; what is too long is cut, and ends in three dots.
    pub(crate) fn push(&mut self, name: &'static str, text: &[u8]) {
        let Self(buffer) = self;
        buffer.extend_from_slice(b",\"");
        buffer.extend_from_slice(name.as_bytes());
        buffer.extend_from_slice(b"\":\"");
        if text.len() <= LONGEST {
            escape(buffer, text);
        } else {
            // Not within a character.
            let is_within = |place: &usize| text[*place] & 0b1100_0000 == 0b1000_0000;
            let end = (LONGEST - 3..=LONGEST).rev().find(|place| !is_within(place)).unwrap_or(LONGEST);
            escape(buffer, &text[..end]);
            buffer.extend_from_slice(b"...");
        }
        buffer.push(b'"');
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(text: &[u8]) -> String {
        let mut members = Members::new();
        members.push("name", text);
        let object = [b"{\"first\":1", members.as_bytes(), b"}"].concat();
        let read: serde_json::Value = serde_json::from_slice(&object).unwrap();
        read["name"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(member("a".repeat(LONGEST).as_bytes()), "a".repeat(LONGEST));
        assert_eq!(member("a".repeat(LONGEST + 1).as_bytes()), "a".repeat(LONGEST) + "...");
        let wide = "a".to_owned() + &"\u{1f600}".repeat(200);
        assert_eq!(member(wide.as_bytes()), "a".to_owned() + &"\u{1f600}".repeat(127) + "...");
        // What is no text has no characters to be cut between.
        assert_eq!(member(&[0x80; 65_536]).chars().count(), LONGEST + 3);
    }
}
