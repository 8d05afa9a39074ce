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

pub(super) fn is_duration(scalar: &Value) -> bool {
    scalar["pattern"].as_str().is_some_and(|pattern| pattern.contains(DURATION))
}

/// The units in the pattern of a duration.
const DURATION: &str = "(ms|s|m|h|d)";

/// The kind of text that a pattern is for.
fn quantity(pattern: &str) -> &'static str {
    match pattern {
        _ if pattern.contains(DURATION) => "duration in `ms`, `s`, `m`, `h`, `d`",
        _ if pattern.contains("[KMG]") => "size in `B`, `KB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`",
        _ if pattern.contains("[smh]") => "rate `/s`, `/m`, `/h`",
        _ if pattern.contains('%') => "share in `%`",
        _ if pattern.contains(r"\$\{") => "late text",
        _ => "text",
    }
}

/// What the description of a key says, in parts.
pub(super) struct Words {
    pub(super) meaning: String,
    pub(super) default: String,
    pub(super) example: Option<String>,
}

pub(super) const REQUIRED: &str = "required";

pub(super) fn words(key: &Value) -> Words {
    let text = key["description"].as_str().unwrap_or_default();
    let example = crate::schema::example(text).map(str::to_owned);
    let text = text.split_once("Example: `").map_or(text, |(before, _)| before.trim_end());
    let Some((before, rest)) = text.split_once("Default: ") else {
        let default = match text {
            _ if text.contains("equired") || text.contains("has to be there") => REQUIRED,
            _ if text.starts_with("At least one") => "at least one",
            _ => "",
        };
        return Words { meaning: text.to_owned(), default: default.to_owned(), example };
    };
    let end = rest.find(". ").unwrap_or_else(|| rest.trim_end_matches('.').len());
    let after = rest[end..].trim_start_matches(['.', ' ']);
    let meaning = format!("{} {after}", before.trim_end()).trim().to_owned();
    Words { meaning, default: rest[..end].to_owned(), example }
}
