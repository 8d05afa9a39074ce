//! Which origins are in a set. An origin is a text of a browser's (WHATWG HTML, "ASCII serialisation of an origin"): scheme, host
//! and, unless it is the scheme's own, port, in lower case, or `null`. One byte more or less is another origin.

use crate::authority::is_label;
use std::cmp::Ordering;

/// No origin is longer that is in a set of subdomains: a scheme, a name of 253 bytes, a port.
const MOST_BYTES: usize = 512;

/// The origins of a scheme below a name, at any depth: `https`, `example.com:8443`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subdomains<T> {
    /// The name, and the port if it is not the scheme's own.
    parent: T,
    scheme: T,
}

impl<T> Subdomains<T> {
    /// Those of this scheme below this name, which has its port behind it.
    pub const fn new(scheme: T, parent: T) -> Self {
        Self { parent, scheme }
    }

    /// The scheme, and the name.
    pub const fn parts(&self) -> (&T, &T) {
        (&self.scheme, &self.parent)
    }
}

/// A set of origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origins<'a, T> {
    /// Every origin.
    Any,
    /// These, and those below these names; both in order, each once.
    Of(&'a [T], &'a [Subdomains<T>]),
}

/// What is known of an origin that is in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member<'a, T> {
    /// All are.
    Any,
    /// It is this one.
    Exact(&'a T),
    /// It is below one of the names.
    Subdomain,
}

impl<'a, T: AsRef<str>> Origins<'a, T> {
    /// What this origin is in the set, by a search by halves for each label: of a thousand origins, ten comparisons.
    pub fn find(&self, origin: &[u8]) -> Option<Member<'a, T>> {
        let Self::Of(exact, below) = *self else { return Some(Member::Any) };
        if let Ok(place) = exact.binary_search_by(|known| known.as_ref().as_bytes().cmp(origin)) {
            return Some(Member::Exact(&exact[place]));
        }
        (!below.is_empty() && is_below(below, origin)).then_some(Member::Subdomain)
    }
}

/// Whether the origin has whole labels in front of one of these names.
fn is_below<T: AsRef<str>>(below: &[Subdomains<T>], origin: &[u8]) -> bool {
    let scheme = origin.iter().position(|byte| *byte == b':').unwrap_or(origin.len());
    let (scheme, rest) = origin.split_at(scheme);
    let Some(mut rest) = rest.strip_prefix(b"://").filter(|_| origin.len() <= MOST_BYTES) else {
        return false;
    };
    while let Some(dot) = rest.iter().position(|byte| *byte == b'.') {
        let label = std::str::from_utf8(&rest[..dot]).unwrap_or_default();
        if !is_label(label) || label.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return false;
        }
        rest = &rest[dot + 1..];
        let order = |known: &Subdomains<T>| -> Ordering {
            let parent = known.parent.as_ref().as_bytes().cmp(rest);
            parent.then_with(|| known.scheme.as_ref().as_bytes().cmp(scheme))
        };
        if below.binary_search_by(order).is_ok() {
            return true;
        }
    }
    false
}

/// Whether texts are in order, each once: a set of which a search by halves finds all.
pub const fn is_in_order(texts: &[&str]) -> bool {
    let mut at = 1;
    while at < texts.len() {
        if !is_before(texts[at - 1], texts[at]) {
            return false;
        }
        at += 1;
    }
    true
}

/// The same for names and their schemes.
pub const fn are_in_order(below: &[Subdomains<&str>]) -> bool {
    let mut at = 1;
    while at < below.len() {
        let (one, next) = (below[at - 1], below[at]);
        let is_before = is_before(one.parent, next.parent)
            || !is_before(next.parent, one.parent) && is_before(one.scheme, next.scheme);
        if !is_before {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_before(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] < other[at];
        }
        at += 1;
    }
    one.len() < other.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    /// As it is said of the key: text by text, by way of its parts.
    fn oracle(patterns: &[String], origin: &str) -> bool {
        patterns.iter().any(|pattern| {
            let Some((scheme, name)) = pattern.split_once("://*.") else { return pattern == origin };
            let Some(host) = origin.strip_prefix(&format!("{scheme}://")) else { return false };
            let Some(front) = host.strip_suffix(&format!(".{name}")) else { return false };
            let is_fine = |label: &str| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '-' | '_'))
            };
            front.split('.').all(is_fine)
        })
    }

    fn is_in(patterns: &[String], origin: &str) -> bool {
        let (mut exact, mut below) = (Vec::new(), Vec::new());
        for pattern in patterns {
            match pattern.split_once("://*.") {
                Some((scheme, name)) => below.push(Subdomains::new(scheme, name)),
                None => exact.push(pattern.as_str()),
            }
        }
        exact.sort_unstable();
        exact.dedup();
        below.sort_unstable();
        below.dedup();
        assert!(is_in_order(&exact) && are_in_order(&below));
        Origins::Of(&exact, &below).find(origin.as_bytes()).is_some()
    }

    proptest! {
        #[test]
        fn a_set_has_what_the_oracle_says(
            patterns in prop::collection::vec("(https?|app)://(\\*\\.)?([ab]\\.){0,2}(a|b|com)(:8|:80)?|null", 0..12),
            origins in prop::collection::vec("(https?|app)(://|:/|:)[ab*A.@#/:]{0,3}(\\.|-|)([ab]\\.){0,3}(a|b|com)(:8|:80)?(/|\\.)?|null|", 40),
        ) {
            for origin in origins.iter().chain(&patterns) {
                prop_assert_eq!(is_in(&patterns, origin), oracle(&patterns, origin), "{}", origin);
            }
        }

        #[test]
        fn texts_are_in_order_as_they_are_sorted(mut texts in prop::collection::vec("[ab]{0,3}", 0..5)) {
            let order = |texts: &[String]| is_in_order(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(order(&texts), texts.windows(2).all(|pair| pair[0] < pair[1]));
            texts.sort();
            texts.dedup();
            prop_assert!(order(&texts));
        }
    }

    /// A text that counts how often it is compared.
    struct Counted<'c>(String, &'c Cell<u32>);

    impl AsRef<str> for Counted<'_> {
        fn as_ref(&self) -> &str {
            self.1.set(self.1.get() + 1);
            &self.0
        }
    }

    #[test]
    fn a_thousand_origins_cost_ten_comparisons() {
        let compared = Cell::new(0);
        let texts = |text: &dyn Fn(u32) -> String| -> Vec<Counted<'_>> {
            (0..1000).map(|number| Counted(text(number), &compared)).collect()
        };
        let exact = texts(&|number| format!("https://app-{number:03}.example.com"));
        let parents = texts(&|number| format!("t{number:03}.example.org"));
        let below =
            parents.into_iter().map(|parent| Subdomains::new(Counted("https".to_owned(), &compared), parent));
        let below: Vec<_> = below.collect();
        let set = Origins::Of(&exact, &below);
        for number in 0..1000 {
            for (origin, is_in) in [
                (format!("https://app-{number:03}.example.com"), true),
                (format!("https://a.t{number:03}.example.org"), true),
                (format!("https://app-{number:03}.example.net"), false),
                (format!("https://a.t{number:03}.example.net"), false),
            ] {
                compared.set(0);
                assert_eq!(set.find(origin.as_bytes()).is_some(), is_in, "{origin}");
                // For the whole and for each of three labels; where a name is met, for its scheme too.
                assert!(compared.get() <= 4 * 12, "{origin}: {}", compared.get());
            }
        }
    }

    #[test]
    fn whole_labels_stand_in_front_of_a_name() {
        let patterns = ["https://*.example.com".to_owned(), "https://*.example.com:8443".to_owned()];
        for origin in ["https://a.example.com", "https://b-c.a_1.example.com", "https://a.example.com:8443"] {
            assert!(is_in(&patterns, origin), "{origin}");
        }
        let long = format!("https://{}.example.com", "a".repeat(64));
        let deep = format!("https://{}example.com", "a.".repeat(300));
        for origin in [
            "https://example.com",
            "https://.example.com",
            "https://evil-example.com",
            "https://evilexample.com",
            "https://a.example.com.evil.com",
            "https://a.example.com.",
            "https://a..example.com",
            "https://A.example.com",
            "https://a.example.com:443",
            "https://a.example.com:84430",
            "http://a.example.com",
            "https:a.example.com",
            "https://u@a.example.com",
            "https://u:p@.example.com",
            "https://evil.com/.example.com",
            "https://evil.com#.example.com",
            "https://evil.com:80.example.com",
            "https://a.example.com https://b.example.com",
            "https://*.example.com",
            "https://\u{e9}.example.com",
            "null",
            "",
            &long,
            &deep,
        ] {
            assert!(!is_in(&patterns, origin), "{origin}");
        }
        assert_eq!(Origins::<&str>::Any.find(b"null"), Some(Member::Any));
    }
}
