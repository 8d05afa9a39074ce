//! YAML as JSON, for those who only know JSON: the examples of the schema.

use serde_json::Value;

/// The value which a piece of YAML stands for.
pub(crate) fn json(text: &str) -> Option<Value> {
    serde_yaml::from_str(text).ok()
}
