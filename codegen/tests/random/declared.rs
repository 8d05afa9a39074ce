//! Keys whose values depend on no other: they are written from the language's own schema, so that a key which is declared is in
//! random configs without anybody's doing. What the rest of the generator writes, it writes alone.

use super::Choices;
use super::gateway;
use super::quantity::{duration, flag, number, percent, rate, size, word};
use super::yaml::Node;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// As it is published.
static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../gateway.schema.json")).expect("it is JSON"));

/// The keys that the rest of the generator writes, as `Section.key`.
static BY_HAND: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut found = BTreeSet::new();
    for seed in 0..1000 {
        let mut tree = gateway::gateway(&mut Choices::seeded(seed));
        walk("", &SCHEMA, &mut tree, &mut |section, _, map| {
            found.extend(map.iter().map(|(key, _)| format!("{section}.{key}")));
        });
    }
    found
});

/// The names of all lints.
pub(super) fn lints() -> Vec<&'static str> {
    keys(&SCHEMA["definitions"]["Lints"]).map(|(name, _)| name).collect()
}

/// Adds some of the keys which nobody writes by hand.
pub(super) fn fill(choices: &mut Choices<'_>, tree: &mut Node) {
    walk("", &SCHEMA, tree, &mut |section, schema, map| {
        for (key, property) in keys(schema) {
            let is_free = !BY_HAND.contains(&format!("{section}.{key}"));
            // No value of some is right; to name a file there has to be one.
            let can_be = property["not"].is_null() && !["include", "file"].contains(&key);
            // An example has keys of its own.
            let is_there = map.iter().any(|(known, _)| known == key);
            if is_free && can_be && !is_there && choices.chance(50) {
                map.push((key.to_owned(), value(choices, property)));
            }
        }
    });
}

fn keys(schema: &'static Value) -> impl Iterator<Item = (&'static str, &'static Value)> {
    schema["properties"].as_object().into_iter().flatten().map(|(key, property)| (key.as_str(), property))
}

/// Shows every section of a value, with its name, its schema and its keys; also those that are added meanwhile.
fn walk(
    at: &str,
    schema: &'static Value,
    node: &mut Node,
    see: &mut impl FnMut(&str, &'static Value, &mut Vec<(String, Node)>),
) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/definitions/")) {
        return walk(name, &SCHEMA["definitions"][name], node, see);
    }
    for choice in ["anyOf", "allOf"].iter().flat_map(|rule| schema[rule].as_array()).flatten() {
        walk(at, choice, node, see);
    }
    match node {
        Node::Map(map) => {
            if schema["properties"].is_object() {
                see(at, schema, map);
            }
            for (key, value) in map {
                let property = schema["properties"].get(key.as_str());
                if let Some(schema) =
                    property.or(schema.get("additionalProperties").filter(|of| of.is_object()))
                {
                    walk(at, schema, value, see);
                }
            }
        }
        Node::List(list) if schema["items"].is_object() => {
            list.iter_mut().for_each(|entry| walk(at, &schema["items"], entry, see));
        }
        _ => {}
    }
}

/// A value that its schema allows; of what that does not say enough of, the example.
fn value(choices: &mut Choices<'_>, schema: &'static Value) -> Node {
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    // A word in the place of something else, and of an entry.
    let (own, entries) = (other_words(schema), other_words(&schema["items"]));
    if !own.is_empty() && choices.chance(50) {
        return node(choices.pick(&own));
    }
    if !entries.is_empty() && choices.chance(50) {
        return Node::List(vec![node(choices.pick(&entries))]);
    }
    let words = |schema: &'static Value| -> Vec<&'static str> {
        schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    match schema["type"].as_str() {
        Some("boolean") => flag(choices),
        Some("integer") => number(
            choices,
            schema["minimum"].as_u64().unwrap_or(0),
            schema["maximum"].as_u64().unwrap_or(u64::MAX),
        ),
        Some("array") if schema["items"]["enum"].is_array() => {
            let words = words(&schema["items"]);
            Node::List(choices.some(&words, words.len()).into_iter().map(Node::text).collect())
        }
        Some("string") if schema["enum"].is_array() => word(choices, &words(schema)),
        Some("string") if pattern.contains("[smhd]") => rate(choices),
        Some("string") if pattern.contains("(ms|s|m|h|d)") => duration(choices, 1, 3_600_000),
        Some("string") if pattern.contains("([KMG]i?)?B") => size(choices, 8192, 1 << 40),
        Some("string") if pattern.ends_with("%\\s*$") => percent(choices, false),
        // A section, which is filled next.
        _ if section(schema).is_some_and(|section| section["required"].is_null()) => Node::Map(Vec::new()),
        _ => node(&schema["examples"][0]),
    }
}

/// The words that may stand for something that is no word: `off`, `2xx`.
fn other_words(schema: &'static Value) -> Vec<&'static Value> {
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    choices.filter_map(|choice| choice["enum"].as_array()).flatten().collect()
}

/// The section that a key holds.
fn section(schema: &'static Value) -> Option<&'static Value> {
    let name = schema["allOf"][0]["$ref"].as_str()?.strip_prefix("#/definitions/")?;
    Some(&SCHEMA["definitions"][name])
}

fn node(value: &Value) -> Node {
    match value {
        Value::String(text) => Node::text(text),
        Value::Array(list) => Node::List(list.iter().map(node).collect()),
        Value::Object(map) => Node::Map(map.iter().map(|(key, value)| (key.clone(), node(value))).collect()),
        other => Node::plain(other),
    }
}
