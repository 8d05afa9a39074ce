//! Quantities with units.

use super::{ConfigPath, Constant, Cx, Kind, Like, Shape, Tree, Value};
use crate::ast;
use crate::codes;
use crate::model::{Rate, Ratio};
use crate::show;
use std::time::Duration;

/// A span of time, zero included.
pub(crate) struct Span;

/// So many whole seconds, at most; and what is said of more.
pub(crate) struct Seconds(pub(crate) u64, pub(crate) &'static str);

/// A span of time that is not zero.
pub(crate) struct Timeout;

/// A span of time, at least and at most so many seconds, and what is said of others.
pub(crate) struct TimeoutOf(pub(crate) u64, pub(crate) u64, pub(crate) &'static str);

/// A span of time that is not zero, or `off`.
pub(crate) struct TimeLimit;

/// So many bytes, of any number.
pub(crate) struct Size;

/// So many bytes, or `off`.
pub(crate) struct SizeLimit;

/// So many bytes, at least and at most, and what is said of others.
pub(crate) struct SizeOf(pub(crate) u64, pub(crate) u64, pub(crate) &'static str);

/// So many in a span of time.
pub(crate) struct RateOf;

/// A share of a whole.
pub(crate) struct Share;

/// A share that is not nothing, and what is said of `0%`.
pub(crate) struct ShareAbove0(pub(crate) &'static str);

/// Kinds of what is written with a unit: what they come to, what reads that, and what shows it.
macro_rules! quantities {
    ($($kind:ident: $type:ty = $written:ident, $read:ident, $show:ident, $shape:ident;)*) => {$(
        impl Kind<$type> for $kind {
            type Written = ast::$written;

            fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::$written) -> Option<$type> {
                cx.$read(at, written)
            }
            fn tree(&self, value: &$type) -> Tree {
                Tree::Plain(show::$show(*value))
            }
            fn shape(&self) -> Shape {
                Shape::$shape
            }
        }
    )*};
}

quantities! {
    Span: Duration = Duration, duration, duration, Duration;
    Size: u64 = Size, size, size, Size;
    Share: Ratio = Percent, percent, ratio, Share;
    RateOf: Rate = Rate, rate, rate, Rate;
}

impl Constant<Duration> for Span {
    fn value(&self, value: &Duration) -> Value {
        Value::Duration(*value)
    }
}

impl Like for Seconds {
    type Value = Duration;
    type Other = Span;
    const OTHER: Span = Span;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::Duration) -> Option<Duration> {
        let length = Span.read(cx, at, written)?;
        let (title, label) = if length.subsec_nanos() != 0 {
            ("this is no number of whole seconds", "it is sent in seconds")
        } else if length.as_secs() > self.0 {
            ("this time is out of range", self.1)
        } else {
            return Some(length);
        };
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
        None
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::IMPOSSIBLE_VALUE]
    }
}

impl Like for Timeout {
    type Value = Duration;
    type Other = Span;
    const OTHER: Span = Span;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::Duration) -> Option<Duration> {
        cx.timeout(at, written)
    }
}

impl Like for TimeoutOf {
    type Value = Duration;
    type Other = Timeout;
    const OTHER: Timeout = Timeout;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::Duration) -> Option<Duration> {
        let Self(least, most, label) = *self;
        let time = Timeout.read(cx, at, written)?;
        if !(Duration::from_secs(least)..=Duration::from_secs(most)).contains(&time) {
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, "this time is out of range", label);
            return None;
        }
        Some(time)
    }
}

impl Kind<Option<Duration>> for TimeLimit {
    type Written = ast::Limit<ast::Duration>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<Option<Duration>> {
        Some(cx.limit(at, written))
    }
    fn tree(&self, value: &Option<Duration>) -> Tree {
        value.map_or_else(|| Tree::plain("off"), |limit| Span.tree(&limit))
    }
    fn shape(&self) -> Shape {
        Shape::or_off(Shape::Duration)
    }
}

impl Constant<Option<Duration>> for TimeLimit {
    fn value(&self, value: &Option<Duration>) -> Value {
        Value::option(value.map(Value::Duration))
    }
}

impl Constant<u64> for Size {
    fn value(&self, value: &u64) -> Value {
        Value::Number(*value)
    }
}

impl Kind<Option<u64>> for SizeLimit {
    type Written = ast::Limit<ast::Size>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<Option<u64>> {
        cx.size_limit(at, written)
    }
    fn tree(&self, value: &Option<u64>) -> Tree {
        value.map_or_else(|| Tree::plain("off"), |limit| Size.tree(&limit))
    }
    fn shape(&self) -> Shape {
        Shape::or_off(Shape::Size)
    }
}

impl Constant<Option<u64>> for SizeLimit {
    fn value(&self, value: &Option<u64>) -> Value {
        Value::Option(value.map(|limit| Box::new(Value::Number(limit))))
    }
}

impl Like for SizeOf {
    type Value = u64;
    type Other = Size;
    const OTHER: Size = Size;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::Size) -> Option<u64> {
        let Self(least, most, label) = *self;
        let size = Size.read(cx, at, written)?;
        if !(least..=most).contains(&size) {
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, "this size is out of range", label);
            return None;
        }
        Some(size)
    }
}

impl Constant<Ratio> for Share {
    fn value(&self, value: &Ratio) -> Value {
        Value::Number(value.basis_points.into())
    }
}

impl Like for ShareAbove0 {
    type Value = Ratio;
    type Other = Share;
    const OTHER: Share = Share;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::Percent) -> Option<Ratio> {
        let ratio = Share.read(cx, at, written)?;
        if ratio.basis_points == 0 {
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, self.0, "must be above 0%");
            return None;
        }
        Some(ratio)
    }
}
