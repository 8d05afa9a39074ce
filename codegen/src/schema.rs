//! The JSON Schema of `gateway.yml`, for editors: draft 7, from the declarations of `language` and the types of
//! the [`ast`](crate::ast) with their doc comments, which also feed hover, completion and the reference.

use crate::ast::Gateway;
use crate::yaml::json;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The schema.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft07()
        .for_deserialize()
        .into_generator()
        .into_root_schema_for::<Gateway>()
        .to_value();
    tidy(&mut schema);
    if let Value::Object(map) = &mut schema {
        map.insert("title".to_owned(), "gateway.yml".into());
    }
    schema
}

/// The schema as a file.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// A key that is left out is no key with the value null: what serde reads as an option is not one in the file.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            tidy_schema(map);
            map.values_mut().for_each(tidy);
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn tidy_schema(map: &mut Map<String, Value>) {
    map.retain(|key, value| {
        !(key == "default" && (value.is_null() || value.is_object() || value.is_array()))
    });
    map.retain(|key, value| !(key == "format" && value.is_string()));
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = map.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [only] = choices.as_mut_slice() {
            let only = only.take();
            map.remove("anyOf");
            put_in_place(map, only);
        }
    }
    if let Some(Value::String(text)) = map.get_mut("description") {
        // Line breaks of the source are none of the text.
        let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ").replace("  ", " "));
        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
    }
    // Of a key that is declared in `language` both are there; of others only their doc comment tells.
    let Some(text) = map.get("description").and_then(Value::as_str) else { return };
    let (default, example) = (default(text), example(text).and_then(json));
    if let Some(default) = default {
        map.entry("default").or_insert(default);
    }
    if let Some(example) = example {
        map.entry("examples").or_insert_with(|| Value::Array(vec![example]));
    }
}

/// Draft 7 ignores what stands beside a `$ref`.
fn put_in_place(map: &mut Map<String, Value>, only: Value) {
    match only {
        Value::Object(only) if only.contains_key("$ref") => {
            map.insert("allOf".to_owned(), Value::Array(vec![Value::Object(only)]));
        }
        Value::Object(only) => {
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
        _ => {}
    }
}

/// A value as it is written in a config.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The example which a doc comment names, as it is written in a config: "Example: `[200, 204]`."
pub(crate) fn example(description: &str) -> Option<&str> {
    let (_, rest) = description.split_once("Example: `")?;
    rest.split_once('`').map(|(example, _)| example)
}

/// The default which a doc comment names: "Default: `5s`." or "Default: 100."
pub(crate) fn default(description: &str) -> Option<Value> {
    let (_, rest) = description.split_once("Default: ")?;
    let (text, is_code) = match rest.strip_prefix('`') {
        Some(code) => (code.split_once('`')?.0, true),
        None => (rest.split_once(['.', ',', ';', ' ']).map_or(rest, |(word, _)| word), false),
    };
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse::<u64>().ok().map(Value::from),
        _ if is_code && text.starts_with('[') => None,
        _ => is_code.then(|| Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_read_from_doc_comments() {
        assert_eq!(default("How long. Default: `5s`."), Some("5s".into()));
        assert_eq!(default("How many. Default: 10000."), Some(10_000.into()));
        assert_eq!(default("Whether. Default: false."), Some(false.into()));
        assert_eq!(default("Which. Default: every method."), None);
        assert_eq!(default("Which. Default: `[200]`."), None);
    }

    #[test]
    fn examples_are_read_from_doc_comments() {
        let text = "Which. Default: `[200]`. Example: `[200, {a: off}]`.";
        assert_eq!(example(text), Some("[200, {a: off}]"));
        assert_eq!(json("[200, {a: off}]"), Some(serde_json::json!([200, {"a": "off"}])));
        assert_eq!(example("Which. Default: 5."), None);
    }
}
