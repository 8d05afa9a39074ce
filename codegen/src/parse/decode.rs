//! Nodes -> ast through serde, going on after mistakes.
//!
//! serde stops at the first error. So an error is noted with its path, and the nearest [`Lenient`](crate::ast::Lenient) value around
//! it is read again without the part that was wrong, until it can be read or nothing is left of it.

use super::node::Node;
use crate::diagnostic::MOST_KEPT;
use crate::place::ConfigPath;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// A lenient value with more mistakes than this is given up.
const MOST_ATTEMPTS: usize = 50;

/// A mistake and where it is.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) path: ConfigPath,
    pub(super) kind: Kind,
}

/// What serde found wrong.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// `said` is what the reader of the value says that it expects.
    WrongType {
        found: Found,
        expects: Expects,
        said: String,
    },
    UnknownKey {
        key: String,
        known: &'static [&'static str],
    },
    Other(String),
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Boolean(bool),
    Number,
    Negative(i64),
    Text(String),
    List,
    Map,
    Other(String),
}

/// What the reader of a value asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    Boolean,
    Whole,
    Text,
    List,
    Map,
    /// Whatever there is; it decides then.
    Any,
}

/// The mistakes so far; the parts they are in are not read again.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: RefCell<Vec<Problem>>,
    skipped: RefCell<BTreeSet<ConfigPath>>,
}

impl Problems {
    pub(super) fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    pub(super) fn into_list(self) -> Vec<Problem> {
        self.list.into_inner()
    }

    fn note(&self, path: ConfigPath, error: &DecodeError) {
        if self.skipped.borrow_mut().insert(path.clone()) {
            self.list.borrow_mut().push(Problem { path, kind: error.kind.clone() });
        }
    }

    fn skips(&self, trail: &Trail<'_>) -> bool {
        let skipped = self.skipped.borrow();
        // Of a file with so many mistakes nothing more is read.
        skipped.len() >= MOST_KEPT || !skipped.is_empty() && skipped.contains(&trail.path())
    }
}

/// The way to the current value, on the stack: a path is only made of it when something is wrong.
#[derive(Clone, Copy)]
struct Trail<'t> {
    parent: Option<&'t Trail<'t>>,
    step: Step<'t>,
}

#[derive(Clone, Copy)]
enum Step<'t> {
    Root,
    Key(&'t str),
    Index(usize),
}

impl Trail<'_> {
    fn path(&self) -> ConfigPath {
        let parent = self.parent.map_or_else(ConfigPath::root, Trail::path);
        match self.step {
            Step::Root => parent,
            Step::Key(key) => parent.key(key),
            Step::Index(index) => parent.index(index),
        }
    }
}

/// A node as a serde deserializer.
#[derive(Clone, Copy)]
pub(super) struct Decode<'t> {
    /// `None` is a gap: there was something, and it has been reported.
    node: Option<&'t Node>,
    trail: Trail<'t>,
    problems: &'t Problems,
}

impl<'t> Decode<'t> {
    pub(super) fn root(node: &'t Node, problems: &'t Problems) -> Self {
        Self { node: Some(node), trail: Trail { parent: None, step: Step::Root }, problems }
    }

    /// The value of a key of the root.
    pub(super) fn of_key(key: &'t str, node: &'t Node, problems: &'t Problems) -> Self {
        Self { node: Some(node), trail: Trail { parent: None, step: Step::Key(key) }, problems }
    }

    /// Takes what there is, and says of a mistake in it what was asked for.
    fn asked<'de, V: Visitor<'de>>(self, expects: Expects, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_any(visitor).map_err(|mut error| {
            if let (false, Kind::WrongType { expects: asked, .. }) = (error.is_noted, &mut error.kind) {
                *asked = expects;
            }
            error
        })
    }

    /// Notes an error which nobody nearer to it has noted.
    fn noted(&self, mut error: DecodeError) -> DecodeError {
        if !error.is_noted {
            self.problems.note(self.trail.path(), &error);
            error.is_noted = true;
        }
        error
    }
}

impl<'de> Deserializer<'de> for Decode<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            None => visitor.visit_unit(),
            Some(Node::Bool(value)) => visitor.visit_bool(*value),
            Some(Node::Unsigned(value)) => visitor.visit_u64(*value),
            Some(Node::Signed(value)) => visitor.visit_i64(*value),
            Some(Node::Float(value)) => visitor.visit_f64(*value),
            Some(Node::Text(value)) => visitor.visit_str(value),
            Some(Node::List(list)) => visitor.visit_seq(Entries { of: self, list, next: 0 }),
            Some(Node::Map(map)) => visitor.visit_map(Fields { of: self, map, next: 0 }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == crate::ast::LENIENT {
            return visitor.visit_seq(Attempts { of: self, made: 0 });
        }
        visitor.visit_newtype_struct(self)
    }

    /// serde would also take a list for a struct, field by field; nobody who writes a config means that.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.node {
            Some(Node::List(_)) => {
                let said = (&visitor as &dyn Expected).to_string();
                Err(DecodeError::new(Kind::WrongType { found: Found::List, expects: Expects::Map, said }))
            }
            _ => self.asked(Expects::Map, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.asked(Expects::Boolean, visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.asked(Expects::Whole, visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.asked(Expects::Text, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.asked(Expects::List, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 u32 f32 f64 char str bytes byte_buf unit unit_struct tuple tuple_struct map enum identifier
        ignored_any
    }
}

/// One value, offered as often as there are mistakes in it; then once more without them.
struct Attempts<'t> {
    of: Decode<'t>,
    made: usize,
}

impl<'de> SeqAccess<'de> for Attempts<'_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        self.made += 1;
        if self.of.node.is_none() || self.made > MOST_ATTEMPTS || self.of.problems.skips(&self.of.trail) {
            return Ok(None);
        }
        seed.deserialize(self.of).map(Some).map_err(|error| self.of.noted(error))
    }
}

struct Entries<'t> {
    of: Decode<'t>,
    list: &'t [Option<Node>],
    next: usize,
}

impl<'de> SeqAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let Some(node) = self.list.get(self.next) else { return Ok(None) };
        let trail = Trail { parent: Some(&self.of.trail), step: Step::Index(self.next) };
        self.next += 1;
        let entry = Decode { node: node.as_ref(), trail, problems: self.of.problems };
        seed.deserialize(entry).map(Some).map_err(|error| entry.noted(error))
    }
}

struct Fields<'t> {
    of: Decode<'t>,
    map: &'t [(String, Option<Node>)],
    next: usize,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        loop {
            let Some((key, _)) = self.map.get(self.next) else { return Ok(None) };
            let trail = Trail { parent: Some(&self.of.trail), step: Step::Key(key) };
            if self.of.problems.skips(&trail) {
                self.next += 1;
                continue;
            }
            let field = Decode { node: None, trail, problems: self.of.problems };
            let key = serde::de::value::StrDeserializer::<DecodeError>::new(key);
            return seed.deserialize(key).map(Some).map_err(|error| field.noted(error));
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        let Some((key, node)) = self.map.get(self.next) else {
            return Err(DecodeError::custom("a value was asked for before its key"));
        };
        self.next += 1;
        let trail = Trail { parent: Some(&self.of.trail), step: Step::Key(key) };
        let value = Decode { node: node.as_ref(), trail, problems: self.of.problems };
        seed.deserialize(value).map_err(|error| value.noted(error))
    }
}

/// serde's error, kept in parts.
#[derive(Debug)]
pub(super) struct DecodeError {
    kind: Kind,
    is_noted: bool,
}

impl DecodeError {
    fn new(kind: Kind) -> Self {
        Self { kind, is_noted: false }
    }
}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Kind::Other(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(value) => Found::Boolean(value),
            Unexpected::Unsigned(_) | Unexpected::Float(_) => Found::Number,
            Unexpected::Signed(value) => Found::Negative(value),
            Unexpected::Str(text) => Found::Text(text.to_owned()),
            Unexpected::Seq => Found::List,
            Unexpected::Map => Found::Map,
            other => Found::Other(other.to_string()),
        };
        Self::new(Kind::WrongType { found, expects: Expects::Any, said: expected.to_string() })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Kind::UnknownKey { key: field.to_owned(), known: expected })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for DecodeError {}
