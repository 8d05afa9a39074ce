//! Identifiers for the things of the config. The one place where text from the config becomes part of a name, so what
//! comes out is always `[A-Z][A-Z0-9_]*`: no keyword, and no name of the facade or of the file itself.

use crate::plan::{FIXED_NAMES, Name};
use std::collections::{BTreeMap, BTreeSet};

/// Longer names help nobody.
const LENGTH: usize = 40;

/// Hands out names, each once.
#[derive(Debug)]
pub(crate) struct Names {
    taken: BTreeSet<String>,
    /// The next number to try for a stem, so that ten thousand equal stems do not take a hundred million tries.
    next: BTreeMap<String, u32>,
}

impl Names {
    /// Knows the names that every file has.
    pub(crate) fn new() -> Self {
        Self { taken: FIXED_NAMES.iter().map(|name| (*name).to_owned()).collect(), next: BTreeMap::new() }
    }

    /// A name after `text`, or after `kind` if nothing of the text can be in a name.
    pub(crate) fn after(&mut self, text: &str, kind: &str) -> Name {
        let stem = sanitise(text);
        let stem = match stem.bytes().next() {
            None => kind.to_owned(),
            Some(first) if first.is_ascii_digit() => format!("{kind}_{stem}"),
            Some(_) => stem,
        };
        self.unique(stem)
    }

    /// `stem_0`, `stem_1`, ..
    pub(crate) fn numbered(&mut self, stem: &str) -> Name {
        let mut number = *self.next.get(stem).unwrap_or(&0);
        loop {
            let name = format!("{stem}{number}");
            number += 1;
            if self.taken.insert(name.clone()) {
                self.next.insert(stem.to_owned(), number);
                return Name(name);
            }
        }
    }

    /// `NAME_SUFFIX`: a part of something that has a name.
    pub(crate) fn part(&mut self, name: &Name, suffix: &str) -> Name {
        self.unique(format!("{name}_{suffix}"))
    }

    fn unique(&mut self, stem: String) -> Name {
        if self.taken.insert(stem.clone()) {
            return Name(stem);
        }
        // The bare stem counts as number 1.
        let key = format!("{stem}_");
        self.next.entry(key.clone()).or_insert(2);
        self.numbered(&key)
    }
}

/// `api-v1.users` becomes `API_V1_USERS`.
fn sanitise(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes() {
        if name.len() == LENGTH {
            break;
        }
        if byte.is_ascii_alphanumeric() {
            name.push(char::from(byte.to_ascii_uppercase()));
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_say_what_they_stand_for() {
        let mut names = Names::new();
        let mut after = |text| names.after(text, "UPSTREAM").0;
        assert_eq!(after("api-v1.users"), "API_V1_USERS");
        assert_eq!(after("api v1: users"), "API_V1_USERS_2");
        assert_eq!(after("API_V1_USERS"), "API_V1_USERS_3");
        assert_eq!(after("routes"), "ROUTES_2");
        assert_eq!(after("None"), "NONE_2");
        assert_eq!(after("9lives"), "UPSTREAM_9LIVES");
        assert_eq!(after("\u{fc}\"};"), "UPSTREAM");
        assert_eq!(after(""), "UPSTREAM_2");
        assert_eq!(names.numbered("STACK").0, "STACK0");
    }

    proptest! {
        #[test]
        fn names_are_identifiers_and_never_repeat(texts in prop::collection::vec(".{0,50}", 1..20)) {
            let mut names = Names::new();
            let mut seen = BTreeSet::new();
            for text in texts {
                let name = names.after(&text, "UPSTREAM");
                let part = names.part(&name, "BACKENDS");
                for name in [name.0, part.0] {
                    prop_assert!(syn::parse_str::<syn::Ident>(&name).is_ok(), "{}", name);
                    prop_assert!(!FIXED_NAMES.contains(&name.as_str()));
                    prop_assert!(!name.bytes().any(|byte| byte.is_ascii_lowercase()));
                    prop_assert!(seen.insert(name));
                }
            }
        }
    }
}
