//! A backend, as a URL alone or with more.

use crate::language::upstream::WrittenBackendSection;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

/// A backend: `http://host:port`, or a map.
#[derive(Debug, Clone)]
pub enum Backend {
    /// Only the URL.
    Url(String),
    /// The URL and more.
    Section(WrittenBackendSection),
}

impl<'de> Deserialize<'de> for Backend {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BackendVisitor;
        impl<'de> Visitor<'de> for BackendVisitor {
            type Value = Backend;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a URL, or a map with `url`")
            }
            fn visit_str<E>(self, text: &str) -> Result<Backend, E> {
                Ok(Backend::Url(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Backend, A::Error> {
                WrittenBackendSection::deserialize(MapAccessDeserializer::new(map)).map(Backend::Section)
            }
        }
        deserializer.deserialize_any(BackendVisitor)
    }
}
