//! What the schema says of a key, in words.

use serde_json::Value;

/// The section which a key holds, alone, in a list or by name.
pub(super) fn definition<'s>(root: &'s Value, key: &'s Value) -> Option<(&'s str, &'s Value)> {
    if let Some(name) = key["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
        let definition = &root["definitions"][name];
        let is_section = definition["properties"].is_object();
        return if is_section { Some((name, definition)) } else { self::definition(root, definition) };
    }
    let choices = ["anyOf", "allOf"].into_iter().filter_map(|rule| key[rule].as_array()).flatten();
    let inner = ["items", "additionalProperties"]
        .into_iter()
        .map(|rule| &key[rule])
        .filter(|inner| inner.is_object());
    choices.chain(inner).find_map(|choice| definition(root, choice))
}

/// The type, with its unit.
pub(super) fn kind(root: &Value, key: &Value) -> String {
    if key["not"].is_object() {
        return "refused by this version".to_owned();
    }
    if let Some(name) = key["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
        return kind(root, &root["definitions"][name]);
    }
    if let Some(words) = key["enum"].as_array() {
        let words = words.iter().filter(|word| !word.is_boolean());
        let words: Vec<String> = words.map(|word| format!("`{}`", crate::schema::plain(word))).collect();
        return words.join(", ");
    }
    for rule in ["allOf", "anyOf"] {
        if let Some(choices) = key[rule].as_array() {
            let kinds: Vec<String> = choices.iter().map(|choice| kind(root, choice)).collect();
            return match kinds.as_slice() {
                [one, list] if *list == format!("list of {one}") => format!("{one}, one or a list"),
                _ => kinds.join(" or "),
            };
        }
    }
    match key["type"].as_str() {
        Some("array") => format!("list of {}", kind(root, &key["items"])),
        Some("object") if key["properties"].is_object() => "section".to_owned(),
        Some("object") => format!("map of names to {}", kind(root, &key["additionalProperties"])),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("integer") => match (key["minimum"].as_u64(), key["maximum"].as_u64()) {
            (minimum, Some(maximum)) => format!("{} to {maximum}", minimum.unwrap_or(0)),
            _ => "number".to_owned(),
        },
        _ => quantity(key["pattern"].as_str().unwrap_or_default()).to_owned(),
    }
}

/// The kind of text that a pattern is for.
fn quantity(pattern: &str) -> &'static str {
    match pattern {
        _ if pattern.contains("(ms|s|m|h|d)") => "duration",
        _ if pattern.contains("[KMG]") => "size",
        _ if pattern.contains("/[smh]") => "rate",
        _ if pattern.contains('%') => "share",
        _ if pattern.contains(r"\$\{") => "late text",
        _ => "text",
    }
}

/// The description without its default, and the default.
pub(super) fn description(key: &Value) -> (String, String) {
    let text = key["description"].as_str().unwrap_or_default();
    let Some((before, rest)) = text.split_once("Default: ") else {
        let is_required =
            text.contains("equired") || text.contains("has to be there") || text.starts_with("At least one");
        return (text.to_owned(), if is_required { "required".to_owned() } else { String::new() });
    };
    let end = rest.find(". ").unwrap_or_else(|| rest.trim_end_matches('.').len());
    let after = rest[end..].trim_start_matches(['.', ' ']);
    (format!("{} {after}", before.trim_end()).trim_end().to_owned(), rest[..end].to_owned())
}
