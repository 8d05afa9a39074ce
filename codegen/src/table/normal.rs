//! The canonical form of a request's path, as the runtime's `path::canonical` makes it, with the same vectors in its
//! test. What that refuses is refused here.

/// The canonical form, or why there is none.
pub(super) fn canonical(path: &str) -> Result<String, &'static str> {
    if !path.starts_with('/') {
        return Err("the path does not begin with a slash");
    }
    let decoded = decode(path.as_bytes())?;
    let mut output = String::with_capacity(decoded.len());
    let mut segments = decoded.get(1..).unwrap_or_default().split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let bare = bare(segment);
        if bare.len() < segment.len() && matches!(bare, "" | "." | "..") {
            return Err("the path holds an empty or a dot segment with a parameter");
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
    if output.is_empty() {
        output.push('/');
    }
    Ok(output)
}

/// A canonical path, its segments without their parameters.
pub(super) fn without_parameters(path: &str) -> String {
    path.split('/').map(bare).collect::<Vec<_>>().join("/")
}

/// A segment without its parameters.
fn bare(segment: &str) -> &str {
    let end = [";", "%3B"].into_iter().filter_map(|mark| segment.find(mark)).min();
    end.and_then(|end| segment.get(..end)).unwrap_or(segment)
}

/// Decodes escapes of unreserved characters and upper-cases the others.
fn decode(path: &[u8]) -> Result<String, &'static str> {
    let mut decoded = String::with_capacity(path.len());
    let mut bytes = path;
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        if *first != b'%' {
            if !(first.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(first)) {
                return Err("the path holds a character that must be escaped");
            }
            decoded.push(char::from(*first));
            continue;
        }
        let digits = rest
            .first_chunk::<2>()
            .and_then(|[high, low]| Some((char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?)));
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
    use super::{canonical, without_parameters};

    #[test]
    fn parameters_end_with_their_segment() {
        for (path, bare) in [("/a;x=1;y/b%3Bz/c", "/a/b/c"), ("/a/b", "/a/b"), ("/", "/"), ("/a;/", "/a/")] {
            assert_eq!(without_parameters(path), bare);
        }
    }

    #[test]
    fn the_form_is_the_one_the_runtime_makes() {
        for (path, expected) in [
            ("/", "/"),
            ("/a.b/c..d/e/", "/a.b/c..d/e/"),
            ("/%61%70i", "/api"),
            ("/a%c3%a9", "/a%C3%A9"),
            ("/a/./b/../c", "/a/c"),
            ("/a/%2e%2E/admin", "/admin"),
            ("/../../x", "/x"),
            ("/..", "/"),
            ("/.", "/"),
            ("/a/..", "/"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("//admin", "/admin"),
            ("/a///b//", "/a/b/"),
            ("//", "/"),
            ("/a/.../b", "/a/.../b"),
        ] {
            assert_eq!(canonical(path).as_deref(), Ok(expected), "{path}");
        }
        for path in [
            "",
            "a",
            "/a%2fb",
            "/a%5cb",
            "/a%00",
            "/%4",
            "/%zz",
            "/a b",
            "/\u{e9}",
            "/a/..;/b",
            "/;x",
            "/a/%3bx/b",
            "/..%3Bx",
        ] {
            assert!(canonical(path).is_err(), "{path}");
        }
    }
}
