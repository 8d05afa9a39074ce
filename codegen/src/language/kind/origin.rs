//! Origins of pages.

use super::{ConfigPath, Cx, Kind, Tree};
use crate::codes;
use crate::pattern::OriginPattern;

/// An origin, or a pattern of several.
pub(crate) struct OriginOf;

impl Kind<OriginPattern> for OriginOf {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<OriginPattern> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let origin = OriginPattern::parse(written);
        let parse = OriginPattern::parse;
        origin.map_err(|error| cx.pattern_error(&codes::BAD_ORIGIN, at, written, error, parse)).ok()
    }
    fn tree(&self, value: &OriginPattern) -> Tree {
        Tree::text(value.to_string())
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::LATE_VALUE_HERE, &codes::BAD_ORIGIN]
    }
}
