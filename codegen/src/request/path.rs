//! The canonical form of a request's path; the rules are those of the runtime's `path.rs`.

/// The form in which a path is matched, or why it is refused.
pub(super) fn canonical(path: &str) -> Result<String, &'static str> {
    let decoded = decode(path)?;
    let mut output = String::with_capacity(decoded.len());
    let mut segments = decoded.strip_prefix('/').unwrap_or(&decoded).split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if segment.starts_with(".;") || segment.starts_with("..;") {
            return Err("the path holds a dot segment with a parameter");
        }
        match segment {
            "." | "" if !is_last => {}
            ".." => {
                output.truncate(output.rfind('/').unwrap_or(0));
                if is_last {
                    output.push('/');
                }
            }
            "." => output.push('/'),
            _ => {
                output.push('/');
                output.push_str(segment);
            }
        }
    }
    Ok(if output.is_empty() { "/".to_owned() } else { output })
}

/// Decodes needless escapes and writes the others in capitals.
fn decode(path: &str) -> Result<String, &'static str> {
    let mut decoded = String::with_capacity(path.len());
    let mut bytes = path.as_bytes();
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        if *first != b'%' {
            if *first != b'/' && !crate::pattern::is_path_byte(*first) {
                return Err("the path holds a character that must be escaped");
            }
            decoded.push(char::from(*first));
            continue;
        }
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let digits = rest.first_chunk::<2>().and_then(|[high, low]| digit(high).zip(digit(low)));
        let Some((high, low)) = digits else { return Err("the path holds a broken percent-escape") };
        bytes = &rest[2..];
        match u8::try_from(high << 4 | low).unwrap_or_default() {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => decoded.push(char::from(byte)),
            b'/' | b'\\' | 0 => return Err("the path holds an escaped slash, backslash or NUL"),
            byte => decoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn the_rules_are_those_of_the_runtime() {
        for (path, expected) in [
            ("/", "/"),
            ("/%61%70i", "/api"),
            ("/a%c3%a9", "/a%C3%A9"),
            ("/a/./b/../c", "/a/c"),
            ("/a/%2e%2E/admin", "/admin"),
            ("/../../x", "/x"),
            ("/a/..", "/"),
            ("/a/b/.", "/a/b/"),
            ("/a///b//", "/a/b/"),
            ("//", "/"),
        ] {
            assert_eq!(canonical(path).as_deref(), Ok(expected), "{path}");
        }
        for path in ["/a%2fb", "/a%5cb", "/a%00", "/%", "/%zz", "/a\\b", "/\u{e9}", "/a/..;/b"] {
            assert!(canonical(path).is_err(), "{path}");
        }
    }
}
