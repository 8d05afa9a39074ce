//! How often a request has come through this gateway already: what `Via` says of it (RFC 9110 section 7.6.3). A ring of
//! proxies, through which a request would go until somebody's time is over, ends here.

use crate::introduction::PSEUDONYM;

/// A request that has come through more often does not go on. Gateways of this kind that stand one behind the other call themselves the
/// same, and are no ring.
pub(super) const MOST_PASSES: usize = 10;

/// How many entries of a line are the gateway's own: those whose second word, who has received the request, is its name. A comma
/// within a comment ends no entry; but one that is never closed hides nothing.
pub(super) fn passes(line: &[u8]) -> usize {
    let mut comment = Comment::default();
    let passes = line.split(|byte| comment.is_outside(*byte) && *byte == b',').filter(is_own).count();
    if comment.depth == 0 { passes } else { line.split(|byte| *byte == b',').filter(is_own).count() }
}

fn is_own(entry: &&[u8]) -> bool {
    let mut words = entry.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    words.nth(1).is_some_and(|received_by| received_by.eq_ignore_ascii_case(PSEUDONYM.as_bytes()))
}

/// Where in a comment one is (RFC 9110 section 5.6.5).
#[derive(Default)]
struct Comment {
    depth: usize,
    is_escaped: bool,
}

impl Comment {
    /// Goes on by one byte; whether that is no part of a comment.
    fn is_outside(&mut self, byte: u8) -> bool {
        let is_within = self.depth > 0;
        match byte {
            _ if std::mem::take(&mut self.is_escaped) => {}
            b'\\' if is_within => self.is_escaped = true,
            b'(' => self.depth += 1,
            b')' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        !is_within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_entries_are_counted_and_no_others() {
        for (line, own) in [
            ("1.1 castgate", 1),
            ("1.0 castgate, 1.1 nginx, HTTP/1.1 Castgate (castgate/1.0)", 2),
            ("1.1 castgate,1.1 castgate ,\t1.1\tcastgate,, ", 3),
            ("", 0),
            ("castgate", 0),
            ("castgate castgate2, 1.1 castgate:80, 1.1 not-castgate", 0),
            ("1.1 a castgate", 0),
            ("1.1 a (1.1 castgate, 1.1 castgate)", 0),
            ("1.1 a (b (c, 1.1 castgate), 1.1 castgate), 1.1 castgate", 1),
            (r"1.1 a (b \), 1.1 castgate), 1.1 castgate", 1),
            (r"1.1 a\, 1.1 castgate", 1),
            // Whoever never closes a comment would end the count of all who come later.
            ("1.1 a (, 1.1 castgate, 1.1 castgate", 2),
            (r"1.1 a (\), 1.1 castgate", 1),
            ("1.1 a ), 1.1 castgate", 1),
        ] {
            assert_eq!(passes(line.as_bytes()), own, "{line}");
        }
    }

    #[test]
    fn what_the_gateway_says_of_itself_is_its_own() {
        use crate::introduction::{Introduction, Via};
        for version in [http::Version::HTTP_10, http::Version::HTTP_11, http::Version::HTTP_2] {
            let said = Introduction::name(Via::On, version).unwrap();
            assert_eq!(passes(said.as_bytes()), 1);
        }
    }
}
