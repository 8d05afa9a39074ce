//! What editors are told of those kinds of value whose shape serde's derive does not show.

use super::{Duration, Lenient, Limit, List, Map, Percent, Rate, Size, Strings, Switch};
use crate::language::Shape;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

impl<T: JsonSchema> JsonSchema for Lenient<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Written out where it is used.
macro_rules! inline {
    ($([$($generic:ident)?] $name:ty: |$generator:ident| $schema:expr;)*) => {$(
        impl$(<$generic: JsonSchema>)? JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

inline! {
    [T] List<T>: |generator| json_schema!({"type": "array", "items": generator.subschema_for::<T>()});
    [T] Map<T>: |generator| {
        json_schema!({"type": "object", "additionalProperties": generator.subschema_for::<T>()})
    };
    [T] Switch<T>: |generator| {
        json_schema!({"anyOf": [generator.subschema_for::<T>(), {"enum": ["off", false]}]})
    };
    [T] Limit<T>: |generator| {
        json_schema!({"anyOf": [generator.subschema_for::<T>(), {"enum": ["off", false]}]})
    };
    [] Strings: |_generator| {
        json_schema!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    };
    [] Duration: |_generator| of(&Shape::Duration);
    [] Size: |_generator| of(&Shape::Size);
    [] Rate: |_generator| of(&Shape::Rate);
    [] Percent: |_generator| of(&Shape::Share);
}

/// The schema of a kind of value.
fn of(shape: &Shape) -> Schema {
    shape.schema(&mut serde_json::Map::new()).try_into().unwrap_or_default()
}
