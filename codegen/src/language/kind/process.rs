//! What a process is told: how many threads, how much to say.

use super::{ConfigPath, Constant, Cx, Kind, LateText, Shape, Value};
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::{Placed, Workers};
use crate::yaml::{Tree, trap};
use castgate_contract::level;
use std::num::NonZeroU16;

/// A number of threads, or `auto`.
pub(crate) struct Threads;

/// A level of the log; may come at start.
pub(crate) struct Level;

/// At most.
const MOST: u16 = 1024;

impl Kind<Workers> for Threads {
    type Written = ast::Workers;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, ast::Workers(text): &ast::Workers) -> Option<Workers> {
        if text == "auto" {
            return Some(Workers::Auto);
        }
        let is_decimal = !text.starts_with(['0', '+']);
        let count = text.parse().ok().filter(|count| is_decimal && *count <= MOST).and_then(NonZeroU16::new);
        // As everywhere, a text in quotes is meant to be one, and `4.0` is no whole number.
        let span = cx.source.whole_span(at);
        let written = span.clone().and_then(|span| cx.source.text().get(span)).unwrap_or(text);
        let is_plain = written == text;
        if let Some(count) = count.filter(|_| is_plain) {
            return Some(Workers::Count(count));
        }
        if !cx.is_literal(at, text) {
            return None;
        }
        if let Some(trap) = trap::number(text).filter(|_| is_plain) {
            cx.sink.trap(&codes::YAML_TRAP, at, trap);
            return None;
        }
        let title = format!("{} is not a number of workers", quoted(written));
        let label = format!("expected `auto`, or 1 to {MOST}");
        let problem = cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
        if let (Some(count), Some(span)) = (count, span) {
            problem.suggest("write a number", span, count.to_string());
        }
        None
    }
    fn tree(&self, value: &Workers) -> Tree {
        match value {
            Workers::Auto => Tree::plain("auto"),
            Workers::Count(count) => Tree::plain(count),
        }
    }
    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![Shape::Words(vec!["auto"]), Shape::Number(1, MOST.into())])
    }
}

impl Kind<Placed> for Level {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Placed> {
        let late = cx.late(at, written)?;
        let Some(level) = late.by_default().filter(|level| !level::is_level(level)) else {
            return Some(cx.placed(at, late));
        };
        if late.literal().is_some() {
            cx.unknown(&codes::UNKNOWN_WORD, at, &level, "log level", level::LEVELS.into_iter());
        } else {
            let default = cx.default_span(at, written);
            cx.unknown_in(&codes::UNKNOWN_WORD, default, &level, "log level", level::LEVELS.into_iter());
        }
        None
    }
    fn tree(&self, value: &Placed) -> Tree {
        LateText.tree(&value.value)
    }
    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![Shape::Words(level::LEVELS.to_vec()), Shape::Late])
    }
}

impl Constant<Placed> for Level {
    fn value(&self, value: &Placed) -> Value {
        value.constant("LogLevel", "level")
    }
}

impl Placed {
    /// The struct of the runtime with this value in this field.
    pub(super) fn constant(&self, of: &'static str, field: &'static str) -> Value {
        let origin = Value::Origin(self.origin.line.clone());
        Value::Struct(of, vec![("origin", origin), (field, Value::Late(self.value.clone()))])
    }
}

impl Constant<Workers> for Threads {
    fn value(&self, value: &Workers) -> Value {
        Value::option(match value {
            Workers::Auto => None,
            Workers::Count(count) => Some(Value::Number(count.get().into())),
        })
    }
}
