//! The canonical form, held against the steps of the RFC with lists of texts.

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
        // What is sent raw has one spelling with what is escaped.
        ("/a[0]/{b}|c^\"d\"", "/a%5B0%5D/%7Bb%7D%7Cc%5E%22d%22"),
        ("/%5b%5B[", "/%5B%5B%5B"),
        ("/a/{..}/../b", "/a/b"),
        ("/%7b%257D", "/%7B%257D"),
        ("/{;x", "/%7B;x"),
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
        "/a b",
        "/é",
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
            raw if "\"[]^{|}".contains(raw) => text += &format!("%{:02X}", u32::from(raw)),
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
    fn it_is_what_the_steps_of_the_rfc_make(path in "/?([a;.]|/|//|/\\.|/\\.\\.|%2[eEfF56]|%3[bB]|%5[cC]|%0|%c3|[\\\\é %~@\\[|{\"<`]){0,12}") {
        prop_assert_eq!(of(&path).ok(), naive(&path), "{}", path);
    }

    #[test]
    fn a_long_path_is_looked_at_as_a_short_one_is(path in "(/[a-zA-Z0-9_-]{1,7}){0,9}", place in 0_usize..60, there in "/|//|\\.|/\\.|/\\.\\.|~|%41|%|;|\\[|<|é") {
        let mut other = path.clone();
        other.insert_str(place.min(path.len()), &there);
        for path in [path, other] {
            prop_assert_eq!(of(&path).ok(), naive(&path), "{}", path);
        }
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
