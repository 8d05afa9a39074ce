//! Statuses of responses.

use super::{ConfigPath, Cx, Kind, Like, ListOf, Number, Shape, Tree};
use crate::ast::List;
use crate::codes;
use std::collections::BTreeSet;

/// Some statuses with which a response may end, in any order, at least one.
pub(crate) struct Statuses;

/// One of them, as a probe expects it.
struct Expected;

impl Like for Expected {
    type Value = u16;
    type Other = Number;
    const OTHER: Number = Number(200, 599);

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &u64) -> Option<u16> {
        if (100..200).contains(written) {
            let title = format!("no probe ends with the status {written}");
            let label = "an interim response comes before the one that counts; must be 200 to 599";
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
            return None;
        }
        Self::OTHER.read(cx, at, written)
    }
}

impl Kind<BTreeSet<u16>> for Statuses {
    type Written = List<u64>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &List<u64>) -> Option<BTreeSet<u16>> {
        if written.is_empty() {
            let title = "no status would mean healthy";
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, "this list is empty");
        }
        let statuses = ListOf(Expected).read(cx, at, written)?;
        (!statuses.is_empty()).then(|| statuses.into_iter().collect())
    }
    fn tree(&self, value: &BTreeSet<u16>) -> Tree {
        Tree::plains(value)
    }
    fn shape(&self) -> Shape {
        Shape::list(Expected.shape())
    }
}
