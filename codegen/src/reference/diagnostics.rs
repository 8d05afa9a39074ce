//! Which diagnostics can point at a key: those which the catalogue declares for it, and those which follow from what
//! kind of value it has.

use super::kind;
use crate::codes::{self, About, Code};
use crate::middleware::REGISTRY;
use serde_json::Value;

/// The codes of a key, in order; without those that can point at any key.
pub(super) fn of_key(schema: &Value, path: &str, key: &Value) -> Vec<&'static Code> {
    let by_kind = of_kind(schema, key);
    let is_of_key = |code: &&&'static Code| {
        // A method is a word, but has a code of its own.
        let names = |code: &Code| declared(code).iter().any(|key| key == path);
        let is_other_word = **code == &codes::UNKNOWN_WORD && names(&codes::UNKNOWN_METHOD);
        names(code) || by_kind.contains(*code) && !is_other_word
    };
    codes::ALL.iter().filter(is_of_key).copied().collect()
}

/// The keys that the catalogue, or a middleware, declares for it.
pub fn declared(code: &Code) -> Vec<String> {
    let About::Keys(keys) = code.about else { return Vec::new() };
    let of_middleware = REGISTRY.iter().flat_map(|entry| {
        let below = |path: &str| if path.is_empty() { String::new() } else { format!(".{path}") };
        let own = entry.facts.keys_of(code).map(str::to_owned).chain(entry.section.keys_with(code));
        own.map(move |path| format!("middleware.{}{}", entry.name, below(&path)))
    });
    keys.iter().map(|key| (*key).to_owned()).chain(of_middleware).collect()
}

/// What follows from the kind of a key's value.
fn of_kind(schema: &Value, key: &Value) -> Vec<&'static Code> {
    let mut found: Vec<&'static Code> = Vec::new();
    if key["not"].is_object() {
        return vec![&codes::NOT_SUPPORTED];
    }
    if kind::definition(schema, key).is_some() {
        found.push(&codes::UNKNOWN_KEY);
    }
    if kind::words(key).default == kind::REQUIRED {
        found.push(&codes::MISSING_KEY);
    }
    let scalars = scalars(schema, key);
    let has = |is: fn(&Value) -> bool| scalars.iter().any(|scalar| is(scalar));
    let is_quantity = has(|scalar| scalar["pattern"].is_string() && !is_late(scalar));
    let is_word = has(is_word);
    // `auto` or a number: the number is out of range, whatever it is.
    let is_bounded = has(|scalar| scalar["maximum"].is_u64() || is_one_of_some_numbers(scalar));
    if is_quantity {
        found.extend([&codes::MISSING_UNIT, &codes::LATE_VALUE_HERE]);
    }
    if is_quantity || is_bounded {
        found.push(&codes::IMPOSSIBLE_VALUE);
    } else if is_word {
        found.push(&codes::UNKNOWN_WORD);
    }
    if has(is_late) {
        found.push(&codes::BAD_LATE_VALUE);
    }
    let is_duration = has(kind::is_duration);
    let is_number = has(|scalar| scalar["type"] == "integer" || is_one_of_some_numbers(scalar));
    if is_duration || has(|scalar| scalar["type"] == "boolean") || is_number && !is_word {
        found.push(&codes::YAML_TRAP);
    }
    found
}

/// The forms of a value that are no sections: the value itself, or the entries of a list of them.
fn scalars<'s>(schema: &'s Value, key: &'s Value) -> Vec<&'s Value> {
    if let Some(name) = key["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
        return scalars(schema, &schema["definitions"][name]);
    }
    if key["properties"].is_object() {
        return Vec::new();
    }
    let choices = ["anyOf", "allOf"].into_iter().filter_map(|rule| key[rule].as_array()).flatten();
    let entries = Some(&key["items"]).filter(|items| items.is_object());
    let inner: Vec<&Value> = choices.chain(entries).flat_map(|inner| scalars(schema, inner)).collect();
    if inner.is_empty() { vec![key] } else { inner }
}

fn is_late(scalar: &Value) -> bool {
    scalar["pattern"].as_str().is_some_and(|pattern| pattern.contains(r"\$\{"))
}

fn is_one_of_some_numbers(scalar: &Value) -> bool {
    scalar["enum"].as_array().is_some_and(|words| words.iter().all(Value::is_number))
}

/// One of some words; `off`, alone, is the other form of a section.
fn is_word(scalar: &Value) -> bool {
    let words = scalar["enum"].as_array();
    words.is_some_and(|words| words.iter().any(|word| word.is_string() && word != "off"))
}

/// Those about the file as a whole; it is a section, too.
pub fn of_file() -> Vec<&'static Code> {
    let is_of_file = |code: &&&'static Code| code.about == About::File || **code == &codes::UNKNOWN_KEY;
    codes::ALL.iter().filter(is_of_file).copied().collect()
}

/// Those that can point at any key.
pub fn of_any_key() -> Vec<&'static Code> {
    codes::ALL.iter().filter(|code| code.about == About::AnyKey).copied().collect()
}
