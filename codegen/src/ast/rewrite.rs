//! What becomes of a path, as a template or by its beginning.

use crate::language::route::WrittenNewPrefix;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

/// `/v2/{id}`, or `{prefix: /v2}`.
#[derive(Debug, Clone)]
pub enum Rewrite {
    /// The whole path.
    Template(String),
    /// Its beginning.
    Section(WrittenNewPrefix),
}

impl<'de> Deserialize<'de> for Rewrite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RewriteVisitor;
        impl<'de> Visitor<'de> for RewriteVisitor {
            type Value = Rewrite;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, or a map with `prefix`")
            }
            fn visit_str<E>(self, text: &str) -> Result<Rewrite, E> {
                Ok(Rewrite::Template(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rewrite, A::Error> {
                WrittenNewPrefix::deserialize(MapAccessDeserializer::new(map)).map(Rewrite::Section)
            }
        }
        deserializer.deserialize_any(RewriteVisitor)
    }
}
