//! Which diagnostics can point at a key: those which the catalogue declares for it, and those which follow from what
//! kind of value it has.

use crate::codes::{self, About, Code};
use crate::language::Shape::{self, *};
use crate::language::gateway::Gateway;
use crate::language::{KeyMeta, Section, Without};
use crate::middleware::REGISTRY;

/// The codes of a key, in order; without those that can point at any key.
pub(super) fn of_key(path: &str, key: &KeyMeta) -> Vec<&'static Code> {
    let (by_kind, of_shape) = ((key.codes)(), of_kind(key));
    let is_of_key = |code: &&&'static Code| {
        // A method is a word, but has a code of its own.
        let names = |code: &Code| declared(code).iter().any(|key| key == path) || by_kind.contains(&code);
        let is_other_word = **code == &codes::UNKNOWN_WORD && names(&codes::UNKNOWN_METHOD);
        names(code) || of_shape.contains(*code) && !is_other_word
    };
    codes::ALL.iter().filter(is_of_key).copied().collect()
}

/// The keys that the catalogue, or a middleware, declares for it.
pub fn declared(code: &Code) -> Vec<String> {
    let About::Keys(keys) = code.about else { return Vec::new() };
    let of_middleware = REGISTRY.iter().flat_map(|entry| {
        let section = format!("middleware.{}", entry.name);
        let path = move |key: &str| if key.is_empty() { section.clone() } else { format!("{section}.{key}") };
        entry.facts.keys_of(code).map(path)
    });
    keys.iter().map(|key| (*key).to_owned()).chain(of_middleware).collect()
}

/// The keys whose kinds of value declare it.
pub fn declared_by_kind(code: &Code) -> Vec<String> {
    let mut keys = Vec::new();
    Gateway::META.each(|at, key| {
        keys.extend((key.codes)().contains(&code).then(|| at.key(key.name).to_string()));
    });
    keys
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
