//! Flags and numbers.

use super::{ConfigPath, Constant, Cx, Kind, Shape, Tree, Value};
use crate::ast::Limit;
use crate::codes;
use serde::de::IgnoredAny;

/// `true` or `false`.
pub(crate) struct Flag;

/// A whole number, at least and at most.
pub(crate) struct Number(pub(crate) u64, pub(crate) u64);

/// A whole number, at least and at most, or `off`.
pub(crate) struct NumberLimit(pub(crate) u64, pub(crate) u64);

/// A number, at least and at most, rounded up to a power of two.
pub(crate) struct PowerOfTwo(pub(crate) u64, pub(crate) u64);

/// One of these numbers; and what is said of others.
pub(crate) struct OneOfNumbers(pub(crate) &'static [u64], pub(crate) &'static str);

/// What this version does not support.
pub(crate) struct Refused(pub(crate) &'static str);

impl Kind<bool> for Flag {
    type Written = bool;

    fn read(&self, _: &mut Cx<'_>, _: &ConfigPath, written: &bool) -> Option<bool> {
        Some(*written)
    }
    fn tree(&self, value: &bool) -> Tree {
        Tree::plain(value)
    }
    fn shape(&self) -> Shape {
        Shape::Flag
    }
}

impl Constant<bool> for Flag {
    fn value(&self, value: &bool) -> Value {
        Value::Flag(*value)
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
    fn shape(&self) -> Shape {
        Shape::Number(self.0, self.1)
    }
}

impl<T: TryFrom<u64> + Into<u64> + Copy> Constant<T> for Number {
    fn value(&self, value: &T) -> Value {
        Value::Number((*value).into())
    }
}

impl Kind<Option<u32>> for NumberLimit {
    type Written = Limit<u64>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Limit<u64>) -> Option<Option<u32>> {
        match written {
            Limit::Off => Some(None),
            Limit::At(number) => Number(self.0, self.1).read(cx, at, number).map(Some),
        }
    }
    fn tree(&self, value: &Option<u32>) -> Tree {
        value.map_or_else(|| Tree::plain("off"), Tree::plain)
    }
    fn shape(&self) -> Shape {
        Shape::or_off(Shape::Number(self.0, self.1))
    }
}

impl Constant<Option<u32>> for NumberLimit {
    fn value(&self, value: &Option<u32>) -> Value {
        Value::option(value.map(|number| Value::Number(number.into())))
    }
}

impl Kind<u32> for PowerOfTwo {
    type Written = u64;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &u64) -> Option<u32> {
        Number(self.0, self.1).read(cx, at, written).map(u32::next_power_of_two)
    }
    fn tree(&self, value: &u32) -> Tree {
        Tree::plain(value)
    }
    fn shape(&self) -> Shape {
        Shape::Number(self.0, self.1)
    }
}

impl Kind<u16> for OneOfNumbers {
    type Written = u64;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &u64) -> Option<u16> {
        let Self(known, title) = *self;
        if known.contains(written) {
            return u16::try_from(*written).ok();
        }
        let known: Vec<String> = known.iter().map(u64::to_string).collect();
        let (last, others) = known.split_last()?;
        let label = format!("must be {} or {last}", others.join(", "));
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
        None
    }
    fn tree(&self, value: &u16) -> Tree {
        Tree::plain(value)
    }
    fn shape(&self) -> Shape {
        Shape::Numbers(self.0)
    }
}

impl Kind<()> for Refused {
    type Written = IgnoredAny;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, _: &IgnoredAny) -> Option<()> {
        let title = format!("`{}` is not supported by this version", at.last());
        cx.sink.error_at_key(&codes::NOT_SUPPORTED, at, title, "would have no effect").help(self.0);
        None
    }
    fn tree(&self, (): &()) -> Tree {
        Tree::plain("")
    }
    fn shape(&self) -> Shape {
        Shape::Refused
    }
}
