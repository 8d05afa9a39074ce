//! Kinds of value: how one is read, mended, written out, told to the runtime and described.

mod field;
mod list;
mod quantity;
mod scalar;
mod word;

pub(crate) use field::FieldName;
pub(crate) use list::WordSet;
pub(crate) use quantity::{Share, ShareAbove0, Size, SizeOf, Span, Timeout};
pub(crate) use scalar::{Flag, Number};
pub(crate) use word::{Word, Words};

use super::Shape;
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;

/// A kind of value which comes to a `T`.
pub(crate) trait Kind<T> {
    /// As serde reads it: as little of it as can be wrong.
    type Written;

    /// What it comes to; `None` if that is nothing, which has been reported.
    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<T>;

    /// As it is written, in one form.
    fn tree(&self, value: &T) -> Tree;

    /// As a constant of the generated code.
    fn value(&self, value: &T) -> Value;

    /// What may be written.
    fn shape(&self) -> Shape;
}

/// A default as it is written, and as it is said with its proviso.
#[allow(dead_code, reason = "only the command line asks")]
pub(crate) fn default<T, K: Kind<T>>(kind: &K, default: &T, proviso: &str) -> (Option<String>, String) {
    let written = kind.tree(default).one_line();
    let said = match kind.shape() {
        Shape::Flag | Shape::Number(..) => written.clone(),
        _ => format!("`{written}`"),
    };
    // The schema's `default` has never been a list.
    let is_list = matches!(kind.shape(), Shape::List(_));
    (Some(written).filter(|_| !is_list), said + proviso)
}
