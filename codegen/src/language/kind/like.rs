//! Kinds that are like another.

use super::{Code, ConfigPath, Constant, Cx, Kind, Shape, Tree, Value};

/// A kind that is written, described and told to the runtime like another, but asks more of a value.
pub(crate) trait Like {
    /// What it comes to.
    type Value;
    /// The other's type.
    type Other: Kind<Self::Value>;
    /// The other.
    const OTHER: Self::Other;

    /// As [`Kind::read`].
    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Written<Self>) -> Option<Self::Value>;

    /// As [`Kind::codes`].
    fn codes(&self) -> Vec<&'static Code> {
        Self::OTHER.codes()
    }
}

/// What serde reads of it.
type Written<K> = <<K as Like>::Other as Kind<<K as Like>::Value>>::Written;

impl<K: Like> Kind<K::Value> for K {
    type Written = Written<K>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<K::Value> {
        self.take(cx, at, written)
    }
    fn tree(&self, value: &K::Value) -> Tree {
        K::OTHER.tree(value)
    }
    fn shape(&self) -> Shape {
        K::OTHER.shape()
    }
    fn codes(&self) -> Vec<&'static Code> {
        Like::codes(self)
    }
}

impl<K: Like<Other: Constant<K::Value>>> Constant<K::Value> for K {
    fn value(&self, value: &K::Value) -> Value {
        K::OTHER.value(value)
    }
}
