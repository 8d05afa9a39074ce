//! The schema for editors: in step with the language, right about good configs and about unknown keys.
//!
//! `UPDATE=1 cargo test -p castgate-codegen --test schema` writes `gateway.schema.json` anew.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::schema;
use serde_json::Value;
use std::path::Path;

/// As much of draft 7 as the schema uses; the first thing that is wrong, if any.
fn mistake(schema: &Value, value: &Value, root: &Value) -> Option<String> {
    let Value::Object(rules) = schema else { return None };
    let at_fault = |why: &str| Some(format!("{why}: {value} against {schema}"));
    for (rule, wanted) in rules {
        let found = match rule.as_str() {
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/definitions/").unwrap();
                mistake(&root["definitions"][name], value, root)
            }
            "type" => {
                let is_right = match wanted.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64() || value.is_i64(),
                    other => panic!("type {other}"),
                };
                if is_right { None } else { at_fault("type") }
            }
            "enum" => {
                (!wanted.as_array().unwrap().contains(value)).then(|| format!("{value} is none of {wanted}"))
            }
            "anyOf" => {
                let choices = wanted.as_array().unwrap();
                let all: Option<Vec<String>> =
                    choices.iter().map(|choice| mistake(choice, value, root)).collect();
                all.map(|all| all.join("; or "))
            }
            "allOf" => wanted.as_array().unwrap().iter().find_map(|each| mistake(each, value, root)),
            "not" => mistake(wanted, value, root).is_none().then(|| "not".to_owned()),
            "items" => {
                value.as_array().and_then(|list| list.iter().find_map(|each| mistake(wanted, each, root)))
            }
            "properties" => value.as_object().and_then(|map| {
                map.iter().find_map(|(key, each)| wanted.get(key).and_then(|rule| mistake(rule, each, root)))
            }),
            "additionalProperties" => value.as_object().and_then(|map| {
                let known = rules.get("properties");
                let others = map.iter().filter(|(key, _)| known.is_none_or(|known| known.get(key).is_none()));
                others.into_iter().find_map(|(key, each)| match wanted {
                    Value::Bool(false) => Some(format!("unknown key {key}")),
                    rule => mistake(rule, each, root),
                })
            }),
            "propertyNames" => {
                // The one pattern that there is for names.
                assert_eq!(wanted["pattern"], "^[45]([0-9][0-9]|xx|XX)$");
                let is_right = |key: &str| {
                    let rest = key.strip_prefix(['4', '5']).unwrap_or_default();
                    rest.len() == 2 && (rest.parse::<u8>().is_ok() || ["xx", "XX"].contains(&rest))
                };
                let mut keys = value.as_object().into_iter().flatten();
                keys.find(|(key, _)| !is_right(key)).map(|(key, _)| format!("unknown key {key}"))
            }
            "minimum" => {
                value.as_i64().filter(|number| *number < wanted.as_i64().unwrap()).and(at_fault("minimum"))
            }
            "maximum" => {
                value.as_i64().filter(|number| *number > wanted.as_i64().unwrap()).and(at_fault("maximum"))
            }
            "$schema" | "title" | "description" | "default" | "definitions" | "pattern" | "examples" => None,
            other => panic!("this test does not know the rule {other}"),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn check(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let value: Value = serde_yaml::from_str(text.trim_start_matches('\u{feff}')).unwrap();
    let schema = schema::schema();
    mistake(&schema, &value, &schema)
}

fn configs(directory: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut configs: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "yml")).collect();
    configs.sort();
    assert!(!configs.is_empty(), "{directory}");
    configs
}

#[test]
fn the_schema_beside_the_crate_is_up_to_date() {
    let path = "gateway.schema.json";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, schema::text()).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == schema::text(),
        "{path} is out of date: UPDATE=1 cargo test -p castgate-codegen --test schema"
    );
}

#[test]
fn good_configs_are_valid() {
    for directory in ["tests/pass", "tests/golden", ".."] {
        for config in configs(directory) {
            assert_eq!(check(&config), None, "{}", config.display());
        }
    }
}

#[test]
fn unknown_keys_and_words_are_not() {
    let bad = ["unknown-keys", "misspelt-words", "not-supported", "wrong-types", "missing-units"];
    for name in bad {
        let path = format!("tests/ui/{name}.yml");
        assert!(check(Path::new(&path)).is_some(), "{path}");
    }
}

#[test]
fn a_lint_is_one_of_those_there_are() {
    let schema = schema::schema();
    let config =
        |lint: &str| serde_json::json!({"routes": [{"allow": [{"lint": lint, "reason": "public"}]}]});
    assert_eq!(mistake(&schema, &config("route-without-auth"), &schema), None);
    assert!(mistake(&schema, &config("route-without-auht"), &schema).is_some());
}

/// An editor that offers an example must not complain of it.
#[test]
fn examples_are_valid() {
    let schema = schema::schema();
    let definitions = schema["definitions"].as_object().unwrap().values().chain([&schema]);
    let keys = definitions.filter_map(|definition| definition["properties"].as_object()).flatten();
    let mut count = 0;
    for (name, key) in keys {
        for example in key["examples"].as_array().into_iter().flatten() {
            assert_eq!(mistake(key, example, &schema), None, "{name}");
            count += 1;
        }
    }
    assert!(count > 100, "only {count} examples were found");
}

/// Where a key is, there is its help; where the help names a default, the default is there as a value.
#[test]
fn every_key_has_a_description() {
    fn visit(path: &str, schema: &Value, missing: &mut Vec<String>) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["description"].as_str().is_none_or(str::is_empty) {
                missing.push(format!("{path}.{key}"));
            }
        }
    }
    let schema = schema::schema();
    let mut missing = Vec::new();
    visit("", &schema, &mut missing);
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        visit(name, definition, &mut missing);
    }
    assert_eq!(missing, Vec::<String>::new());
    assert_eq!(schema["definitions"]["ServerTimeouts"]["properties"]["idle"]["default"], "75s");
    assert_eq!(schema["definitions"]["Limits"]["properties"]["headers"]["default"], 100);
}
