//! The name that a request's Host stands for in the route table, and its label in front.

use crate::authority::is_label;

/// `Host` without port and trailing dots (one is the root's; no guard is passed with more) (RFC 9110, section 7.2); `[::1]` keeps its brackets. Upper and lower case are
/// left as they are; routes are asked in lower case.
#[inline]
pub fn name(host: &[u8]) -> &[u8] {
    let end = match host {
        [b'[', ..] => host.iter().position(|&byte| byte == b']').map(|end| end + 1),
        _ => host.iter().position(|&byte| byte == b':'),
    };
    let name = end.map_or(host, |end| &host[..end]);
    let mut name = name;
    while let Some(shorter) = name.strip_suffix(b".") {
        name = shorter;
    }
    name
}

/// A label has at most so many characters (RFC 1035, section 2.3.4).
pub const MAX_LABEL: usize = 63;

/// What `{label}` takes of a name, and the rest behind the dot. `None` if there is no dot, or nothing that could be the
/// label of a name in front of it: `a!b.example.com` has none, so that a label can stand in a path as it is.
#[inline]
pub fn labelled(name: &str) -> Option<(&str, &str)> {
    name.split_once('.').filter(|(label, _)| is_label(label))
}

/// The label in front of a `Host`, in lower case.
pub fn label<'b>(host: &[u8], buffer: &'b mut [u8; MAX_LABEL]) -> Option<&'b str> {
    let (label, _) = labelled(std::str::from_utf8(name(host)).ok()?)?;
    let buffer = buffer.get_mut(..label.len())?;
    buffer.copy_from_slice(label.as_bytes());
    buffer.make_ascii_lowercase();
    std::str::from_utf8(buffer).ok()
}

/// The port that `Host` names, if it is one.
pub fn port(host: &[u8]) -> Option<u16> {
    let colon = host.iter().rposition(|&byte| byte == b':')?;
    let digits = host.get(colon + 1..).filter(|_| !host.ends_with(b"]"))?;
    digits.iter().all(u8::is_ascii_digit).then_some(())?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_in_front_is_one_of_a_name() {
        let long = "a".repeat(MAX_LABEL);
        for (host, expected) in [
            ("Shop_1.Example.com.:80", Some("shop_1")),
            ("a.b", Some("a")),
            (&format!("{long}.com"), Some(long.as_str())),
            (&format!("{long}a.com"), None),
            ("localhost", None),
            ("a.", None),
            (".com", None),
            ("a!b.com", None),
            ("[::1.2.3.4]", None),
            ("", None),
        ] {
            assert_eq!(label(host.as_bytes(), &mut [0; MAX_LABEL]), expected, "{host}");
        }
    }

    #[test]
    fn the_name_is_without_port_and_dot() {
        for (host, expected) in [
            ("API.example.com.:80", "API.example.com"),
            ("a..:80", "a"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("[::1", "[::1"),
            ("a", "a"),
            (":80", ""),
            ("", ""),
        ] {
            assert_eq!(name(host.as_bytes()), expected.as_bytes(), "{host}");
        }
    }
    #[test]
    fn the_port_is_behind_the_last_colon() {
        for (host, port) in [
            ("a:80", Some(80)),
            ("a:00080", Some(80)),
            ("[::1]:8443", Some(8443)),
            ("[::1]", None),
            ("a", None),
            ("a:", None),
            ("a:65536", None),
            ("a:+1", None),
        ] {
            assert_eq!(super::port(host.as_bytes()), port, "{host}");
        }
    }
}
