//! Hosts: what may stand in `Host` or in an absolute target, and the name that the route table is asked for.

use std::borrow::Cow;

use crate::words::{find, other_than_alphanumeric_or};

/// A DNS name has at most 253 characters; a longer host is refused.
const MAX_HOST: usize = 256;

/// `uri-host [":" port]` (RFC 9110 section 7.2), strictly: no user name, path, query, comma, space or escape. What is
/// escaped in a host is read by some and not by others.
pub(crate) fn is_host(host: &[u8]) -> bool {
    is_usual(host) || is_any(host)
}

/// Whether it is what almost every long one is: a name of letters, digits, hyphens and dots.
fn is_usual(host: &[u8]) -> bool {
    // Without a way out in the middle it is a few instructions for a whole register of bytes.
    fn is_usual(block: &[u8; 16]) -> bool {
        block.iter().fold(true, |usual, byte| {
            usual & (byte.is_ascii_alphanumeric() | (*byte == b'-') | (*byte == b'.'))
        })
    }
    let [before @ .., _] = host else { return false };
    let last = host.last_chunk().is_some_and(is_usual);
    last && host.len() <= MAX_HOST && before.as_chunks().0.iter().all(is_usual)
}

#[inline(never)]
fn is_any(host: &[u8]) -> bool {
    let (name, port) = match host {
        [b'[', ..] => match host.iter().position(|&byte| byte == b']') {
            Some(end) => host.split_at(end + 1),
            None => return false,
        },
        _ => {
            // What almost every name is made of, many bytes at a time.
            let usual = find(host, |word| other_than_alphanumeric_or(word, b'-', b'.')).unwrap_or(host.len());
            let is_other = |&byte: &u8| !HOST_CHARACTERS[usize::from(byte)];
            let others = host[usual..].iter().position(is_other);
            host.split_at(others.map_or(host.len(), |place| usual + place))
        }
    };
    let name_is_good = match name {
        [b'[', address @ .., b']'] => {
            address.contains(&b':')
                && address.iter().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte))
        }
        b"." => false,
        _ => true,
    };
    let port_is_good = match port {
        [] => true,
        [b':', digits @ ..] => {
            let number = digits.iter().try_fold(0_u32, |number, digit| {
                digit.is_ascii_digit().then(|| (number * 10 + u32::from(digit - b'0')).min(1 << 16))
            });
            number.is_some_and(|number| number < 1 << 16)
        }
        _ => false,
    };
    !name.is_empty() && name.len() <= MAX_HOST && name_is_good && port_is_good
}

/// RFC 3986 `reg-name`, but for the comma and the escapes; the colon is not one of them.
static HOST_CHARACTERS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~!$&'()*+;=";
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
};

/// The host for the route table: lower-case, without port and trailing dot; empty if there is none. Only one that is written
/// in capitals costs an allocation.
pub(crate) fn host_name(host: Option<&[u8]>) -> Cow<'_, str> {
    let host = host.unwrap_or_default();
    let name = std::str::from_utf8(castgate_contract::host::name(host)).unwrap_or_default();
    // No early end: so it is done for many bytes at a time.
    let has_capitals = name.bytes().fold(false, |found, byte| found | byte.is_ascii_uppercase());
    if has_capitals { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in [
            "example.com",
            "EXAMPLE.com.",
            "a:80",
            "127.0.0.1:8080",
            "[::1]:80",
            "[::1]",
            "a_b",
            "xn--bcher-kva.example",
        ] {
            assert!(is_host(good.as_bytes()), "{good} was refused");
        }
        for bad in [
            "",
            ":80",
            "a:b",
            "a:65536",
            "a:99999999999",
            "a/b",
            "a?b",
            "a#b",
            "u@a",
            "a,b",
            "a b",
            "[::1",
            "[::1]x",
            "[]",
            ".",
            ".:80",
            "[g]",
            "a\\b",
            "a:80:80",
            "a%2eb",
            "%61",
            "a%",
            "[fe80::1%25eth0]",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad} was accepted");
        }
    }

    #[test]
    fn the_usual_host_is_one_by_every_rule() {
        for (length, byte) in (0..40).flat_map(|length| (0..=u8::MAX).map(move |byte| (length, byte))) {
            for place in 0..length {
                let mut host = vec![b'a'; length];
                host[place] = byte;
                assert!(!is_usual(&host) || is_any(&host), "{}", host.escape_ascii());
            }
        }
        for (length, is_good) in [(MAX_HOST, true), (MAX_HOST + 1, false)] {
            assert_eq!(is_host(&vec![b'a'; length]), is_good);
        }
    }

    #[test]
    fn host_names_are_normalised() {
        for (host, name) in [("API.Example.com.:80", "api.example.com"), ("[::1]:80", "[::1]"), ("a", "a")] {
            assert_eq!(host_name(Some(host.as_bytes())), name);
        }
    }
}
