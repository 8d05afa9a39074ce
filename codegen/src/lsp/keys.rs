//! What the schema says of a place in the config.

use super::scan::Step;
pub(super) use crate::schema::plain;
use serde_json::Value;

/// A key that may stand somewhere.
pub(super) struct Key<'s> {
    pub(super) name: &'s str,
    pub(super) schema: &'s Value,
}

/// The schemas of the value at a path: one for each form that it may have.
pub(super) fn at<'s>(root: &'s Value, path: &[Step]) -> Vec<&'s Value> {
    let mut found = forms(root, root);
    for step in path {
        found = found
            .into_iter()
            .filter_map(|schema| down(schema, step))
            .flat_map(|schema| forms(root, schema))
            .collect();
    }
    found
}

/// The schema of the key at a path, with the key's own description.
pub(super) fn key<'s>(root: &'s Value, path: &[Step]) -> Option<&'s Value> {
    let (last, around) = path.split_last()?;
    at(root, around).into_iter().find_map(|schema| down(schema, last))
}

/// The keys of the map at a path.
pub(super) fn keys<'s>(root: &'s Value, path: &[Step]) -> Vec<Key<'s>> {
    let maps = at(root, path).into_iter().filter_map(|schema| schema.get("properties")?.as_object());
    maps.flatten().map(|(name, schema)| Key { name, schema }).collect()
}

/// The words which the value at a path may be.
pub(super) fn words(root: &Value, path: &[Step]) -> Vec<String> {
    let mut words = Vec::new();
    for schema in at(root, path) {
        if let Some(list) = schema.get("enum").and_then(Value::as_array) {
            // `false` is only another word for `off`.
            let has_off = list.iter().any(|word| word == "off");
            words.extend(list.iter().filter(|word| !(has_off && word.is_boolean())).map(plain));
        }
        if schema.get("type").is_some_and(|name| name == "boolean") {
            words.extend(["true".to_owned(), "false".to_owned()]);
        }
    }
    words
}

/// The description of a key, and of what it holds.
pub(super) fn description(root: &Value, schema: &Value) -> Option<String> {
    let own = schema.get("description").and_then(Value::as_str);
    let found = forms(root, schema).into_iter().find_map(|form| form.get("description")?.as_str());
    own.or(found).map(str::to_owned)
}

fn down<'s>(schema: &'s Value, step: &Step) -> Option<&'s Value> {
    match step {
        Step::Index(_) => schema.get("items"),
        Step::Key(key) => {
            let own = schema.get("properties").and_then(|properties| properties.get(key));
            own.or_else(|| schema.get("additionalProperties").filter(|other| other.is_object()))
        }
    }
}

/// A schema without references and choices: what it may turn out to be.
fn forms<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let definition = name.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return definition.map(|definition| forms(root, definition)).unwrap_or_default();
    }
    let choices = ["anyOf", "allOf"].into_iter().filter_map(|rule| schema.get(rule)?.as_array()).flatten();
    let mut found: Vec<&Value> = choices.flat_map(|choice| forms(root, choice)).collect();
    found.insert(0, schema);
    found
}
