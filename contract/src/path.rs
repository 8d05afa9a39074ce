//! The one canonical form of a path (RFC 3986 section 6.2.2): what is matched, authorised, logged and forwarded is
//! the same string. What two programs could read differently is refused, as `%00` and broken escapes, or said
//! ([`Disputed`]), and forwarded only where a route says so.

mod disputed;

use std::borrow::Cow;

pub use disputed::Disputed;
use disputed::SLASHES;

/// A path in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical<'a> {
    /// Borrowed if the path was canonical already, as almost all are.
    pub text: Cow<'a, str>,
    /// What of it two programs could read differently.
    pub disputed: Disputed,
    /// Whether it is matched as another text: [`matched`].
    pub is_spelled: bool,
}

/// The canonical form: unreserved characters decoded, escapes in upper case, dot segments removed, `//` merged (as
/// nginx's `merge_slashes`). The error says why there is none.
#[inline]
pub fn canonical(path: &str) -> Result<Canonical<'_>, &'static str> {
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') {
        return Err("the path does not begin with a slash");
    }
    let (mut plain, mut disputed) = (true, Disputed::NOTHING);
    let mut previous = 0;
    for &byte in bytes {
        match CLASS[usize::from(byte)] {
            Class::Plain => {}
            Class::Forbidden => return Err("the path holds a character that must be escaped"),
            // `.` and `/` matter only right after a slash.
            Class::Dot | Class::Slash if previous != b'/' => {}
            Class::Dot | Class::Slash | Class::Percent => plain = false,
            Class::Semicolon => {
                disputed = Disputed::PARAMETERS;
                plain &= previous != b'/';
            }
        }
        previous = byte;
    }
    if plain {
        return Ok(Canonical {
            text: Cow::Borrowed(path),
            disputed,
            is_spelled: disputed != Disputed::NOTHING,
        });
    }
    let text = rewrite(bytes)?;
    let disputed = Disputed::of(&text);
    let is_spelled = text
        .split('/')
        .any(|segment| matches!(spelled(bare(segment)), Cow::Owned(_)) || bare(segment) != segment);
    Ok(Canonical { text: Cow::Owned(text), disputed, is_spelled })
}

/// What a canonical path is matched as: its segments without their parameters, and without escapes that most who read a path
/// make no difference of (`%40` is `@`).
#[cold]
pub fn matched(path: &str) -> String {
    path.split('/').map(|segment| spelled(bare(segment))).collect::<Vec<_>>().join("/")
}

/// A canonical segment without escapes of what may stand in one as it is; a `;` would begin a parameter.
pub fn spelled(segment: &str) -> Cow<'_, str> {
    let mut output = Cow::Borrowed(segment);
    let mut at = 0;
    while let Some(percent) = output[at..].find('%').map(|found| at + found) {
        at = percent + 1;
        let escape = output.as_bytes()[at..].first_chunk().and_then(|digits| escaped(*digits));
        if let Some(byte) = escape.filter(|byte| is_path_byte(*byte) && *byte != b';') {
            output.to_mut().replace_range(percent..percent + 3, char::from(byte).encode_utf8(&mut [0; 4]));
        }
    }
    output
}

/// A segment without its parameters.
pub fn bare(segment: &str) -> &str {
    let end = [";", "%3B"].into_iter().filter_map(|mark| segment.find(mark)).min();
    end.map_or(segment, |end| &segment[..end])
}

#[cold]
fn rewrite(path: &[u8]) -> Result<String, &'static str> {
    let decoded = decode(path)?;
    let mut output = String::with_capacity(decoded.len());
    let mut segments = decoded[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        vanishes(segment)?;
        match segment {
            "." | "" if !last => {}
            ".." => {
                output.truncate(output.rfind('/').unwrap_or(0));
                if last {
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

/// Refuses a segment of which nothing is left for some: servers with path parameters (`/..;x/`, `/;x/`) resolve these as
/// dots, or merge them, and those that decode slashes early resolve the dots between them (`/..%2Fadmin`).
fn vanishes(segment: &str) -> Result<(), &'static str> {
    if !segment.contains(['%', ';']) {
        return Ok(());
    }
    let parts = SLASHES
        .into_iter()
        .fold(vec![segment], |parts, slash| parts.into_iter().flat_map(|part| part.split(slash)).collect());
    for part in &parts {
        let bare = bare(part);
        let has_parameters = bare.len() < part.len();
        if has_parameters && matches!(bare, "" | "." | "..") {
            return Err("the path holds an empty or a dot segment with a parameter");
        }
        if parts.len() > 1 && matches!(bare, "." | "..") {
            return Err("the path holds a dot segment beside an escaped slash");
        }
    }
    Ok(())
}

/// Decodes escapes of unreserved characters and upper-cases the others.
fn decode(path: &[u8]) -> Result<String, &'static str> {
    let mut decoded = String::with_capacity(path.len());
    let mut bytes = path;
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        if *first != b'%' {
            decoded.push(char::from(*first));
            continue;
        }
        let Some(byte) = rest.first_chunk().and_then(|digits| escaped(*digits)) else {
            return Err("the path holds a broken percent-escape");
        };
        bytes = &rest[2..];
        match byte {
            byte if is_unreserved(byte) => decoded.push(char::from(byte)),
            0 => return Err("the path holds an escaped NUL"),
            byte => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                decoded.push('%');
                decoded.push(char::from(HEX[usize::from(byte >> 4)]));
                decoded.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    Ok(decoded)
}

/// The bytes that a part of a path stands for: `%41` is `A`, and a broken escape stands for itself.
pub fn decoded(text: &str) -> impl Iterator<Item = u8> {
    unescaped(text, |byte| byte)
}

/// The bytes of escapes, and what `plain` makes of all others.
#[inline]
pub(crate) fn unescaped(text: &str, plain: impl Fn(u8) -> u8) -> impl Iterator<Item = u8> {
    let mut bytes = text.as_bytes();
    std::iter::from_fn(move || {
        let (first, rest) = bytes.split_first()?;
        let escape = rest.first_chunk().filter(|_| *first == b'%').and_then(|digits| escaped(*digits));
        let byte;
        (byte, bytes) = match escape {
            Some(byte) => (byte, &rest[2..]),
            None => (plain(*first), rest),
        };
        Some(byte)
    })
}

/// The byte of an escape's two digits, whatever their case.
#[inline]
pub fn escaped(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

/// What needs no escape anywhere (RFC 3986, section 2.3).
pub fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What may stand in a segment as it is: RFC 3986 `pchar`, but for the escapes.
pub fn is_path_byte(byte: u8) -> bool {
    !matches!(CLASS[usize::from(byte)], Class::Forbidden | Class::Percent | Class::Slash)
}

#[derive(Clone, Copy)]
enum Class {
    Plain,
    Slash,
    Dot,
    Percent,
    Semicolon,
    Forbidden,
}

/// RFC 3986 `pchar` and what this module looks at.
static CLASS: [Class; 256] = {
    let mut table = [Class::Forbidden; 256];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        if character.is_ascii_alphanumeric() {
            table[byte] = Class::Plain;
        }
        byte += 1;
    }
    let plain = b"-_~!$&'()*+,=:@";
    let mut index = 0;
    while index < plain.len() {
        table[plain[index] as usize] = Class::Plain;
        index += 1;
    }
    table[b'.' as usize] = Class::Dot;
    table[b'/' as usize] = Class::Slash;
    table[b'%' as usize] = Class::Percent;
    table[b';' as usize] = Class::Semicolon;
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(path: &str) -> Result<String, &'static str> {
        canonical(path).map(|canonical| canonical.text.into_owned())
    }

    #[test]
    fn canonical_paths_are_not_copied() {
        for path in ["/", "/api/v1", "/a.b/c..d/e/", "/users/42", "/a;b=c/d,e@f:g"] {
            assert!(matches!(canonical(path).unwrap().text, Cow::Borrowed(_)), "{path} was copied");
        }
    }

    #[test]
    fn escapes_dots_and_slashes() {
        for (path, expected) in [
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
            ("/.hidden", "/.hidden"),
        ] {
            assert_eq!(of(path).as_deref(), Ok(expected), "{path}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for path in [
            "",
            "a",
            "*",
            "/a%00",
            "/a%2fb%00",
            "/..%2fb",
            "/a%2F..",
            "/a%5c.%2fb",
            "/a%2f%2e%2E%5cb",
            "/..;x%2Fb",
            "/a%2F;x",
            "/%",
            "/%4",
            "/%zz",
            "/a\\b",
            "/a\"b",
            "/a b",
            "/é",
            "/a|b",
            "/a/..;/b",
            "/a/.;x/b",
            "/%2e%2e;/b",
            "/a/..%3bx/b",
            "/;x/admin",
            "/a/;",
            "/%3Bx",
            "/a\u{7f}",
        ] {
            assert!(of(path).is_err(), "{path} was accepted");
        }
    }

    #[test]
    fn parameters_are_seen_and_end_with_their_segment() {
        for (path, bare) in [
            ("/a;x=1;y/b%3Bz/c", "/a/b/c"),
            ("/a%3bx", "/a"),
            ("/a;/", "/a/"),
            ("/a/../b;%2e%2e/c", "/b/c"),
            ("/a;x/../b", "/b"),
            ("/a/b", "/a/b"),
            ("/", "/"),
        ] {
            let canonical = canonical(path).unwrap();
            assert_eq!(matched(&canonical.text), bare, "{path}");
            assert_eq!(canonical.is_spelled, bare != canonical.text, "{path}");
            assert_eq!(canonical.disputed == Disputed::PARAMETERS, bare != canonical.text, "{path}");
        }
    }

    #[test]
    fn what_needs_no_escape_is_matched_without() {
        for (path, text, matched) in [
            ("/%40scope%2fname", "/%40scope%2Fname", "/@scope%2Fname"),
            ("/a%2bb%3D%26c", "/a%2Bb%3D%26c", "/a+b=&c"),
            ("/%25%34%30", "/%2540", "/%2540"),
            ("/a%3B%40/%40%3Bb", "/a%3B%40/%40%3Bb", "/a/@"),
            ("/%7C%c3%a9%20", "/%7C%C3%A9%20", "/%7C%C3%A9%20"),
            ("/@+", "/@+", "/@+"),
        ] {
            let canonical = canonical(path).unwrap();
            assert_eq!((&*canonical.text, &*super::matched(&canonical.text)), (text, matched), "{path}");
            assert_eq!(canonical.is_spelled, text != matched, "{path}");
        }
    }

    #[test]
    fn escaped_slashes_are_seen_and_separate_nothing() {
        for (path, text, disputed) in [
            ("/a%2fb/../c%5cd", "/c%5Cd", Disputed::SLASHES),
            ("/a%2fb/..", "/", Disputed::NOTHING),
            ("/https:%2F%2Fa.example%2Fx", "/https:%2F%2Fa.example%2Fx", Disputed::SLASHES),
            ("/%2f", "/%2F", Disputed::SLASHES),
            ("/a%252fb", "/a%252fb", Disputed::NOTHING),
            ("/a...%2Fb", "/a...%2Fb", Disputed::SLASHES),
            ("/a;b%5Cc", "/a;b%5Cc", Disputed::SLASHES.union(Disputed::PARAMETERS)),
        ] {
            let canonical = canonical(path).unwrap();
            assert_eq!((canonical.text.as_ref(), canonical.disputed), (text, disputed), "{path}");
        }
    }

    /// RFC 3986, section 6.2.2, a step after the other, with lists of texts.
    fn naive(path: &str) -> Option<String> {
        let mut left: Vec<char> = path.strip_prefix('/')?.chars().collect();
        let mut text = String::new();
        while !left.is_empty() {
            match left.remove(0) {
                '%' if left.len() < 2 => return None,
                '%' => {
                    let digits: String = left.drain(..2).filter(char::is_ascii_hexdigit).collect();
                    match u8::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 2)? {
                        0 => return None,
                        byte if "-._~".contains(char::from(byte)) || byte.is_ascii_alphanumeric() => {
                            text.push(char::from(byte))
                        }
                        byte => text += &format!("%{byte:02X}"),
                    }
                }
                plain if plain.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@".contains(plain) => {
                    text.push(plain)
                }
                _ => return None,
            }
        }
        let segments: Vec<&str> = text.split('/').collect();
        let mut kept = Vec::new();
        for segment in &segments {
            let names: Vec<&str> = segment.split("%2F").flat_map(|part| part.split("%5C")).collect();
            for name in &names {
                let mut parts = name.split(';').flat_map(|part| part.split("%3B"));
                let first = parts.next()?;
                if matches!(first, "" | "." | "..") && parts.next().is_some() {
                    return None;
                }
                if matches!(first, "." | "..") && names.len() > 1 {
                    return None;
                }
            }
            match *segment {
                "" | "." => {}
                ".." => drop(kept.pop()),
                segment => kept.push(segment),
            }
        }
        let is_directory = matches!(*segments.last()?, "" | "." | "..") && !kept.is_empty();
        Some(format!("/{}{}", kept.join("/"), if is_directory { "/" } else { "" }))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn it_is_what_the_steps_of_the_rfc_make(path in "/?([a;.]|/|//|/\\.|/\\.\\.|%2[eEfF56]|%3[bB]|%5[cC]|%0|%c3|[\\\\é %~@]){0,12}") {
            prop_assert_eq!(of(&path).ok(), naive(&path), "{}", path);
        }

        #[test]
        fn what_is_matched_is_canonical_and_matched_as_it_is(path in "(/(a|b|@|%40|%25|%2b|\\.\\.|%2e)?((;|%3[bB])[a./]?|40)?){0,8}") {
            if let Ok(once) = canonical(&path) {
                let bare = matched(&once.text);
                prop_assert_eq!(of(&bare), Ok(bare.clone()));
                prop_assert_eq!(matched(&bare), bare.clone());
                prop_assert_eq!(once.is_spelled, bare != *once.text);
                prop_assert_eq!(once.disputed == Disputed::PARAMETERS, once.text.contains([';']) || once.text.contains("%3B"));
            }
        }

        #[test]
        fn it_is_idempotent_and_leaves_nothing_to_resolve(path in "/[a-c./%2eE5f1]{0,24}") {
            if let Ok(once) = of(&path) {
                prop_assert_eq!(of(&once), Ok(once.clone()));
                prop_assert!(!once.contains("//") && !once.split('/').any(|segment| segment == "." || segment == ".."));
            }
        }
    }
}
