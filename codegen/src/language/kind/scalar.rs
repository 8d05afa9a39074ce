//! Flags and numbers.

use super::{Kind, Shape};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;

/// `true` or `false`.
pub(crate) struct Flag;

/// A whole number, at least and at most.
pub(crate) struct Number(pub(crate) u64, pub(crate) u64);

impl Kind<bool> for Flag {
    type Written = bool;

    fn read(&self, _: &mut Cx<'_>, _: &ConfigPath, written: &bool) -> Option<bool> {
        Some(*written)
    }
    fn tree(&self, value: &bool) -> Tree {
        Tree::plain(value)
    }
    fn value(&self, value: &bool) -> Value {
        Value::Flag(*value)
    }
    fn shape(&self) -> Shape {
        Shape::Flag
    }
}

impl<T: TryFrom<u64> + Into<u64> + Copy> Kind<T> for Number {
    type Written = u64;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &u64) -> Option<T> {
        cx.number(at, *written, self.0..=self.1)
    }
    fn tree(&self, value: &T) -> Tree {
        Tree::plain((*value).into())
    }
    fn value(&self, value: &T) -> Value {
        Value::Number((*value).into())
    }
    fn shape(&self) -> Shape {
        Shape::Number(self.0, self.1)
    }
}
