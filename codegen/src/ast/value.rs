//! The kinds of value the language has: quantities with units, lists and maps that survive a mistake.

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A value which may have been unreadable; then the reader has reported it, and it counts as absent.
///
/// The decoder of `parse` offers a lenient value again after each mistake in it, without the part which was
/// wrong, so that all its mistakes are found and the rest of it is still there to be checked.
#[derive(Debug, Clone)]
pub struct Lenient<T>(pub Option<T>);

/// The name under which [`Lenient`] asks the decoder for another attempt.
pub(crate) const LENIENT: &str = "castgate::Lenient";

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Lenient<T> {
    /// The value, if it was written and could be read.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Attempts<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Attempts<T> {
            type Value = Lenient<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut attempts: A) -> Result<Lenient<T>, A::Error> {
                loop {
                    // The error itself has been reported by the decoder.
                    if let Ok(value) = attempts.next_element() {
                        return Ok(Lenient(value));
                    }
                }
            }
        }
        deserializer.deserialize_newtype_struct(LENIENT, Attempts(PhantomData))
    }
}

/// A list; an entry that could not be read leaves a gap, so that indices agree with the source.
#[derive(Debug, Clone)]
pub struct List<T>(Vec<Lenient<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> List<T> {
    /// The readable entries, with their index in the source.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(index, entry)| Some((index, entry.get()?)))
    }

    /// Number of entries written, readable or not.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            /// A gap: what was here has been reported.
            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = seq.next_element()? {
                    list.push(entry);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(Entries(PhantomData))
    }
}

/// Of a list which may have been unreadable; then it has no entries.
impl<T> Lenient<List<T>> {
    /// The readable entries with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().flat_map(List::iter)
    }

    /// Number of entries written, readable or not.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, List::len)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Of a map which may have been unreadable; then it has no entries.
impl<T> Lenient<Map<T>> {
    /// Every name written, with its value if that was readable.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&T>)> {
        self.0.iter().flat_map(Map::iter)
    }
}

/// A map from names of the user's choice, in file order.
#[derive(Debug, Clone)]
pub struct Map<T>(Vec<(String, Lenient<T>)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Map<T> {
    /// Every name written, with its value if that was readable.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&T>)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.get()))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Map<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            /// A gap: what was here has been reported.
            fn visit_unit<E>(self) -> Result<Map<T>, E> {
                Ok(Map::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Map(entries))
            }
        }
        deserializer.deserialize_any(Entries(PhantomData))
    }
}

/// A quantity, or the word `off`: no limit.
#[derive(Debug, Clone)]
pub enum Limit<T> {
    /// `off` (or `false`).
    Off,
    /// This much.
    At(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Limit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LimitVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for LimitVisitor<T> {
            type Value = Limit<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity with its unit, or `off`")
            }
            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Limit<T>, E> {
                // As of a [`Switch`](super::Switch).
                if value {
                    return Err(E::invalid_type(serde::de::Unexpected::Bool(true), &self));
                }
                Ok(Limit::Off)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Limit<T>, E> {
                match text {
                    "off" => Ok(Limit::Off),
                    _ => T::deserialize(text.into_deserializer()).map(Limit::At),
                }
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Limit<T>, E> {
                T::deserialize(number.into_deserializer()).map(Limit::At)
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Limit<T>, E> {
                T::deserialize(number.into_deserializer()).map(Limit::At)
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Limit<T>, E> {
                T::deserialize(number.into_deserializer()).map(Limit::At)
            }
        }
        deserializer.deserialize_any(LimitVisitor(PhantomData))
    }
}

/// One string, or a list of them.
#[derive(Debug, Clone)]
pub enum Strings {
    /// Written without a list.
    One(String),
    /// Written as a list.
    List(List<String>),
}

impl Strings {
    /// All of them, each with its place if it is in a list.
    pub fn entries(&self) -> impl Iterator<Item = (Option<usize>, &String)> {
        let (one, list) = match self {
            Self::One(text) => (Some((None, text)), None),
            Self::List(list) => (None, Some(list.iter().map(|(index, text)| (Some(index), text)))),
        };
        one.into_iter().chain(list.into_iter().flatten())
    }
}

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringsVisitor;
        impl<'de> Visitor<'de> for StringsVisitor {
            type Value = Strings;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, or a list of strings")
            }
            fn visit_str<E>(self, text: &str) -> Result<Strings, E> {
                Ok(Strings::One(text.to_owned()))
            }
            /// Such as a bare port: whoever reads it knows better what is wrong with it.
            fn visit_u64<E>(self, number: u64) -> Result<Strings, E> {
                Ok(Strings::One(number.to_string()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Strings, A::Error> {
                List::deserialize(SeqAccessDeserializer::new(seq)).map(Strings::List)
            }
        }
        deserializer.deserialize_string(StringsVisitor)
    }
}

/// One string, a list of them, or the word `off`: none.
#[derive(Debug, Clone)]
pub enum StringsOrOff {
    /// `off` (or `false`).
    Off,
    /// These.
    Are(Strings),
}

impl<'de> Deserialize<'de> for StringsOrOff {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringsOrOffVisitor;
        impl<'de> Visitor<'de> for StringsOrOffVisitor {
            type Value = StringsOrOff;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a list of strings, or `off`")
            }
            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<StringsOrOff, E> {
                // As of a [`Switch`](super::Switch).
                if value {
                    return Err(E::invalid_type(serde::de::Unexpected::Bool(true), &self));
                }
                Ok(StringsOrOff::Off)
            }
            fn visit_str<E>(self, text: &str) -> Result<StringsOrOff, E> {
                Ok(match text {
                    "off" => StringsOrOff::Off,
                    _ => StringsOrOff::Are(Strings::One(text.to_owned())),
                })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<StringsOrOff, A::Error> {
                let list = List::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(StringsOrOff::Are(Strings::List(list)))
            }
        }
        deserializer.deserialize_any(StringsOrOffVisitor)
    }
}

/// A scalar kept as text: a number is accepted here, so that a missing unit gets its own message later.
struct ScalarText(&'static str);

impl Visitor<'_> for ScalarText {
    type Value = String;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

macro_rules! scalar_text {
    ($($(#[$doc:meta])* $name:ident = $expecting:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ScalarText($expecting)).map($name)
            }
        }
    )*};
}

scalar_text! {
    /// A span of time with its unit: `250ms`, `5s`, `1m`, `2h`, `1d`.
    Duration = "a duration such as `5s`";
    /// A number of bytes with its unit: `512B`, `8KB`, `32KiB`, `10MiB`, `1GiB`.
    Size = "a size such as `10MiB`";
    /// So many in a span of time: `100/s`, `5000/m`, `10/h`.
    Rate = "a rate such as `100/s`";
    /// A share of a whole: `20%`.
    Percent = "a percentage such as `20%`";
    /// One status or several: `200`, `2xx`, `200-399`.
    Status = "a status such as `200`, `2xx` or `200-399`";
    /// `auto` or a number.
    Workers = "`auto` or a number";
}
