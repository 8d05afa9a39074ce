//! Names and constant expressions: what a middleware's policy becomes, without the compiler knowing each kind.

use super::{FileLine, Late, RequestText};
use std::fmt;
use std::time::Duration;

/// The name of a static or a type; made only by `lower`, which lets nothing through that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub(crate) String);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `static NAME: TYPE = VALUE;`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Static {
    /// Its name.
    pub name: Name,
    /// The middleware in whose runtime file its type is, and whatever its value names; if `None`, in the facade.
    pub middleware: Option<&'static str>,
    /// Its type.
    pub of: &'static str,
    /// If the value is an array: its length.
    pub array: Option<usize>,
    /// A constant expression.
    pub value: Value,
}

/// A constant expression over the facade, or over the runtime file of a middleware. Type and function names are the compiler's own (`Limit::new`); whatever
/// comes from the config is a string, a number or a flag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A string literal.
    Text(String),
    /// `b".."`; as an argument of a policy a static of its own, which all that have the same bytes share.
    Bytes(Vec<u8>),
    /// An integer literal without a suffix.
    Number(u64),
    /// An integer literal that may be larger, in hexadecimal digits.
    Wide(u128),
    /// `true` or `false`.
    Flag(bool),
    /// A `Duration`.
    Duration(Duration),
    /// `Origin::at(..)`.
    Origin(FileLine),
    /// A `Late`.
    Late(Late),
    /// A `RequestText`.
    OfRequest(RequestText),
    /// A constant or a variant without fields, by its path.
    Path(&'static str),
    /// A call of a const function, by its path.
    Call(&'static str, Vec<Value>),
    /// A struct with named fields.
    Struct(&'static str, Vec<(&'static str, Value)>),
    /// `Some(..)` or `None`.
    Option(Option<Box<Value>>),
    /// `[..]`
    Array(Vec<Value>),
    /// `&[..]`
    Slice(Vec<Value>),
    /// `&NAME`
    Ref(Name),
    /// `&..` of an expression.
    Borrowed(Box<Value>),
    /// `&[..]` of values of this type whose cells are filled in at start, so that the array needs a static of its
    /// own; `lower` gives it one and leaves a [`Value::Ref`].
    Cells(&'static str, Vec<Value>),
}

impl Value {
    /// `&[..]` of numbers.
    pub(crate) fn numbers<T: Into<u64> + Copy>(numbers: &[T]) -> Self {
        Self::Slice(numbers.iter().map(|number| Self::Number((*number).into())).collect())
    }

    /// Every text in it that has values of the request.
    #[cfg(feature = "cli")]
    pub(crate) fn each_text(&mut self, visit: &mut impl FnMut(&mut RequestText)) {
        match self {
            Self::OfRequest(text) => visit(text),
            Self::Call(_, values) | Self::Array(values) | Self::Slice(values) | Self::Cells(_, values) => {
                values.iter_mut().for_each(|value| value.each_text(visit));
            }
            Self::Struct(_, fields) => fields.iter_mut().for_each(|(_, value)| value.each_text(visit)),
            Self::Option(Some(value)) => value.each_text(visit),
            _ => {}
        }
    }

    /// `Some(..)` or `None`.
    pub(crate) fn option(of: Option<Self>) -> Self {
        Self::Option(of.map(Box::new))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<&crate::model::HeaderName> for Value {
    fn from(name: &crate::model::HeaderName) -> Self {
        Self::Text(name.as_str().to_owned())
    }
}
