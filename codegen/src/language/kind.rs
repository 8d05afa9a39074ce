//! Kinds of value: how one is read, mended, written out, told to the runtime and described. What every kind names is
//! imported here, for all of them.

mod address;
mod authority;
mod by_hand;
mod condition;
mod field;
mod file;
mod like;
mod list;
mod nested;
mod network;
mod origin;
mod path;
mod process;
mod protocol;
mod quantity;
mod redirect;
mod request;
mod scalar;
mod sections;
mod status;
mod text;
mod word;

pub(crate) use address::Address;
pub(crate) use authority::{HostAndPort, SentHost};
pub(crate) use by_hand::{AsWritten, ByHand};
pub(crate) use condition::{Header, HostSet, MethodSet, Query};
pub(crate) use field::{
    FieldName, FieldOfAnswer, FieldOfRequest, FieldOfResponse, FieldValue, Fields, OfResponse,
};
pub(crate) use file::FileOf;
pub(crate) use like::Like;
pub(crate) use list::{ListOf, OneOrList, WordSet};
pub(crate) use nested::Nested;
pub(crate) use network::{ClientAddress, Network, Proxy};
pub(crate) use origin::OriginOf;
pub(crate) use path::PathAtStart;
pub(crate) use process::{Level, Threads};
pub(crate) use protocol::{Protocols, Versions};
pub(crate) use quantity::{
    RateOf, Seconds, Share, ShareAbove0, SizeLimit, SizeOf, Span, TimeLimit, Timeout, TimeoutOf,
};
pub(crate) use redirect::{Everybody, HostAlone, PathRewrite, Rewrite};
pub(crate) use request::RequestLine;
pub(crate) use scalar::{Flag, Number, NumberLimit, OneOfNumbers, PowerOfTwo, Refused};
pub(crate) use sections::SectionList;
pub(crate) use status::Statuses;
pub(crate) use text::{
    Body, LateText, LateValue, Literal, MediaType, Name, Plain, RequestValue, Target, Verbatim,
};
#[cfg(feature = "cli")]
pub(crate) use word::written as written_word;
pub(crate) use word::{Coded, Word, Words};

use super::Shape;
use crate::codes::Code;
use crate::place::ConfigPath;
use crate::plan::Value;
use crate::resolve::cx::{At, Cx};
use crate::yaml::Tree;

/// A kind of value which comes to a `T`.
pub(crate) trait Kind<T> {
    /// As serde reads it: as little of it as can be wrong.
    type Written;

    /// What it comes to; `None` if that is nothing, which has been reported.
    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<T>;

    /// The value of a key of the section at `at`.
    fn read_key(&self, cx: &mut Cx<'_>, at: &At, key: &str, written: &Self::Written) -> Option<T> {
        let at = at.key(cx, key);
        self.read(cx, &at, written)
    }

    /// What a route says and what the top level says: the former, but of a section each key.
    fn over(own: Option<Self::Written>, base: Option<Self::Written>) -> Option<Self::Written> {
        own.or(base)
    }

    /// As it is written, in one form.
    fn tree(&self, value: &T) -> Tree;

    /// What may be written: any text, unless a kind says otherwise.
    fn shape(&self) -> Shape {
        Shape::Text
    }

    /// What can be wrong with it, beside what follows from its shape.
    fn codes(&self) -> Vec<&'static Code> {
        Vec::new()
    }
}

/// A kind of value which the generated code has.
pub(crate) trait Constant<T>: Kind<T> {
    /// As a constant expression.
    fn value(&self, value: &T) -> Value;
}
