//! What can be switched off: a section, or where there may be several, a list of them.

use super::List;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use std::fmt;
use std::marker::PhantomData;

/// A section, or the word `off`.
#[derive(Debug, Clone)]
pub enum Switch<T> {
    /// `off` (or `false`).
    Off,
    /// The section; `{}` is all its defaults.
    On(T),
}

/// What may stand where `off` may: a map, unless it says otherwise.
pub trait Switched: Sized {
    /// What is expected.
    const SAID: &'static str = "a map (`{}` for the defaults) or `off`";

    /// Written as a map.
    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;

    /// Written as a list.
    fn of_list<'de, A: SeqAccess<'de>>(_list: A) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Seq, &Self::SAID))
    }
}

impl<T: DeserializeOwned> Switched for T {
    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A section, or a list of such.
#[derive(Debug, Clone)]
pub enum Sections<T> {
    /// Written without a list.
    One(T),
    /// Written as a list.
    List(List<T>),
}

impl<T: DeserializeOwned> Switched for Sections<T> {
    const SAID: &'static str = "a map, a list of maps, or `off`";

    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::of_map(map).map(Self::One)
    }

    fn of_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        List::deserialize(SeqAccessDeserializer::new(list)).map(Self::List)
    }
}

impl<'de, T: Switched> Deserialize<'de> for Switch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SwitchVisitor<T>(PhantomData<T>);
        impl<'de, T: Switched> Visitor<'de> for SwitchVisitor<T> {
            type Value = Switch<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::SAID)
            }
            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Switch<T>, E> {
                // Readers of YAML 1.1 write `off` for false, and so may whoever writes `false` mean `off`.
                if value {
                    return Err(E::invalid_type(serde::de::Unexpected::Bool(true), &self));
                }
                Ok(Switch::Off)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Switch<T>, E> {
                if text != "off" {
                    return Err(E::invalid_type(serde::de::Unexpected::Str(text), &self));
                }
                Ok(Switch::Off)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Switch<T>, A::Error> {
                T::of_map(map).map(Switch::On)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Switch<T>, A::Error> {
                T::of_list(list).map(Switch::On)
            }
        }
        deserializer.deserialize_any(SwitchVisitor(PhantomData))
    }
}
