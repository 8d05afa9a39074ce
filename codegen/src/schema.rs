//! The JSON Schema of `gateway.yml`, for editors: draft 7, from the declarations of [`language`](crate::language).

use crate::language::gateway::Gateway;
use crate::language::{KeyMeta, Section, SectionMeta, Shape, Without};
use crate::yaml::json;
use serde_json::{Map, Value, json};

/// The schema.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let mut schema = section(Gateway::META, &mut definitions);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = "gateway.yml".into();
    schema["definitions"] = definitions.into();
    schema
}

/// The schema as a file.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

fn section(meta: &SectionMeta, definitions: &mut Map<String, Value>) -> Value {
    let keys = meta.keys.iter().map(|meta| (meta.name.to_owned(), key(meta, definitions)));
    let properties: Map<String, Value> = keys.collect();
    json!({
        "type": "object",
        "description": meta.description(),
        "properties": properties,
        "additionalProperties": false,
    })
}

fn key(meta: &KeyMeta, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = value(&(meta.shape)(), definitions);
    // Draft 7 ignores what stands beside a `$ref`.
    if schema.get("$ref").is_some() {
        schema = json!({"allOf": [schema]});
    }
    if let Without::Default(_, Some(default)) = (meta.without)() {
        schema["default"] = json(&default).unwrap_or_default();
    }
    if !meta.example.is_empty() {
        schema["examples"] = json(meta.example).into_iter().collect();
    }
    schema["description"] = meta.description().into();
    schema
}

/// Sections go to `definitions`.
fn value(shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Number(least, u64::MAX) => json!({"type": "integer", "minimum": least}),
        Shape::Number(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::Numbers(numbers) => json!({"type": "integer", "enum": numbers}),
        Shape::Duration => json!({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)\s*$"}),
        Shape::Size => json!({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*([KMG]i?)?B\s*$"}),
        Shape::Share => json!({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"}),
        Shape::Rate => {
            json!({"type": "string", "pattern": r"^\s*[0-9]+\s*/\s*([0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)|[smhd])\s*$"})
        }
        Shape::Words(words) => json!({"type": "string", "enum": words}),
        Shape::Text | Shape::FieldName(_) => json!({"type": "string"}),
        Shape::Pattern(pattern, _) => json!({"type": "string", "pattern": pattern}),
        Shape::Late => json!({"type": "string", "pattern": r"\$\{"}),
        Shape::List(of) => json!({"type": "array", "items": value(of, definitions)}),
        Shape::Map(of) | Shape::Fields(_, of) => {
            json!({"type": "object", "additionalProperties": value(of, definitions)})
        }
        Shape::Statuses(of) => json!({
            "type": "object",
            "propertyNames": {"pattern": "^[45]([0-9][0-9]|xx|XX)$"},
            "additionalProperties": value(of, definitions),
        }),
        Shape::AnyOf(choices) => {
            let choices: Vec<Value> = choices.iter().map(|choice| value(choice, definitions)).collect();
            json!({"anyOf": choices})
        }
        Shape::Off => json!({"enum": ["off", false]}),
        Shape::Refused => json!({"not": {}}),
        Shape::Section(meta) => {
            if !definitions.contains_key(meta.name()) {
                let schema = section(meta, definitions);
                definitions.insert(meta.name().to_owned(), schema);
            }
            json!({"$ref": format!("#/definitions/{}", meta.name())})
        }
    }
}
