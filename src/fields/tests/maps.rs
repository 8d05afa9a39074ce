//! Against what others do: `http::HeaderMap` for what a name has, a plain list for the order.

use super::*;
use http::HeaderMap;
use proptest::prelude::*;

const NAMES: &[&str] =
    &["host", "x-a", "x-b", "cookie", "set-cookie", "te", "x_c", "x-forwarded-for", "x-real-ip", "accept"];

#[derive(Clone, Debug)]
enum Change {
    Insert(usize, String),
    Append(usize, String),
    Remove(usize),
    /// Keeps all but those with this value.
    Drop(String),
    Clear,
}

fn values() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "1", "2", "two words", "a longer value than the others"])
        .prop_map(str::to_owned)
}

fn changes() -> impl Strategy<Value = Change> {
    let name = || 0..NAMES.len();
    prop_oneof![
        4 => (name(), values()).prop_map(|(name, value)| Change::Insert(name, value)),
        4 => (name(), values()).prop_map(|(name, value)| Change::Append(name, value)),
        2 => name().prop_map(Change::Remove),
        1 => values().prop_map(Change::Drop),
        1 => Just(Change::Clear),
    ]
}

proptest! {
    #[test]
    fn any_changes_do_what_they_do_to_a_map_and_to_a_list(
        start in prop::collection::vec((0..NAMES.len(), values(), any::<bool>()), 0..8),
        changes in prop::collection::vec(changes(), 0..16),
    ) {
        let written = |name: usize, is_loud: bool| match is_loud {
            true => NAMES[name].to_uppercase(),
            false => NAMES[name].to_owned(),
        };
        let head: String =
            start.iter().map(|(name, text, loud)| format!("{}: {text}\r\n", written(*name, *loud))).collect();
        let mut fields = parsed(&format!("{head}\r\n"));
        let mut list: Vec<(String, String)> =
            start.iter().map(|(name, text, loud)| (written(*name, *loud), text.clone())).collect();
        let mut map = HeaderMap::from(&fields);
        for change in changes {
            match change {
                Change::Insert(at, text) => {
                    fields.insert(&name(NAMES[at]), &value(&text));
                    map.insert(name(NAMES[at]), value(&text));
                    let is_it = |(other, _): &(String, String)| other.eq_ignore_ascii_case(NAMES[at]);
                    let entry = (NAMES[at].to_owned(), text);
                    match list.iter().position(is_it) {
                        Some(first) => {
                            list[first] = entry;
                            let mut place = 0;
                            list.retain(|field| {
                                place += 1;
                                place <= first + 1 || !is_it(field)
                            });
                        }
                        None => list.push(entry),
                    }
                }
                Change::Append(at, text) => {
                    fields.append(&name(NAMES[at]), &value(&text));
                    map.append(name(NAMES[at]), value(&text));
                    list.push((NAMES[at].to_owned(), text));
                }
                Change::Remove(at) => {
                    prop_assert_eq!(fields.remove(NAMES[at]), map.remove(NAMES[at]).is_some());
                    list.retain(|(other, _)| !other.eq_ignore_ascii_case(NAMES[at]));
                }
                Change::Drop(text) => {
                    fields.retain(|field| field.value() != text.as_bytes());
                    let mut kept = HeaderMap::new();
                    list.retain(|(_, other)| *other != text);
                    for (other, text) in &list {
                        kept.append(name(other), value(text));
                    }
                    map = kept;
                }
                Change::Clear => {
                    fields.clear();
                    map.clear();
                    list.clear();
                }
            }
            let now: Vec<(String, String)> = fields
                .iter()
                .map(|field| (field.name().to_owned(), String::from_utf8(field.value().to_vec()).unwrap()))
                .collect();
            prop_assert_eq!(&now, &list);
            prop_assert_eq!(fields.len(), map.len());
            prop_assert_eq!(fields.is_empty(), map.is_empty());
            let classes = fields.iter().map(|field| Classes::one(field.known()));
            prop_assert_eq!(fields.list().classes, classes.fold(Classes::NONE, Classes::and));
            for asked in NAMES.iter().chain(&["none", "x-", "HOST", "X-Real-IP"]) {
                prop_assert_eq!(fields.get(asked), map.get(*asked).map(HeaderValue::as_bytes));
                prop_assert_eq!(fields.contains(asked), map.contains_key(*asked));
                let all = map.get_all(*asked);
                prop_assert!(fields.get_all(asked).eq(all.iter().map(HeaderValue::as_bytes)));
            }
            prop_assert_eq!(&HeaderMap::from(&fields), &map);
            let again = Fields::from(&map);
            prop_assert_eq!(&HeaderMap::from(&again), &map);
            let lines: String = list.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            prop_assert_eq!(super::written(&fields).0, lines);
        }
    }
}
