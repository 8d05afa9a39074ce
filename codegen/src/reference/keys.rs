//! Every key of the language, in the order of the page. A section that several keys hold (`routes.middleware` holds what
//! `middleware` holds) is there once, under the first of them.

use super::{diagnostics, kind};
use crate::codes::Code;
use crate::middleware::NAMES;
use serde_json::Value;

/// The top-level sections in the order in which they are read.
const ORDER: [&str; 8] =
    ["server", "admin", "upstreams", "middleware", "routes", "tests", "observability", "lints"];

/// A key and what the reference says of it.
#[derive(Debug, Clone)]
pub struct Key {
    /// `upstreams.health_check.path`, without the names of upstreams and places in lists.
    pub path: String,
    /// Its last part.
    pub name: String,
    /// The type, with its units.
    pub kind: String,
    /// The default, or that there has to be a value; may be empty.
    pub default: String,
    /// As it would be written; a key which this version refuses has none.
    pub example: Option<String>,
    /// What it is.
    pub meaning: String,
    /// The diagnostics that can point at it, but for those that can point at any key.
    pub codes: Vec<&'static Code>,
}

/// A map with keys of the language.
#[derive(Debug, Clone)]
pub struct Section {
    /// The path of the key that holds it; empty for the whole file.
    pub path: String,
    /// What the schema calls it; empty for the whole file.
    pub definition: String,
    /// What it is; may be empty.
    pub description: String,
    /// By name; middleware in the order of execution, which means something.
    pub keys: Vec<Key>,
}

/// All sections.
pub fn sections() -> Vec<Section> {
    let schema = crate::schema::schema();
    let mut sections = vec![section(&schema, "", "", &schema)];
    for name in ORDER {
        walk(&schema, name, &schema["properties"][name], &mut sections);
    }
    sections
}

/// The section that a key holds, and then those of its keys.
fn walk(schema: &Value, path: &str, key: &Value, sections: &mut Vec<Section>) {
    let Some((name, definition)) = kind::definition(schema, key) else { return };
    if sections.iter().any(|known| known.definition == name) {
        return;
    }
    sections.push(section(schema, path, name, definition));
    for (name, key) in in_order(definition) {
        walk(schema, &format!("{path}.{name}"), key, sections);
    }
}

fn section(schema: &Value, path: &str, name: &str, definition: &Value) -> Section {
    let keys = in_order(definition).into_iter().map(|(key, rules)| {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let kind::Words { meaning, default, example } = kind::words(rules);
        let codes = diagnostics::of_key(schema, &path, rules);
        Key { name: key.to_owned(), kind: kind::kind(schema, rules), path, default, example, meaning, codes }
    });
    // `keepalive:` alone says no more than the heading, nor does what the whole is called.
    let says_more = |text: &&str| !text.ends_with(":`") && !path.is_empty();
    let description = definition["description"].as_str().filter(says_more);
    Section {
        path: path.to_owned(),
        definition: name.to_owned(),
        description: description.unwrap_or_default().to_owned(),
        keys: keys.collect(),
    }
}

fn in_order(definition: &Value) -> Vec<(&str, &Value)> {
    let keys = definition["properties"].as_object().into_iter().flatten();
    let mut keys: Vec<(&str, &Value)> = keys.map(|(name, key)| (name.as_str(), key)).collect();
    let place = |name: &str| NAMES.iter().position(|other| *other == name);
    if keys.iter().all(|(name, _)| place(name).is_some()) {
        keys.sort_by_key(|(name, _)| place(name));
    }
    keys
}
