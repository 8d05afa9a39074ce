//! What there is to know of a key, for the schema and all that is made from it.

#[cfg(feature = "cli")]
use serde_json::{Value, json};

/// A key of a section.
#[allow(dead_code, reason = "only the command line asks")]
pub(crate) struct KeyMeta {
    /// As it is written.
    pub(crate) name: &'static str,
    /// What it means: the lines of its doc comment.
    pub(crate) doc: &'static [&'static str],
    /// What may be written.
    pub(crate) shape: fn() -> Shape,
    /// The default as it is written, if it is always the same; and what is said of it.
    pub(crate) default: fn() -> (Option<String>, String),
    /// As one would write it.
    pub(crate) example: &'static str,
}

/// What may be written as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(dead_code, reason = "only the command line asks")]
pub(crate) enum Shape {
    /// `true` or `false`.
    Flag,
    /// A whole number of this range.
    Number(u64, u64),
    /// `5s`
    Duration,
    /// `10MiB`
    Size,
    /// `20%`
    Share,
    /// `100/s`
    Rate,
    /// One of these.
    Words(Vec<&'static str>),
    /// Any text.
    Text,
    /// Several of these.
    List(Box<Shape>),
}

#[cfg(feature = "cli")]
impl Shape {
    pub(crate) fn schema(&self) -> Value {
        match self {
            Self::Flag => json!({"type": "boolean"}),
            Self::Number(0, most) => json!({"type": "integer", "minimum": 0, "maximum": most}),
            Self::Number(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Self::Duration => {
                json!({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)\s*$"})
            }
            Self::Size => json!({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*([KMG]i?)?B\s*$"}),
            Self::Share => json!({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"}),
            Self::Rate => json!({"type": "string", "pattern": r"^\s*[0-9]+\s*/\s*[smh]\s*$"}),
            Self::Words(words) => json!({"enum": words}),
            Self::Text => json!({"type": "string"}),
            Self::List(of) => json!({"type": "array", "items": of.schema()}),
        }
    }
}

/// A section as editors know it.
#[cfg(feature = "cli")]
pub(crate) fn section_schema(about: &[&str], keys: &[KeyMeta]) -> schemars::Schema {
    let properties: serde_json::Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut schema = (key.shape)().schema();
            let (default, said) = (key.default)();
            schema["description"] =
                format!("{} Default: {said}. Example: `{}`.", prose(key.doc), key.example).into();
            if let Some(default) = default.as_deref().and_then(crate::parse::json) {
                schema["default"] = default;
            }
            if let Some(example) = crate::parse::json(key.example) {
                schema["examples"] = json!([example]);
            }
            (key.name.to_owned(), schema)
        })
        .collect();
    schemars::json_schema!({
        "type": "object",
        "description": prose(about),
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The lines of a doc comment as running text; an empty one ends a paragraph.
#[cfg(feature = "cli")]
fn prose(lines: &[&str]) -> String {
    let paragraphs = lines.split(|line| line.is_empty());
    let text = |lines: &[&str]| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    paragraphs.map(text).collect::<Vec<_>>().join("\n\n")
}
