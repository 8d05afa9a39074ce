//! Which diagnostics can point at a key: those which the catalogue declares for it, and those which follow from what
//! kind of value it has.

use crate::codes::{self, About, Code};
use crate::language::Shape::{self, *};
use crate::language::{KeyMeta, Without};
use crate::middleware::{Entry, REGISTRY};

/// The codes of a key, in order; without those that can point at any key.
pub(super) fn of_key(path: &str, key: &KeyMeta) -> Vec<&'static Code> {
    let by_kind = of_kind(key);
    let is_of_key = |code: &&&'static Code| {
        // A method is a word, but has a code of its own.
        let names =
            |code: &Code| declared(code).into_iter().chain(declared_by_kind(code)).any(|key| key == path);
        let is_other_word = **code == &codes::UNKNOWN_WORD && names(&codes::UNKNOWN_METHOD);
        names(code) || by_kind.contains(*code) && !is_other_word
    };
    codes::ALL.iter().filter(is_of_key).copied().collect()
}

/// The keys that the catalogue, or a middleware, declares for it.
pub fn declared(code: &Code) -> Vec<String> {
    let About::Keys(keys) = code.about else { return Vec::new() };
    let of_middleware = in_middleware(|entry| entry.facts.keys_of(code).map(str::to_owned).collect());
    keys.iter().map(|key| (*key).to_owned()).chain(of_middleware).collect()
}

/// The keys of middleware whose kinds of value declare it.
pub fn declared_by_kind(code: &Code) -> Vec<String> {
    in_middleware(|entry| entry.section.keys_with(code))
}

fn in_middleware(keys: impl Fn(&Entry) -> Vec<String>) -> Vec<String> {
    let path = |name: &str, path: String| {
        if path.is_empty() { format!("middleware.{name}") } else { format!("middleware.{name}.{path}") }
    };
    let of = |entry: &'static Entry| keys(entry).into_iter().map(move |key| path(entry.name, key));
    REGISTRY.iter().flat_map(of).collect()
}

/// What follows from the kind of a key's value.
fn of_kind(key: &KeyMeta) -> Vec<&'static Code> {
    let shape = (key.shape)();
    let mut found: Vec<&'static Code> = Vec::new();
    if shape.section().is_some() {
        found.push(&codes::UNKNOWN_KEY);
    }
    if (key.without)() == Without::Required {
        found.push(&codes::MISSING_KEY);
    }
    let scalars = scalars(shape);
    let has = |is: fn(&Shape) -> bool| scalars.iter().any(is);
    let is_quantity = has(|shape| matches!(shape, Duration | Size | Share | Rate));
    let is_word = has(|shape| matches!(shape, Words(_)));
    let is_bounded =
        has(|shape| matches!(shape, Numbers(_)) || matches!(shape, Number(_, most) if *most < u64::MAX));
    if is_quantity {
        found.extend([&codes::MISSING_UNIT, &codes::LATE_VALUE_HERE]);
    }
    // `auto` or a number: the number is out of range, whatever it is.
    if is_quantity || is_bounded {
        found.push(&codes::IMPOSSIBLE_VALUE);
    } else if is_word {
        found.push(&codes::UNKNOWN_WORD);
    }
    if has(|shape| matches!(shape, Late)) {
        found.push(&codes::BAD_LATE_VALUE);
    } else if is_word {
        found.push(&codes::LATE_VALUE_HERE);
    }
    if has(|shape| matches!(shape, Refused)) {
        found.push(&codes::NOT_SUPPORTED);
    }
    let is_number = has(|shape| matches!(shape, Number(..) | Numbers(_)));
    if has(|shape| matches!(shape, Duration | Flag)) || is_number && !is_word {
        found.push(&codes::YAML_TRAP);
    }
    found
}

/// The forms of a value that are no sections: the value itself, or the entries of a list of them.
fn scalars(shape: Shape) -> Vec<Shape> {
    match shape {
        AnyOf(choices) => choices.into_iter().flat_map(scalars).collect(),
        List(of) => scalars(*of),
        scalar => vec![scalar],
    }
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
