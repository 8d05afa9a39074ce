//! Cookies of a request.

/// The value of the first cookie of this name in a line of `Cookie`, as it was sent (RFC 6265, section 4.2.1).
pub fn first<'l>(line: &'l [u8], name: &str) -> Option<&'l [u8]> {
    let mut pairs = line.split(|&byte| byte == b';');
    pairs.find_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_of_a_name_counts() {
        let line = b"ab=0; a=1=2 ;a=3; b=";
        for (name, value) in [("a", Some(&b"1=2"[..])), ("ab", Some(b"0")), ("b", Some(b"")), ("A", None)] {
            assert_eq!(first(line, name), value, "{name}");
        }
    }
}
