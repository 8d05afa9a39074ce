//! The name that a request's Host stands for in the route table.

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

#[cfg(test)]
mod tests {
    #[test]
    fn the_name_is_without_port_and_dot() {
        for (host, name) in [
            ("API.example.com.:80", "API.example.com"),
            ("a..:80", "a"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("[::1", "[::1"),
            ("a", "a"),
            (":80", ""),
            ("", ""),
        ] {
            assert_eq!(super::name(host.as_bytes()), name.as_bytes(), "{host}");
        }
    }
}
