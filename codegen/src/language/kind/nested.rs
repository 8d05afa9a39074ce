//! Sections within sections.

use super::{ConfigPath, Constant, Kind, Shape, Tree, Value};
use crate::language::{Facade, Section};
use crate::resolve::cx::{At, Cx};

/// A section.
pub(crate) struct Nested;

impl<S: Section> Kind<S> for Nested {
    type Written = S::Written;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &S::Written) -> Option<S> {
        S::resolve(cx, at.clone(), Some(written)).ok()
    }
    fn read_key(&self, cx: &mut Cx<'_>, at: &At, key: &str, written: &S::Written) -> Option<S> {
        S::resolve(cx, at.section(key), Some(written)).ok()
    }
    fn over(own: Option<S::Written>, base: Option<S::Written>) -> Option<S::Written> {
        match (own, base) {
            (Some(own), Some(base)) => Some(S::over(own, base)),
            (own, base) => own.or(base),
        }
    }
    fn tree(&self, value: &S) -> Tree {
        value.tree()
    }
    fn shape(&self) -> Shape {
        Shape::Section(S::META)
    }
}

impl<S: Facade> Constant<S> for Nested {
    fn value(&self, value: &S) -> Value {
        value.value()
    }
}
